namespace Forge.Cli.Tests;

/// <summary>Models too big for their device: refused before training, with numbers and with a batch that fits.</summary>
public sealed class MemoryTests(MemoryTests.ManyImages many) : IClassFixture<MemoryTests.ManyImages>
{
    [NamedDriverFact("swiftshader")] // whose memory is always 2 GiB
    public void PlanLargerThanTheDevice_ExitsFive_AndTheBatchItNamesFits()
    {
        var driver = new Dictionary<string, string?> { ["VK_DRIVER_FILES"] = Needs.Manifest("swiftshader") };
        var refused = Plan(400, environment: driver).MustExit(5).MustComplain("The plan needs", "MiB", "the device offers 2048 MiB");
        var words = refused.Stderr[refused.Stderr.IndexOf("A batch of ", StringComparison.Ordinal)..].Split(' ');
        var batch = int.Parse(words[3], System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(batch, 32, 399);
        var model = Plan(batch, environment: driver).MustExit(0).EventsNamed("model")[0];
        Assert.InRange(model.GetProperty("peak_bytes").GetInt64(), 1L << 28, 2L << 30);
    }

    [DriverFact]
    public void TensorOf2To31Elements_ExitsFive_AndNamesABatchThatFits() =>
        Plan(ManyImages.Count).MustExit(5).MustComplain("2^31 elements", "A batch of ", " fits.");

    [DriverFact]
    public void ImagesTooLargeForAnyBatch_ExitFive() => Plan(1, "3000").MustExit(5).MustComplain("2^31 elements", "3000x3000", "--size");

    private Finished Plan(int batch, string size = "150", Dictionary<string, string?>? environment = null) => ForgeProgram.Run(
        ["train", "cnn", "--data", many.Folder, "--val", "0", "--size", size, "--batch", batch.ToString(System.Globalization.CultureInfo.InvariantCulture), "--dry-run", "--json", "--out", Path.Combine(many.Folder, "run")],
        environment: environment);

    /// <summary>A data folder of more images than a tensor of the model can hold.</summary>
    public sealed class ManyImages : IDisposable
    {
        /// <summary>How many images: the first convolution's output of 3,064 has 2^31 elements.</summary>
        public const int Count = 3200;

        private readonly TemporaryFolder _folder = new();

        /// <summary>Writes the images.</summary>
        public ManyImages()
        {
            Folder = TinyImages.Write(_folder["many"], each: 1);
            foreach (var label in TinyImages.Classes.Take(2))
                for (var i = 1; i < Count / 2; i++) File.Copy(Path.Combine(Folder, label, "picture 0.png"), Path.Combine(Folder, label, $"copy {i}.png"));
        }

        /// <summary>The data folder.</summary>
        public string Folder { get; }

        /// <inheritdoc/>
        public void Dispose() => _folder.Dispose();
    }
}
