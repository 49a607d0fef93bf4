using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Cli.Commands;

/// <summary>The engine and the data of a training run.</summary>
internal sealed class OpenedRun : IDisposable
{
    private OpenedRun(Engine engine, LearningData data) => (Engine, Data) = (engine, data);

    public Engine Engine { get; }

    public LearningData Data { get; }

    /// <summary>Opens both: data sets are unpacked while the device is opened, and what both say is kept in order.</summary>
    /// <param name="invocation">Says which device.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="options">Which data, given where counts of images are printed.</param>
    public static OpenedRun Open(Invocation invocation, ulong seed, Func<TextWriter, LearningOptions> options)
    {
        var found = new StringWriter();
        var opening = Task.Run(() => options(found).Open());
        var engine = invocation.OpenEngine(seed);
        try
        {
            var data = opening.GetAwaiter().GetResult();
            invocation.Report.Commentary.Write(found);
            invocation.Report.WarnOfSkipped(data.Skipped);
            return new(engine, data);
        }
        catch
        {
            engine.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Data.Dispose();
        Engine.Dispose();
    }
}
