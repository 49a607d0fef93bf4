namespace Forge.Cli.Measuring;

/// <summary>One who takes part in a comparison: Forge on a driver, or a peer's program in one of its modes.</summary>
/// <param name="Name">What tables call it.</param>
/// <param name="Group">Peers whose faster one counts share a group; Forge's own rows have none.</param>
/// <param name="Runs">How it is run on a workload; null where it does not take part in that one.</param>
internal sealed record Contestant(string Name, string? Group, Func<ComparedWorkload, ComparedRun?> Runs);

/// <summary>How a contestant is run on a workload.</summary>
/// <param name="Program">The program; each run is a process of its own.</param>
/// <param name="MostRounds">It takes part in so many rounds at most: some need minutes for a step.</param>
internal sealed record ComparedRun(ChildProgram Program, int MostRounds = int.MaxValue);

/// <summary>A workload that Forge and the peers all know, under one name.</summary>
/// <param name="Name">The name, as in bench/peers.</param>
/// <param name="Iterations">Runs on the clock in a process.</param>
/// <param name="Warmup">Runs before them.</param>
internal sealed record ComparedWorkload(string Name, int Iterations, int Warmup)
{
    /// <summary>Every workload, in the order they are run when none are named; the nets come first.</summary>
    public static IReadOnlyList<ComparedWorkload> All { get; } =
        [new("cnn28", 12, 4), new("cnn150", 5, 2), new("lstm", 15, 4), new("rnn", 20, 5), new("gru", 15, 4), new("dcgan", 8, 3), new("sgemm256", 12, 3), new("sgemm512", 12, 3), new("sgemm1024", 12, 3), new("sgemm4096", 10, 2)];

    /// <summary>Those compared when none are named.</summary>
    public static IReadOnlyList<string> Default { get; } = ["cnn28", "cnn150", "lstm", "rnn", "dcgan", "sgemm512", "sgemm1024"];

    /// <summary>Whether this is a training step.</summary>
    public bool IsNet => !Name.StartsWith("sgemm", StringComparison.Ordinal);

    /// <summary>Whether its step works on images, whose memory order is a choice.</summary>
    public bool HasImages => Name.StartsWith("cnn", StringComparison.Ordinal) || Name == "dcgan";

    /// <summary>Forge's own words for it.</summary>
    public IReadOnlyList<string> ForgeArguments(int iterations, int warmup)
    {
        var size = Name.TrimStart([.. "sgemm"]);
        IReadOnlyList<string> what = IsNet ? ["bench", "step", "--model", Name] : ["bench", "op", "--op", "sgemm", "--shape", $"{size}x{size}x{size}"];
        return [.. what, "--iters", $"{iterations}", "--warmup", $"{warmup}"];
    }
}
