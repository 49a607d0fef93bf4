using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Cli.Tests;

/// <summary>Runs of the program on tiny data, on the fp64 reference: they need no driver, and every step is the same on every machine.</summary>
internal static class Tiny
{
    /// <summary>The words of a tiny training run.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="run">The run's folder; null leaves --out away.</param>
    /// <param name="more">More words.</param>
    public static string[] Words(string data, string? run, params string[] more) =>
        ["train", "cnn", "--device", "reference", "--data", data, "--batch", "4", .. more.Contains("--size") ? Array.Empty<string>() : ["--size", "22"], .. run is null ? Array.Empty<string>() : ["--out", run], "--json", .. more];

    /// <summary>Trains to the end.</summary>
    public static Finished Train(string data, string? run, params string[] more) => ForgeProgram.Run(Words(data, run, more));

    /// <summary>Goes on with a run.</summary>
    public static Finished Resume(string run, params string[] more) => ForgeProgram.Run(["train", "cnn", "--resume", "--device", "reference", "--out", run, "--json", .. more]);

    /// <summary>Checks that two checkpoints hold the same bits.</summary>
    public static void MustBeEqual(Checkpoint expected, Checkpoint actual)
    {
        Assert.Equal((expected.Epoch, expected.StepInEpoch, expected.Step, expected.Data), (actual.Epoch, actual.StepInEpoch, actual.Step, actual.Data));
        foreach (var (wanted, found) in new[] { (expected.Weights, actual.Weights), (expected.OptimizerSlots, actual.OptimizerSlots) })
        {
            Assert.Equal(wanted.Keys.Order(), found.Keys.Order());
            foreach (var (name, tensor) in wanted) Assert.True(tensor.Bytes.SequenceEqual(found[name].Bytes), $"'{name}' differs.");
        }
    }

    /// <summary>Whether every weight is a number.</summary>
    public static bool IsFinite(Checkpoint saved) => saved.Weights.Values.All(t => t.Type.DType == DType.F32 && !t.Span<float>().ContainsAnyExceptInRange(float.MinValue, float.MaxValue));
}

/// <summary>One finished run of two epochs on two classes, made once for the tests that only read it.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Trains.</summary>
    public TrainedRun()
    {
        Data = TinyImages.Write(_folder["the data"]);
        Folder = _folder["the run"];
        Output = Tiny.Train(Data, Folder, "--epochs", "2", "--lr", "0.003").MustExit(0);
    }

    /// <summary>The data folder.</summary>
    public string Data { get; }

    /// <summary>The run's folder.</summary>
    public string Folder { get; }

    /// <summary>What the program printed.</summary>
    public Finished Output { get; }

    /// <summary>A path in a folder of the fixture's own.</summary>
    public string Scratch(string name) => _folder[name];

    /// <inheritdoc/>
    public void Dispose() => _folder.Dispose();
}
