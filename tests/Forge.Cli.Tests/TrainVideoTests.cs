using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Reports;

namespace Forge.Cli.Tests;

/// <summary>Classifiers of clips from the command line: folders of every kind of clip, what runs leave, and bad input.</summary>
public sealed class TrainVideoTests : IDisposable
{
    private const int Side = 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A bar that goes down or right, by some pixels a frame: as GIFs and as folders of frames, the third longer and larger.
    private string Clips(int each = 3, int frames = 4)
    {
        var data = _folder["clips"];
        foreach (var (name, across) in ((string, bool)[])[("down", false), ("rechts ü", true)])
            for (var clip = 0; clip < each; clip++)
            {
                var pictures = Enumerable.Range(0, clip == 2 ? frames + 3 : frames).Select(f => Bar(across, 3 * f + clip, clip == 2 ? Side + 9 : Side)).ToList();
                if (clip != 1) GifFile.Save(Path.Combine(data, name, $"clip {clip}.gif"), [.. pictures.Select(p => (Func<PixelImage>)(() => p))]);
                else for (var f = 0; f < frames; f++) PngFile.Save(Path.Combine(data, name, $"clip {clip}", $"{f}.png"), pictures[f]);
            }
        return data;
    }

    private static PixelImage Bar(bool across, int at, int side = Side) => new(side, side, 1, [.. Enumerable.Range(0, side * side).Select(i => (byte)((across ? i % side : i / side) == at ? 255 : 30))]);

    private Finished Train(string data, string run, params string[] more) =>
        ForgeProgram.Run(["train", "video", "--device", "reference", "--data", data, "--batch", "4", "--size", "20", .. more.Contains("--frames") ? Array.Empty<string>() : ["--frames", "2"], "--out", _folder[run], "--json", .. more]);

    [Theory, InlineData("cnn-lstm"), InlineData("conv3d")]
    public void EachModel_TrainsToTheEnd_AndIsJudged(string model)
    {
        var data = Clips();
        var output = Train(data, "run", "--model", model, "--epochs", "1").MustExit(0);
        Assert.Equal(["device", "model", "epoch", "validation", "done"], output.Events.Select(e => e.GetProperty("event").GetString()));
        var told = output.EventsNamed("model")[0];
        Assert.Equal([2, 20, 20, 3], told.GetProperty("input").EnumerateArray().Select(e => e.GetInt32()));
        Assert.Equal((4, 2), (told.GetProperty("images").GetInt32(), told.GetProperty("val_images").GetInt32()));
        var judged = ForgeProgram.Run("evaluate", _folder["run"], "--device", "reference", "--json").MustExit(0).EventsNamed("evaluation")[0];
        Assert.Equal(output.EventsNamed("done")[0].GetProperty("val_accuracy").GetDouble(), judged.GetProperty("accuracy").GetDouble(), 6);
        foreach (var control in (string[])["one_frame_accuracy", "shuffled_accuracy"]) Assert.InRange(judged.GetProperty(control).GetDouble(), 0, 1);
        var predicted = ForgeProgram.Run("predict", _folder["run"], data, Path.Combine(data, "down", "clip 1"), "--device", "reference", "--json").MustExit(0).EventsNamed("prediction");
        Assert.Equal(7, predicted.Count);
        Assert.All(predicted, p => Assert.Equal(2, p.GetProperty("labels").GetArrayLength()));
    }

    [Fact]
    public void Resumed_HasTheBitsOfARunInOneGo_AndKeepsItsModel()
    {
        var data = Clips();
        Train(data, "whole", "--epochs", "2").MustExit(0);
        Train(data, "parts", "--epochs", "1").MustExit(0);
        ForgeProgram.Run(["train", "video", "--resume", "--device", "reference", "--out", _folder["parts"], "--json", "--epochs", "2"]).MustExit(0);
        Tiny.MustBeEqual(Checkpoint.Load(Path.Combine(_folder["whole"], "last.safetensors")), Checkpoint.Load(Path.Combine(_folder["parts"], "last.safetensors")));
        ForgeProgram.Run("train", "video", "--resume", "--device", "reference", "--out", _folder["parts"], "--model", "cnn-lstm").MustExit(2).MustComplain("--model is cnn-lstm", "began with conv3d");
        ForgeProgram.Run("train", "cnn", "--resume", "--device", "reference", "--out", _folder["parts"]).MustExit(3).MustComplain("a run of forge train video");
    }

    [Fact]
    public void BadClips_AreNamed_OrLeftOutOnRequest()
    {
        var data = Clips();
        var (bad, brief) = (Path.Combine(data, "down", "z.webp"), Path.Combine(data, "down", "y.gif"));
        File.WriteAllBytes(bad, "no clip"u8.ToArray());
        GifFile.Save(brief, [() => Bar(true, 1)]);
        Train(data, "run").MustExit(3).MustComplain("--skip-bad");
        var skipping = Train(data, "skipping", "--skip-bad", "--epochs", "1").MustExit(0);
        Assert.Equal(2, skipping.EventsNamed("model")[0].GetProperty("skipped").GetInt32());
        foreach (var word in (string[])[bad, brief, "one frame only"]) Assert.Contains(word, skipping.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void ClipsWithFewerFramesThanAskedFor_AreNamed() => Train(Clips(each: 2), "run", "--frames", "5").MustExit(3).MustComplain("4 frames", "needs 5", "--frames");

    [Fact]
    public void ClassWithOneClip_IsNamed()
    {
        var data = Clips(each: 1);
        Train(data, "run").MustExit(3).MustComplain(Path.Combine(data, "down"), "one only", "--val");
        Train(data, "all", "--val", "0", "--epochs", "1").MustExit(0);
    }

    [Fact]
    public void VideoWithoutFfmpeg_SaysWhatToInstall_WhileOtherClipsWork()
    {
        var data = Clips();
        var video = Path.Combine(data, "down", "clip.mp4");
        File.WriteAllBytes(video, [1, 2, 3]);
        var nothing = new Dictionary<string, string?> { ["PATH"] = _folder.Path };
        string[] words = ["train", "video", "--device", "reference", "--data", data, "--size", "20", "--frames", "2", "--epochs", "1"];
        ForgeProgram.Run([.. words, "--out", _folder["x"]], environment: nothing).MustExit(3).MustComplain(video, "apt install ffmpeg");
        File.Delete(video);
        ForgeProgram.Run([.. words, "--out", _folder["y"]], environment: nothing).MustExit(0);
    }

    [Fact]
    public void Options_OutOfRange_ExitTwo()
    {
        Train(_folder["x"], "x", "--frames", "1").MustExit(2).MustComplain("--frames");
        Train(_folder["x"], "x", "--model", "transformer").MustExit(2).MustComplain("--model", "conv3d");
        ForgeProgram.Run("train", "video", "--augment").MustExit(2).MustComplain("--augment");
    }

    [Fact]
    public void PredictingAPicture_IsAnError()
    {
        Train(Clips(), "run", "--epochs", "1").MustExit(0);
        var picture = Path.Combine(_folder["clips"], "down", "clip 1", "0.png");
        ForgeProgram.Run("predict", _folder["run"], picture, "--device", "reference").MustExit(3).MustComplain(picture, "GIF or WebP");
    }
}
