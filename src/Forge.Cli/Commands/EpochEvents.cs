using Forge.Models.Training;

namespace Forge.Cli.Commands;

/// <summary>Tells programs about each epoch and people about warnings, and remembers how far the fit came.</summary>
internal sealed class EpochEvents(Report report) : Callback
{
    /// <summary>The epoch under way, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>Steps done in it.</summary>
    public int Step { get; private set; }

    public override void OnEpochBegin(FitRun run) => (Epoch, Step) = (run.Epoch + 1, run.StepInEpoch);

    public override void OnWarning(FitRun run, string warning) => Report.Warn(warning);

    public override void OnBatchEnd(FitRun run, double loss) => Step = run.StepInEpoch;

    public override void OnEpochEnd(FitRun run, EpochLog log) => report.Event("epoch", writer =>
    {
        writer.WriteNumber("epoch", log.Epoch + 1);
        foreach (var name in (string[])["loss", "accuracy", "val_loss", "val_accuracy"]) writer.WriteNumberOrNull(name, log[name]);
        writer.WriteNumberOrNull("seconds", log.Seconds, 3);
        writer.WriteNumberOrNull("learning_rate", log.LearningRate, 12);
    });
}
