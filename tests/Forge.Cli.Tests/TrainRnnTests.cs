using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests;

/// <summary>Recurrent classifiers from the command line: what they leave, and what else works on their checkpoints.</summary>
public sealed class TrainRnnTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private static string[] Words(string data, string run, params string[] more) =>
        ["train", "rnn", "--device", "reference", "--data", data, "--batch", "4", "--size", "22", "--units", "6", "--out", run, "--json", .. more];

    private Finished Train(string run, params string[] more) => ForgeProgram.Run(Words(trained.Data, trained.Scratch(run), more));

    [Theory, InlineData("simple", 6), InlineData("lstm", 24), InlineData("gru", 18)]
    public void EachCell_TrainsToTheEnd_AndIsJudged(string cell, int columns)
    {
        var output = Train($"a {cell}", "--cell", cell, "--epochs", "2").MustExit(0);
        Assert.Equal(["device", "model", "epoch", "epoch", "validation", "done"], output.Events.Select(e => e.GetProperty("event").GetString()));
        Assert.Equal("rnn", output.EventsNamed("model")[0].GetProperty("model").GetString());
        var saved = Checkpoint.Load(trained.Scratch($"a {cell}"));
        Assert.Equal((66, columns), saved.Weights[$"{(cell == "simple" ? "simple_rnn" : cell)}/kernel"].Shape);
        var judged = ForgeProgram.Run("evaluate", trained.Scratch($"a {cell}"), "--device", "reference", "--json").MustExit(0).EventsNamed("evaluation")[0];
        Assert.Equal(output.EventsNamed("done")[0].GetProperty("val_accuracy").GetDouble(), judged.GetProperty("accuracy").GetDouble(), 6);
        var picture = Directory.EnumerateFiles(trained.Data, "*.png", SearchOption.AllDirectories).First();
        Assert.Single(ForgeProgram.Run("predict", trained.Scratch($"a {cell}"), picture, "--device", "reference", "--json").MustExit(0).EventsNamed("prediction"));
    }

    [Fact]
    public void Resumed_HasTheBitsOfARunInOneGo()
    {
        Train("whole", "--epochs", "2").MustExit(0);
        Train("parts", "--epochs", "1").MustExit(0);
        ForgeProgram.Run(["train", "rnn", "--resume", "--device", "reference", "--out", trained.Scratch("parts"), "--json", "--epochs", "2"]).MustExit(0);
        Tiny.MustBeEqual(Checkpoint.Load(Path.Combine(trained.Scratch("whole"), "last.safetensors")), Checkpoint.Load(Path.Combine(trained.Scratch("parts"), "last.safetensors")));
        ForgeProgram.Run(["train", "rnn", "--resume", "--device", "reference", "--out", trained.Scratch("parts"), "--cell", "gru"]).MustExit(2).MustComplain("--cell is gru", "began with lstm");
    }

    [Fact]
    public void CheckpointOfAnotherKind_IsNamedAsOne()
    {
        ForgeProgram.Run(["train", "rnn", "--resume", "--device", "reference", "--out", trained.Folder]).MustExit(3).MustComplain("a run of forge train cnn", "forge train cnn --resume");
        var copy = trained.Scratch("without settings");
        Directory.CreateDirectory(copy);
        File.Copy(Path.Combine(trained.Folder, "last.safetensors"), Path.Combine(copy, "last.safetensors"));
        ForgeProgram.Run([.. Words(trained.Data, copy), "--resume"]).MustExit(3).MustComplain("another model", "RowRnn");
    }

    [Fact]
    public void Options_OutOfRange_ExitTwo()
    {
        Train("x", "--units", "0").MustExit(2).MustComplain("--units");
        Train("x", "--cell", "vanilla").MustExit(2).MustComplain("--cell", "lstm");
    }

    [Fact]
    public void DryRun_TrainsNothing()
    {
        Train("dry", "--dry-run").MustExit(0);
        Assert.False(Directory.Exists(trained.Scratch("dry")));
    }
}
