using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Tests.Datasets;

public sealed class FolderBatchesTests
{
    private static readonly ImageDataGenerator Plain = new();

    private static byte[] Ppm(byte red, byte green = 0, byte blue = 0) => [.. "P6 1 1 255\n"u8, red, green, blue];

    // Ten images in each of three classes, each with a colour of its own.
    private static TemporaryFolder Data(int perClass = 10, params string[] classes)
    {
        var folder = new TemporaryFolder();
        if (classes.Length == 0) classes = ["Zebra", "ape", "éléphant"];
        for (var label = 0; label < classes.Length; label++)
            for (var i = 0; i < perClass; i++) folder.Write(Ppm((byte)i, (byte)label), classes[label], $"{i:D3} x.ppm");
        return folder;
    }

    private static FlowOptions Options => new() { TargetSize = (2, 2), BatchSize = 8, Seed = 3 };

    [Fact]
    public void Flow_ThreeClasses_SortsThemOrdinallyAndPrintsKerassLine()
    {
        using var folder = Data();
        var log = new StringWriter();
        using var flow = Plain.FlowFromDirectory(folder.Path, Options with { Log = log });
        Assert.Equal(["Zebra", "ape", "éléphant"], flow.ClassNames);
        Assert.Equal("Found 30 images belonging to 3 classes." + Environment.NewLine, log.ToString());
        Assert.Equal((30, 4, (Shape)(2, 2, 3)), (flow.Count, flow.BatchesPerPass, flow.ImageShape));
    }

    [Fact]
    public void WarpNowhere_GivesTheBytesAlone_AndRefusesAGeneratorThatAugments()
    {
        using var folder = Data();
        var options = Options with { Shuffle = false, Warp = WarpPlace.Nowhere };
        using var flow = Plain.FlowFromDirectory(folder.Path, options);
        using var host = Plain.FlowFromDirectory(folder.Path, options with { Warp = WarpPlace.Host });
        var (bytes, floats) = (flow.NextBatch(), host.NextBatch());
        Assert.Null(bytes.Matrices);
        Assert.Null(bytes.Warp);
        Assert.Equal(floats.Images.Span<float>().ToArray(), bytes.Images.Span<byte>().ToArray().Select(b => (float)b));
        Assert.Contains("augments", Assert.Throws<ForgeException>(() => (Plain with { HorizontalFlip = true }).FlowFromDirectory(folder.Path, options)).Message);
    }

    [Fact]
    public void NextBatch_Unshuffled_GivesPixelsAndOneHotLabelsInOrder()
    {
        using var folder = Data();
        using var flow = (Plain with { Rescale = 0.5f }).FlowFromDirectory(folder.Path, Options with { Shuffle = false });
        var batches = flow.OnePass().ToList();
        Assert.Equal([8, 8, 8, 6], batches.Select(b => b.Count));
        Assert.Equal(Enumerable.Range(0, 30), batches.SelectMany(b => b.Indexes));
        foreach (var batch in batches)
            for (var i = 0; i < batch.Count; i++)
            {
                var (label, image) = Math.DivRem(batch.Indexes[i], 10);
                Assert.Equal([0.5f * image, 0.5f * label, 0], batch.Images.Span<float>().Slice(i * 12, 3).ToArray());
                Assert.Equal(Enumerable.Range(0, 3).Select(c => c == label ? 1f : 0f), batch.Labels.Span<float>().Slice(i * 3, 3).ToArray());
            }
    }

    [Fact]
    public void OnePass_Shuffled_TakesEveryImageOnceInANewOrderEachPass()
    {
        using var folder = Data();
        using var flow = Plain.FlowFromDirectory(folder.Path, Options);
        var passes = Enumerable.Range(0, 3).Select(_ => flow.OnePass().SelectMany(b => b.Indexes).ToList()).ToList();
        Assert.All(passes, pass => Assert.Equal(Enumerable.Range(0, 30), pass.Order()));
        Assert.NotEqual(passes[0], passes[1]);
        Assert.NotEqual(passes[1], passes[2]);
    }

    [Fact]
    public void Steps_MoreThanAPass_WrapsOverTheData()
    {
        using var folder = Data();
        using var flow = Plain.FlowFromDirectory(folder.Path, Options);
        Assert.Equal([8, 8, 8, 6, 8, 8, 8, 6, 8], flow.Steps(9).Select(b => b.Count));
        Assert.Equal(new BatchPosition(2, 1), flow.Position);
    }

    private static List<float[]> Contents(IBatches flow, int steps) =>
        [.. flow.Steps(steps).Select(b => (float[])[.. b.Images.Span<float>(), .. b.Labels.Span<float>()])];

    [Fact]
    public void Batches_AnyThreadsPrefetchAndCache_AreTheSameBits()
    {
        using var folder = Data();
        var generator = new ImageDataGenerator { ShearRange = 20, ZoomRange = 0.3, HorizontalFlip = true, RotationRange = 30, HeightShiftRange = 0.4 };
        var options = Options with { TargetSize = (9, 9) };
        using var one = generator.FlowFromDirectory(folder.Path, options with { Workers = 1, Prefetch = 0, CacheBytes = 0 });
        using var many = generator.FlowFromDirectory(folder.Path, options with { Workers = 7, Prefetch = 5 });
        Assert.Equal(Contents(one, 10), Contents(many, 10));
    }

    [Fact]
    public void Position_SavedAndSet_GivesTheSameBatchesFromThere()
    {
        using var folder = Data();
        var generator = new ImageDataGenerator { ZoomRange = 0.3, HorizontalFlip = true };
        using var whole = generator.FlowFromDirectory(folder.Path, Options);
        _ = Contents(whole, 6);
        var saved = whole.Position;
        var rest = Contents(whole, 5);
        using var resumed = generator.FlowFromDirectory(folder.Path, Options);
        resumed.Position = saved;
        Assert.Equal(rest, Contents(resumed, 5));
        whole.Position = saved;
        Assert.Equal(rest, Contents(whole, 5));
        Assert.Contains("Resume with the same data", Assert.Throws<DataException>(() => whole.Position = new(0, 4)).Message);
    }

    [Fact]
    public void Flow_ForTheDevice_GivesBytesAndTheMatricesTheHostUses()
    {
        using var folder = Data();
        var generator = new ImageDataGenerator { ZoomRange = 0.3, ShearRange = 10, HorizontalFlip = true, Rescale = 1 / 255f };
        var options = Options with { TargetSize = (6, 6) };
        using var host = generator.FlowFromDirectory(folder.Path, options);
        using var device = generator.FlowFromDirectory(folder.Path, options with { Warp = WarpPlace.Device });
        var (finished, raw) = (host.NextBatch(), device.NextBatch());
        Assert.Equal(new TensorType(DType.U8, (8, 6, 6, 3)), raw.Images.Type);
        Assert.Equal(new TensorType(DType.F32, (8, 2, 3)), raw.Matrices!.Type);
        var warped = new float[6 * 6 * 3];
        for (var i = 0; i < 8; i++)
        {
            var m = raw.Matrices.Span<float>().Slice(i * 6, 6);
            AffineWarp.OnHost(raw.Images.Span<byte>().Slice(i * 108, 108), warped, 6, 6, 3, new(m[0], m[1], m[2], m[3], m[4], m[5]), scale: 1 / 255f);
            for (var j = 0; j < 108; j++) Assert.Equal(finished.Images.Span<float>()[i * 108 + j], warped[j], 1e-4f);
        }
    }

    [Fact]
    public void ValidationSplit_OfEachClass_TakesTheFirstFraction()
    {
        using var folder = Data();
        var generator = Plain with { ValidationSplit = 0.25 };
        using var held = generator.FlowFromDirectory(folder.Path, Options with { Subset = Subset.Validation, Shuffle = false });
        using var train = generator.FlowFromDirectory(folder.Path, Options with { Subset = Subset.Training, Shuffle = false });
        Assert.Equal((6, 24), (held.Count, train.Count)); // int(0.25 * 10) of each class
        Assert.EndsWith("001 x.ppm", held.PathOf(1));
        Assert.EndsWith("002 x.ppm", train.PathOf(0));
    }

    [Fact]
    public void Flow_EmptyClassFolder_CountsAsAClass()
    {
        using var folder = Data();
        Directory.CreateDirectory(folder["bear"]);
        using var flow = Plain.FlowFromDirectory(folder.Path, Options);
        Assert.Equal(["Zebra", "ape", "bear", "éléphant"], flow.ClassNames);
        Assert.Equal(30, flow.Count);
    }

    [Fact]
    public void Flow_NestedFoldersAndOtherFiles_AreSearchedAndLeftOut()
    {
        using var folder = Data();
        folder.Write(Ppm(200), "ape", "deep", "er", "A.PPM");
        folder.Write([1, 2, 3], "ape", "notes.txt");
        folder.Write(Ppm(1), "loose.ppm");
        using var flow = Plain.FlowFromDirectory(folder.Path, Options);
        Assert.Equal(31, flow.Count);
    }

    [Fact]
    public void Flow_SymbolicLinksInALoop_EndsAndFollowsClassLinksOnly()
    {
        if (OperatingSystem.IsWindows()) return; // links need a privilege there
        using var folder = Data();
        Directory.CreateSymbolicLink(folder["ape", "loop"], folder.Path);
        Directory.CreateSymbolicLink(folder["self"], folder["self"]);
        Directory.CreateSymbolicLink(folder["alias"], folder["Zebra"]);
        using var flow = Plain.FlowFromDirectory(folder.Path, Options);
        Assert.Contains("alias", flow.ClassNames);
        Assert.Equal(40, flow.Count);
    }

    [Fact]
    public void Flow_ClassesGiven_KeepTheirOrderAndMayLackAFolder()
    {
        using var folder = Data();
        using var flow = Plain.FlowFromDirectory(folder.Path, Options with { Classes = ["éléphant", "yak", "Zebra"], Shuffle = false });
        Assert.Equal((20, 3), (flow.Count, flow.ClassNames.Count));
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0], flow.NextBatch().Classes);
        flow.Position = new(0, 2);
        Assert.Equal([2, 2, 2, 2], flow.NextBatch().Classes);
    }

    [Fact]
    public void Flow_FolderMissingEmptyOrOfOneClass_SaysWhich()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such folder", Message(folder["nowhere"]));
        Assert.Contains("holds no sub-folders", Message(folder.Path));
        folder.Write(Ppm(1), "only", "a.ppm");
        Assert.Contains("one class only, 'only'", Message(folder.Path));
        Assert.Contains("is a file", Message(folder["only", "a.ppm"]));
        Directory.CreateDirectory(folder["other"]);
        File.Delete(folder["only", "a.ppm"]);
        Assert.Contains("no images in its 2 class folders", Message(folder.Path));

        string Message(string path)
        {
            var message = Assert.Throws<DataException>(() => Plain.FlowFromDirectory(path, Options)).Message;
            Assert.StartsWith(path, message);
            return message;
        }
    }

    [Theory, InlineData(0), InlineData(2)]
    public void NextBatch_BadImage_NamesItsFileAndKeepsThePosition(int prefetch)
    {
        using var folder = Data();
        folder.Write([], "ape", "004 x.ppm");
        using var flow = Plain.FlowFromDirectory(folder.Path, Options with { Shuffle = false, Prefetch = prefetch });
        flow.NextBatch();
        for (var attempt = 0; attempt < 2; attempt++)
            Assert.StartsWith(folder["ape", "004 x.ppm"] + ": the file is empty", Assert.Throws<BadImageException>(() => flow.NextBatch()).Message);
        Assert.Equal(new BatchPosition(0, 1), flow.Position);
        folder.Write(Ppm(4, 1), "ape", "004 x.ppm");
        Assert.Equal(8, flow.NextBatch().Count);
    }

    [Fact]
    public void Flow_SkipBad_CountsAndNamesThemAndGoesOn()
    {
        using var folder = Data();
        folder.Write([], "ape", "004 x.ppm");
        folder.Write("no image"u8.ToArray(), "Zebra", "000 x.ppm");
        var log = new StringWriter();
        using var flow = Plain.FlowFromDirectory(folder.Path, Options with { SkipBad = true, Log = log, Shuffle = false });
        Assert.Equal((28, 2), (flow.Count, flow.Skipped.Count));
        Assert.Contains("Found 28 images", log.ToString());
        Assert.Contains("Skipped 2 images", log.ToString());
        Assert.Contains("004 x.ppm", log.ToString());
        Assert.Equal(1, flow.NextBatch().Images.Span<float>()[0]); // Zebra's 001: the cache moved along with the indexes
        Assert.Equal(28, flow.OnePass().Sum(b => b.Count));
    }

    [Fact]
    public void Flow_SkipBadWithNothingLeft_IsAnError()
    {
        using var folder = new TemporaryFolder();
        folder.Write([], "a", "1.png");
        folder.Write([], "b", "1.png");
        Assert.Contains("none of its 2 images", Assert.Throws<DataException>(() => Plain.FlowFromDirectory(folder.Path, Options with { SkipBad = true })).Message);
    }

    [Fact]
    public void NextBatch_Cancelled_ThrowsAndCanGoOn()
    {
        using var folder = Data();
        using var flow = Plain.FlowFromDirectory(folder.Path, Options);
        Assert.Throws<OperationCanceledException>(() => flow.NextBatch(new CancellationToken(canceled: true)));
        Assert.Equal(new BatchPosition(0, 0), flow.Position);
        Assert.Equal(8, flow.NextBatch().Count);
    }

    [Fact]
    public void NextBatch_AfterDispose_IsRefused()
    {
        using var folder = Data();
        var flow = Plain.FlowFromDirectory(folder.Path, Options);
        flow.NextBatch();
        flow.Dispose();
        Assert.Throws<ObjectDisposedException>(() => flow.NextBatch());
    }

    [Fact]
    public void Grey_OneChannel_UsesPillowsWeights()
    {
        using var folder = new TemporaryFolder();
        folder.Write(Ppm(100, 150, 200), "a", "1.ppm");
        folder.Write(Ppm(0), "b", "1.ppm");
        using var flow = Plain.FlowFromDirectory(folder.Path, Options with { Colour = ColourMode.Grey, Shuffle = false });
        var batch = flow.NextBatch();
        Assert.Equal((Shape)(2, 2, 2, 1), batch.Images.Shape);
        Assert.Equal((19595 * 100 + 38470 * 150 + 7471 * 200 + 32768) >> 16, batch.Images.Span<float>()[0]);
    }

    [Fact]
    public void MemoryBatches_Splits_FollowTheArraysOrder()
    {
        var images = new LabelledImages([.. Enumerable.Range(0, 10).Select(i => (byte)i)], 10, 1, 1, 1, [.. Enumerable.Range(0, 10).Select(i => i % 2)], ["even", "odd"]);
        using var held = (Plain with { ValidationSplit = 0.3 }).Flow(images, Options with { Subset = Subset.Validation, Shuffle = false });
        using var train = (Plain with { ValidationSplit = 0.3 }).Flow(images, Options with { Subset = Subset.Training });
        Assert.Equal([0f, 1, 2], held.NextBatch().Images.Span<float>().ToArray());
        Assert.Equal([3f, 4, 5, 6, 7, 8, 9], train.OnePass().SelectMany(b => b.Images.Span<float>().ToArray()).Order());
        Assert.Throws<DataException>(() => new LabelledImages(new byte[3], 2, 1, 1, 1, [0, 1], ["a", "b"]));
        Assert.Throws<DataException>(() => new LabelledImages(new byte[2], 2, 1, 1, 1, [0, 2], ["a", "b"]));
    }

    [Fact]
    public void CodePointOrder_BeyondTheBasicPlane_FollowsCodePoints()
    {
        using var folder = Data(1, "\uFFFDz", "\U0001F600", "b", "B");
        Assert.Equal(["B", "b", "\uFFFDz", "\U0001F600"], ImageFolder.Scan(folder.Path).ClassNames);
    }
}
