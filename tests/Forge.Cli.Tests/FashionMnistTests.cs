namespace Forge.Cli.Tests;

/// <summary>The default training run on real pictures through Vulkan.</summary>
public sealed class FashionMnistTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [FashionMnistFact]
    public void HundredSteps_LearnMoreThanChance_AndThePicturesOfTheTestSetAreJudged()
    {
        var run = ForgeProgram.Run(["train", "cnn", "--out", _folder["run"], "--epochs", "2", "--steps-per-epoch", "50", "--val", "0.01", "--json"]).MustExit(0);
        var (first, second) = (run.EventsNamed("epoch")[0], run.EventsNamed("epoch")[1]);
        Assert.True(second.GetProperty("loss").GetDouble() < first.GetProperty("loss").GetDouble());
        Assert.True(second.GetProperty("val_accuracy").GetDouble() > 0.4, "chance is 0.1");
        var judged = ForgeProgram.Run(["evaluate", _folder["run"], "--data", "fashion-mnist", "--json"]).MustExit(0).EventsNamed("evaluation")[0];
        Assert.Equal(10_000, judged.GetProperty("images").GetInt32());
        Assert.True(judged.GetProperty("accuracy").GetDouble() > 0.4);
    }

    [FashionMnistFact]
    public void Interrupted_OnADevice_GoesOnToTheSameBits()
    {
        string[] words = ["train", "cnn", "--epochs", "3", "--steps-per-epoch", "8", "--val", "0.002", "--json"];
        ForgeProgram.Run([.. words, "--out", _folder["whole"]]).MustExit(0);
        using (var program = ForgeProgram.Start([.. words, "--out", _folder["cut"]]))
        {
            program.WaitFor("\"epoch\":1");
            program.Signal("INT");
            program.Finish().MustExit(130);
        }
        ForgeProgram.Run(["train", "cnn", "--resume", "--out", _folder["cut"]]).MustExit(0);
        Tiny.MustBeEqual(Models.Checkpoints.Checkpoint.Load(_folder["whole", "last.safetensors"]), Models.Checkpoints.Checkpoint.Load(_folder["cut", "last.safetensors"]));
    }

    [LongFashionMnistFact]
    public void ThreeEpochs_ReachEightyFivePercentOnTheTestSet()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        using var program = ForgeProgram.Start(["train", "cnn", "--out", _folder["run"], "--json"]);
        var done = program.Finish(seconds: 600).MustExit(0).EventsNamed("done")[0];
        Assert.True(done.GetProperty("val_accuracy").GetDouble() >= 0.85, $"{done}");
        Assert.True(clock.Elapsed.TotalMinutes < 10, $"{clock.Elapsed}");
    }
}
