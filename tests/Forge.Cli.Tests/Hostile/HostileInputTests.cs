using System.Diagnostics;
using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests.Hostile;

/// <summary>What a user sees of one bad file of each kind: one message and an exit code, no stack trace, nothing outside the folder.</summary>
public sealed class HostileInputTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Run => _folder["run"];

    private string Last => _folder["run", "last.safetensors"];

    private static Checkpoint Sample => new()
    {
        Weights = new Dictionary<string, HostTensor> { ["kernel"] = HostTensor.From([1f, 2], new Shape(2)) },
        ModelConfig = """{"builder":"ArticleCnn"}""",
        OptimizerConfig = "adam",
        InputShape = [22, 22, 3],
        ClassNames = ["a", "b"],
    };

    [Theory]
    [InlineData("cut", "truncated"), InlineData("another model", "another model"), InlineData("pipe", "is empty"), InlineData("terminal", "\\u001B"), InlineData("link", "outside")]
    public void BadCheckpoint_ExitsThree(string kind, string problem)
    {
        Sample.Save(Last);
        var bytes = File.ReadAllBytes(Last);
        switch (kind)
        {
            case "cut": bytes = bytes[..^3]; break;
            case "terminal": bytes = [16, 0, 0, 0, 0, 0, 0, 0, .. "{\"\\u001b[2J\":{}} "u8]; break;
        }
        if (kind != "another model") File.Delete(Last);
        if (kind == "pipe") MakePipe(Last);
        else if (kind == "link")
        {
            Sample.Save(_folder["elsewhere.safetensors"]);
            File.CreateSymbolicLink(Last, _folder["elsewhere.safetensors"]);
        }
        else if (kind != "another model") File.WriteAllBytes(Last, bytes);
        ForgeProgram.Run(["evaluate", Run, "--data", _folder["x"], "--device", "reference"]).MustExit(3).MustComplain(Last, problem);
    }

    [Fact]
    public void BadSettings_ExitThree()
    {
        Sample.Save(Last);
        File.WriteAllText(_folder["run", "run.json"], "{\"epochs\": \"\u001b[2J\"");
        var said = Tiny.Resume(Run).MustExit(3).MustComplain("run.json", "damaged");
        Assert.DoesNotContain('\u001b', said.Stderr);
        File.Delete(_folder["run", "run.json"]);
        MakePipe(_folder["run", "run.json"]);
        Tiny.Resume(Run).MustExit(3).MustComplain("run.json");
    }

    // A run's folder from a stranger, whose log leads to a file of the user's.
    [Fact]
    public void LogThatIsALink_IsNotWrittenThrough()
    {
        var data = TinyImages.Write(_folder["data"]);
        Directory.CreateDirectory(Run);
        File.WriteAllText(_folder["mine"], "mine");
        File.CreateSymbolicLink(_folder["run", "log.csv"], _folder["mine"]);
        Tiny.Train(data, Run, "--epochs", "1", "--val", "0").MustExit(3).MustComplain("log.csv", "is a link");
        Assert.Equal("mine", File.ReadAllText(_folder["mine"]));
    }

    [Fact]
    public void LinksOutOfADataFolder_AreNotFollowed_UnlessAllowed()
    {
        var (data, elsewhere) = (TinyImages.Write(_folder["data"]), TinyImages.Write(_folder["elsewhere"]));
        var (inside, outside) = (Path.Combine(data, TinyImages.Classes[0], "inside.png"), Path.Combine(data, TinyImages.Classes[0], "outside.png"));
        File.CreateSymbolicLink(inside, Path.Combine(data, TinyImages.Classes[1], "picture 0.png"));
        File.CreateSymbolicLink(outside, Path.Combine("..", "..", "elsewhere", TinyImages.Classes[1], "picture 0.png"));
        var skipping = Tiny.Train(data, _folder["one"], "--epochs", "1", "--val", "0", "--skip-bad").MustExit(0).EventsNamed("model")[0];
        Assert.Equal((13, 1), (skipping.GetProperty("images").GetInt32(), skipping.GetProperty("skipped").GetInt32()));
        Tiny.Train(data, _folder["two"], "--epochs", "1", "--val", "0").MustExit(3).MustComplain("outside.png", "elsewhere", "FORGE_LINKS=follow");
        File.Delete(outside);
        Directory.CreateSymbolicLink(_folder["data", "third"], _folder["elsewhere", TinyImages.Classes[1]]);
        Tiny.Train(data, _folder["three"], "--dry-run").MustExit(3).MustComplain("third", "elsewhere", "FORGE_LINKS=follow");
        ForgeProgram.Run(Tiny.Words(data, _folder["four"], "--dry-run"), environment: new Dictionary<string, string?> { ["FORGE_LINKS"] = "follow" }).MustExit(0);
    }

    [Fact]
    public void PipeAmongImages_IsNotWaitedFor()
    {
        var data = TinyImages.Write(_folder["data"]);
        MakePipe(_folder["a pipe"]);
        File.CreateSymbolicLink(Path.Combine(data, TinyImages.Classes[0], "link.png"), _folder["data", TinyImages.Classes[1], "pipe.png"]);
        MakePipe(_folder["data", TinyImages.Classes[1], "pipe.png"]);
        Tiny.Train(data, _folder["run"], "--epochs", "1", "--val", "0").MustExit(3).MustComplain("the file is empty");
    }

    [Fact]
    public void Limits_AreAdjustable_AndAMistakeInThemIsOneOfUsage()
    {
        var data = TinyImages.Write(_folder["data"]);
        Dictionary<string, string?> Limits(string text) => new() { [InputLimits.Switch] = text };
        ForgeProgram.Run(Tiny.Words(data, _folder["a"], "--epochs", "1", "--val", "0"), environment: Limits("image-pixels=575")).MustExit(3).MustComplain("24x24", "limit of 575 pixels");
        ForgeProgram.Run(Tiny.Words(data, _folder["b"], "--dry-run"), environment: Limits("pixels=3")).MustExit(2).MustComplain(InputLimits.Switch, "pixels=3", "image-pixels");
        ForgeProgram.Run(["devices"], environment: new Dictionary<string, string?> { ["FORGE_LINKS"] = "maybe" }).MustExit(2).MustComplain("FORGE_LINKS", "inside or follow");
    }

    [Fact]
    public void HistoryWithDamagedLines_SaysWhich()
    {
        Directory.CreateDirectory(_folder["history"]);
        File.WriteAllText(_folder["history", "a.jsonl"], "[]\n{\"date\":1}\n\0\n");
        ForgeProgram.Run("bench", "history", "--from", _folder["history"]).MustExit(3).MustComplain("holds no measurement");
    }

    [Fact]
    public void WordsThatATerminalObeys_AreShownAsNumbers()
    {
        var said = ForgeProgram.Run("train", "cnn", "--data", "\u001b[2Jnowhere", "--device", "reference").MustExit(3).MustComplain("\\u001B[2Jnowhere");
        Assert.DoesNotContain('\u001b', said.Stderr);
    }

    private static void MakePipe(string path)
    {
        using var making = Process.Start("mkfifo", [path]);
        making.WaitForExit();
        Assert.Equal(0, making.ExitCode);
    }
}
