using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests;

/// <summary>forge train gan, generate, and evaluate of what they made, on tiny data.</summary>
public sealed class GanTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [DriverFact]
    public void Train_ResumesToTheSameBits_AndGenerates()
    {
        var data = TinyImages.Write(_folder["the data"]);
        Finished Train(string run, params string[] more) => ForgeProgram.Run(["train", "gan", "--data", data, "--size", "28", "--batch", "4", "--classes", "--sample-every", "2", "--out", _folder[run], "--json", .. more]);

        var whole = Train("whole", "--steps", "3").MustExit(0);
        Assert.Equal([2, 3], whole.EventsNamed("sample").Select(e => e.GetProperty("step").GetInt32()));
        Assert.True(File.Exists(whole.EventsNamed("done").Single().GetProperty("animation").GetString()));
        Train("parts", "--steps", "1").MustExit(0);
        ForgeProgram.Run("train", "gan", "--resume", "--steps", "3", "--out", _folder["parts"]).MustExit(0);
        Tiny.MustBeEqual(Checkpoint.Load(_folder["whole"]), Checkpoint.Load(_folder["parts"]));
        ForgeProgram.Run("train", "gan", "--resume", "--loss", "hinge", "--out", _folder["parts"]).MustExit(2).MustComplain("--loss", "nonsaturating");
        ForgeProgram.Run("train", "cnn", "--resume", "--out", _folder["parts"]).MustExit(3);

        var made = ForgeProgram.Run("generate", _folder["whole"], "-n", "3", "--class", "1", "--out", _folder["made"], "--json").MustExit(0);
        Assert.All(made.EventsNamed("generated").Single().GetProperty("files").EnumerateArray(), file => Assert.True(File.Exists(file.GetString())));
        Assert.Equal(3, Directory.GetFiles(_folder["made"]).Length);
        EventDocumentationTests.MustBeDocumented(whole, made);
        ForgeProgram.Run("generate", _folder["whole"], "--class", "9", "--out", _folder["made"]).MustExit(2).MustComplain("--class is 9");
        ForgeProgram.Run("evaluate", _folder["whole"]).MustExit(2).MustComplain("--classifier");
        ForgeProgram.Run("predict", _folder["whole"], data).MustExit(3).MustComplain("another model");
    }

    [DriverFact]
    public void Evaluate_JudgesByAClassifierOfTheSameData()
    {
        var data = TinyIdx.Write(_folder["the data"], train: 40, test: 20);
        ForgeProgram.Run("train", "gan", "--data", data, "--size", "28", "--batch", "8", "--steps", "2", "--out", _folder["gan"]).MustExit(0);
        ForgeProgram.Run("train", "cnn", "--data", data, "--size", "28", "--batch", "10", "--epochs", "3", "--out", _folder["cnn"]).MustExit(0);

        var output = ForgeProgram.Run("evaluate", _folder["gan"], "--classifier", _folder["cnn"], "--json").MustExit(0);
        EventDocumentationTests.MustBeDocumented(output);
        var score = output.EventsNamed("gan_evaluation").Single();
        Assert.Equal(Checkpoint.Find(_folder["gan"]), score.GetProperty("checkpoint").GetString());
        Assert.Equal(Checkpoint.Find(_folder["cnn"]), score.GetProperty("classifier").GetString());
        Assert.Equal(1000, score.GetProperty("samples").GetInt32());
        var shares = score.GetProperty("class_shares").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetDouble());
        Assert.Equal((10, 1.0), (shares.Count, Math.Round(shares.Values.Sum(), 2)));
        Assert.Contains("Ankle boot", shares.Keys);
        Assert.Equal(shares.Values.Count(s => s >= 0.03), score.GetProperty("classes_seen").GetInt32());
        double Number(string name) => score.GetProperty(name).GetDouble();
        // Two steps make no bars of noise; the test pictures are the first of those learnt from.
        Assert.True(Number("frechet") > 0 && Number("frechet_untrained") > 0 && Number("frechet") != Number("frechet_untrained"), output.Stdout);
        Assert.InRange(Number("nearest"), 0.05, 1);
        Assert.InRange(Number("nearest_held_out"), 0, 0.004);
        Assert.Equal(0, score.GetProperty("copies").GetInt32());

        ForgeProgram.Run("evaluate", _folder["gan"], "--classifier", _folder["gan"]).MustExit(3).MustComplain("another model");
    }

    [Fact]
    public void Train_OfFewerImagesThanABatch_SaysSo() =>
        ForgeProgram.Run("train", "gan", "--device", "reference", "--data", TinyImages.Write(_folder["the data"]), "--size", "28", "--batch", "5000", "--out", _folder["run"]).MustExit(3).MustComplain("--batch");

    public void Dispose() => _folder.Dispose();
}
