using SkiaSharp;

namespace Forge.Cli.Tests;

/// <summary>Judging a finished run: scores, confusion matrix, labels of single pictures, and what does not fit.</summary>
public class EvaluateTests(TrainedRun trained) : IClassFixture<TrainedRun>
{
    private static Finished Evaluate(params string[] words) => ForgeProgram.Run(["evaluate", "--device", "reference", .. words]);

    [Fact]
    public void Evaluate_OfAFolder_ScoresEveryClass()
    {
        var run = Evaluate(trained.Folder, "--data", trained.Data, "--json").MustExit(0);
        var e = Assert.Single(run.EventsNamed("evaluation"));
        Assert.Equal(12, e.GetProperty("images").GetInt32());
        var rows = e.GetProperty("confusion").EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetInt32()).ToArray()).ToArray();
        Assert.All(rows, r => Assert.Equal(6, r.Sum()));
        Assert.Equal((rows[0][0] + rows[1][1]) / 12.0, e.GetProperty("accuracy").GetDouble(), 5);
        var classes = e.GetProperty("classes").EnumerateArray().ToList();
        Assert.Equal(TinyImages.Classes.Take(2), classes.Select(c => c.GetProperty("name").GetString()));
        Assert.Equal(rows[0][0] / 6.0, classes[0].GetProperty("recall").GetDouble(), 5);
        foreach (var average in (string[])["micro", "macro", "weighted"]) Assert.InRange(e.GetProperty(average).GetProperty("f1").GetDouble(), 0, 1);
        foreach (var words in (string[])["precision", "macro avg", "weighted avg", "Confusion matrix", TinyImages.Classes[1]]) Assert.Contains(words, run.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_WithoutData_JudgesWhatTheRunWasValidatedOn()
    {
        var e = Evaluate(trained.Folder, "--json").MustExit(0).EventsNamed("evaluation")[0];
        Assert.Equal(2, e.GetProperty("images").GetInt32());
        Assert.Equal(trained.Output.EventsNamed("done")[0].GetProperty("val_accuracy").GetDouble(), e.GetProperty("accuracy").GetDouble(), 6);
    }

    [Fact]
    public void Evaluate_TakesTheBestOfARun_OrTheFileNamed()
    {
        var best = Evaluate(trained.Folder, "--json").MustExit(0).EventsNamed("evaluation")[0].GetProperty("checkpoint").GetString();
        Assert.Equal(Path.Combine(trained.Folder, "best.safetensors"), best);
        var last = Path.Combine(trained.Folder, "last.safetensors");
        Assert.Equal(last, Evaluate(last, "--json").MustExit(0).EventsNamed("evaluation")[0].GetProperty("checkpoint").GetString());
    }

    [Fact]
    public void Png_IsAPictureOfTheMatrix()
    {
        var named = trained.Scratch("matrix of classes.png");
        Evaluate(trained.Folder, "--png", named).MustExit(0);
        Evaluate(trained.Folder, "--png", "--json").MustExit(0);
        foreach (var file in (string[])[named, Path.Combine(trained.Folder, "confusion.png")])
        {
            using var picture = SKBitmap.Decode(file);
            Assert.True(picture.Width >= 200 && picture.Height >= 200, $"{file}: {picture.Width}x{picture.Height}");
            Assert.True(picture.Pixels.Distinct().Count() > 10, $"{file}: hardly a colour in it");
        }
    }

    [Fact]
    public void DataWithOtherClasses_ExitThree_AndBothListsAreShown()
    {
        var other = TinyImages.Write(trained.Scratch("three classes"), each: 1, classes: 3);
        Evaluate(trained.Folder, "--data", other).MustExit(3).MustComplain("best.safetensors", "2 classes", "3", TinyImages.Classes[2]);
    }

    [Fact]
    public void ImagesOfAnotherSize_ExitThree_AndBothSizesAreShown() =>
        Evaluate(trained.Folder, "--data", trained.Data, "--size", "40").MustExit(3).MustComplain("best.safetensors", "22x22x3", "40x40x3");

    [Theory]
    [InlineData("truncated"), InlineData("one bit turned"), InlineData("zero bytes"), InlineData("text"), InlineData("foreign safetensors")]
    public void DamagedCheckpoint_ExitsThree_AndIsNamed(string damage)
    {
        var file = trained.Scratch($"{damage}.safetensors");
        var bytes = File.ReadAllBytes(Path.Combine(trained.Folder, "best.safetensors"));
        switch (damage)
        {
            case "truncated": bytes = bytes[..(bytes.Length / 2)]; break;
            case "one bit turned": bytes[bytes.Length * 2 / 3] ^= 4; break;
            case "zero bytes": bytes = []; break;
            case "text": bytes = "these are not weights"u8.ToArray(); break;
            default:
                var header = """{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"""u8;
                bytes = [.. BitConverter.GetBytes((ulong)header.Length), .. header, 0, 0, 0, 0];
                break;
        }
        File.WriteAllBytes(file, bytes);
        Evaluate(file, "--data", trained.Data).MustExit(3).MustComplain(file);
        ForgeProgram.Run("predict", "--device", "reference", file, trained.Data).MustExit(3).MustComplain(file);
    }

    [Fact]
    public void DamagedCheckpoint_IsNotResumed_WhereNoOtherIsThere()
    {
        var run = trained.Scratch("damaged run");
        Directory.CreateDirectory(run);
        File.Copy(Path.Combine(trained.Folder, "run.json"), Path.Combine(run, "run.json"));
        File.WriteAllBytes(Path.Combine(run, "last.safetensors"), File.ReadAllBytes(Path.Combine(trained.Folder, "last.safetensors"))[..1000]);
        Tiny.Resume(run, "--epochs", "3").MustExit(3).MustComplain(Path.Combine(run, "last.safetensors"));
        Assert.Equal(1000, new FileInfo(Path.Combine(run, "last.safetensors")).Length);
    }

    [Fact]
    public void MissingCheckpoint_ExitsThree() => Evaluate(trained.Scratch("nothing")).MustExit(3).MustComplain("no such checkpoint", trained.Scratch("nothing"));

    [Fact]
    public void FolderWithoutACheckpoint_ExitsThree() => Evaluate(trained.Data).MustExit(3).MustComplain(trained.Data, "best.safetensors");

    [Fact]
    public void CheckpointArgument_ThatLooksLikeAnOption_ExitsTwo() => Evaluate("--dat", "x").MustExit(2).MustComplain("no option --dat", "Did you mean --data?");

    [Fact]
    public void Predict_NamesTheLabelsOfEachFile()
    {
        var (one, two) = (Path.Combine(trained.Data, TinyImages.Classes[0], "picture 0.png"), Path.Combine(trained.Data, TinyImages.Classes[1], "picture 1.png"));
        var events = ForgeProgram.Run("predict", trained.Folder, one, two, "--top", "9", "--json", "--device", "reference").MustExit(0).EventsNamed("prediction");
        Assert.Equal([one, two], events.Select(e => e.GetProperty("file").GetString()));
        foreach (var labels in events.Select(e => e.GetProperty("labels").EnumerateArray().ToList()))
        {
            Assert.Equal(TinyImages.Classes.Take(2).Order(), labels.Select(l => l.GetProperty("label").GetString()!).Order());
            var probabilities = labels.Select(l => l.GetProperty("probability").GetDouble()).ToList();
            Assert.Equal(1, probabilities.Sum(), 4);
            Assert.True(probabilities[0] >= probabilities[1]);
        }
    }

    [Fact]
    public void Predict_AgreesWithEvaluate()
    {
        var right = ForgeProgram.Run("predict", trained.Folder, trained.Data, "--top", "1", "--json", "--device", "reference").MustExit(0).EventsNamed("prediction")
            .Count(e => e.GetProperty("file").GetString()!.Contains(Path.DirectorySeparatorChar + e.GetProperty("labels")[0].GetProperty("label").GetString()! + Path.DirectorySeparatorChar, StringComparison.Ordinal));
        var accuracy = Evaluate(trained.Folder, "--data", trained.Data, "--json").MustExit(0).EventsNamed("evaluation")[0].GetProperty("accuracy").GetDouble();
        Assert.Equal(accuracy, right / 12.0, 5);
    }

    [Fact]
    public void Predict_OfABadFile_NamesIt_AndSkipsItOnRequest()
    {
        var bad = trained.Scratch("half a picture.png");
        File.WriteAllBytes(bad, TinyImages.Picture(0, 0, 64, SKEncodedImageFormat.Png)[..300]);
        var good = Path.Combine(trained.Data, TinyImages.Classes[0], "picture 0.png");
        ForgeProgram.Run("predict", trained.Folder, bad, good, "--device", "reference").MustExit(3).MustComplain(bad);
        var skipping = ForgeProgram.Run("predict", trained.Folder, bad, good, "--skip-bad", "--json", "--device", "reference").MustExit(0);
        Assert.Single(skipping.EventsNamed("prediction"));
        Assert.Contains(bad, skipping.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_WithoutFiles_ExitsTwo() => ForgeProgram.Run("predict", trained.Folder).MustExit(2).MustComplain("PATH");
}
