namespace Forge.Vulkan;

/// <summary>How a driver differs from what the specification lets kernels assume, or goes beyond it.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Quirks
{
    /// <summary>
    /// A workgroup's subgroups run one after the other, in order, each to its end, in one thread: shared memory written by one is read by the
    /// next with no barrier. Only kernels of family lane lean on it, and only where the start-up probe agreed (LaneProbe).
    /// </summary>
    public bool LaneChain { get; init; }

    /// <summary>A load whose address is made of constants and push constants alone, outside control flow, is one scalar or one vector load.</summary>
    public bool UniformPushTable { get; init; }

    /// <summary>fma() is a multiplication and an addition: rounded twice, and no faster.</summary>
    public bool FmaIsLowered { get; init; }

    /// <summary>max(NaN, 1) is 1. Forge's kernels test NaN by bits everywhere; this is for the record and for user code.</summary>
    public bool MaxLosesNaN { get; init; }

    /// <summary>The driver crashes where a buffer reference is turned into one of another type.</summary>
    public bool NoPointerCast { get; init; }

    /// <summary>Shaders run on the processor: tiles in shared memory and small invocations are slow.</summary>
    public bool RunsOnProcessor { get; init; }

    /// <summary>Machine code is made when a pipeline is first dispatched, on the queue's one thread, and kept in the driver's own cache on disk.</summary>
    public bool CompilesAtFirstDispatch { get; init; }

    /// <summary>The driver's pipeline cache keeps nothing of what it makes of SPIR-V, but the binaries of its shader objects do.</summary>
    public bool KeepsShaderBinaries { get; init; }

    /// <summary>After so many rounds of all its loops together an invocation leaves them, and nothing says so; null where loops end as they are written.</summary>
    public long? MostLoopRounds { get; init; }

    /// <summary>Mesa's llvmpipe, VkDriverId.</summary>
    internal const int Llvmpipe = 13;

    /// <summary>Google's SwiftShader, VkDriverId.</summary>
    internal const int SwiftShader = 10;

    // One row a driver: which devices it is about, and what holds there. The first that fits counts.
    private static readonly (Func<DeviceDescription, bool> Fits, Quirks Quirks)[] Table =
    [
        (d => d.DriverId == Llvmpipe && MesaMajor(d.DriverDetail) >= 24,
            new() { LaneChain = true, UniformPushTable = true, FmaIsLowered = true, MaxLosesNaN = true, RunsOnProcessor = true, CompilesAtFirstDispatch = true, KeepsShaderBinaries = true }),
        // Mesa 22.3 gave wrong results with the chain, and after 65,535 rounds.
        (d => d.DriverId == Llvmpipe, new() { MostLoopRounds = 65535, UniformPushTable = true, FmaIsLowered = true, MaxLosesNaN = true, RunsOnProcessor = true, CompilesAtFirstDispatch = true }),
        (d => d.DriverId == SwiftShader, new() { NoPointerCast = true, MaxLosesNaN = true, RunsOnProcessor = true }),
        (d => d.IsSoftware, new() { RunsOnProcessor = true }),
    ];

    /// <summary>What holds for <paramref name="device"/>.</summary>
    public static Quirks Of(DeviceDescription device)
    {
        foreach (var (fits, quirks) in Table)
            if (fits(device))
                return quirks;
        return new Quirks();
    }

    // "Mesa 25.0.7-2~bpo12+1 (LLVM 19.1.4)" -> 25; 0 where it says something else.
    private static int MesaMajor(string detail)
    {
        const string Mark = "Mesa ";
        var at = detail.IndexOf(Mark, StringComparison.Ordinal);
        if (at < 0)
            return 0;
        var digits = detail[(at + Mark.Length)..].TakeWhile(char.IsAsciiDigit).ToArray();
        return int.TryParse(digits, out var major) ? major : 0;
    }
}
