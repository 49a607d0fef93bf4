namespace Forge.Cli.Tests;

/// <summary>The same words give the same files, however many threads prepare the batches.</summary>
public sealed class DeterminismTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [DriverFact]
    public void Train_WithAnyNumberOfWorkers_WritesTheSameFiles()
    {
        var data = TinyImages.Write(_folder["data"], each: 12, classes: 3);
        foreach (var workers in (int[])[1, 2, 5])
            ForgeProgram.Run("train", "cnn", "--data", data, "--size", "22", "--batch", "8", "--augment", "--dropout", "0.3", "--epochs", "3", "--workers", $"{workers}", "--out", _folder[$"{workers}"]).MustExit(0);
        KilledRun.MustBeAlike(_folder["1"], _folder["2"], "2 workers");
        KilledRun.MustBeAlike(_folder["1"], _folder["5"], "5 workers");
    }
}
