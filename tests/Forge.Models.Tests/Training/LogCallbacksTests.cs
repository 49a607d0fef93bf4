using System.Text.Json;
using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

public sealed class LogCallbacksTests
{
    private static FitRun Fit(Engine engine, FitOptions options)
    {
        var model = new Sequential(new Input(new Shape(3)), new Dense(1));
        model.Compile(engine, new SGD(), Losses.MeanSquaredError);
        return model.Fit(Engines.Uniform(40, (10, 3), -1, 1), Engines.Uniform(41, (10, 1), -1, 1), batchSize: 4, options);
    }

    [Fact]
    public void CsvAndJson_ResumedRun_HasOneLineForEachEpoch()
    {
        using var folder = new TemporaryFolder();
        IReadOnlyList<Callback> Logs() => [new WriteCsv(folder["log.csv"]), new WriteJson(folder["log.jsonl"]), new SaveCheckpoints(folder.Path)];
        using (var engine = Engines.Reference()) Fit(engine, new() { Epochs = 2, Callbacks = Logs() });
        FitRun resumed;
        using (var engine = Engines.Reference()) resumed = Fit(engine, new() { Epochs = 4, Callbacks = Logs(), Resume = Checkpoint.Load(folder["last.safetensors"]) });

        var csv = File.ReadAllLines(folder["log.csv"]);
        Assert.Equal("epoch,loss,seconds,learning_rate", csv[0]);
        Assert.Equal(["1", "2", "3", "4"], csv[1..].Select(l => l.Split(',')[0]));
        var events = File.ReadAllLines(folder["log.jsonl"]).Select(l => JsonDocument.Parse(l).RootElement).ToArray();
        Assert.Equal([1, 2, 3, 4], events.Select(e => e.GetProperty("epoch").GetInt32()));
        Assert.Equal(resumed.History[^1].Loss, events[^1].GetProperty("loss").GetDouble());
        Assert.All(csv[1..], l => Assert.EndsWith(",0.01", l, StringComparison.Ordinal)); // not 0.009999999776482582

        var history = EpochHistory.Read(folder["log.jsonl"]);
        Assert.Equal(["loss", "seconds", "learning_rate"], history.Keys);
        Assert.Equal(events.Select(e => e.GetProperty("loss").GetDouble()), history["loss"]);
    }

    [Fact]
    public void EpochHistory_GapsAndDamage_AreNotInvented()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["log"], """
            {"event":"epoch","epoch":1,"loss":"NaN"}
            {"event":"epoch","epoch":2,"loss":0.5,"val_loss":0.75}
            """);
        var history = EpochHistory.Read(folder["log"]);
        Assert.Equal([double.NaN, 0.5], history["loss"]);
        Assert.Equal([double.NaN, 0.75], history["val_loss"]);
        File.AppendAllText(folder["log"], "\n{\"event\"");
        Assert.Contains("line 3", Assert.Throws<DataException>(() => EpochHistory.Read(folder["log"])).Message, StringComparison.Ordinal);
        Assert.Contains(folder["none"], Assert.Throws<DataException>(() => EpochHistory.Read(folder["none"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShowProgress_PlainText_HasALineForEachEpoch()
    {
        using var engine = Engines.Reference();
        using var text = new StringWriter();
        Fit(engine, new() { Epochs = 2, Callbacks = [new ShowProgress(new ProgressLine(text, ProgressStyle.Plain))] });
        Assert.Contains("Epoch 2/2", text.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, text.ToString().Split('\n').Count(l => l.StartsWith("3/3", StringComparison.Ordinal) && l.Contains("loss", StringComparison.Ordinal)));
    }

    [Fact]
    public void Fit_NotCompiled_SaysSo() =>
        Assert.Contains("Compile", Assert.Throws<ForgeException>(() => new Sequential(new Dense(1)).Predict(HostTensor.From([1f], (1, 1)))).Message, StringComparison.Ordinal);
}
