namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Smaller devices than the real one: each lacks one thing that kernels may not take for granted, the last all of them.</summary>
internal static class Narrowings
{
    /// <summary>Everything together: less than any Vulkan device may offer.</summary>
    public const string Everything = "everything together";

    private static readonly Dictionary<string, Func<DeviceLimits, DeviceLimits>> s_all = new()
    {
        ["workgroups of 64"] = l => l with { MaxWorkgroupInvocations = 64, MaxWorkgroupX = 64, MaxWorkgroupY = 64, MaxWorkgroupZ = 64 },
        ["16 KiB of shared memory"] = l => l with { SharedMemoryBytes = 16 << 10 },
        ["no subgroup operations"] = l => l with { HasSubgroupArithmetic = false, HasSubgroupBallot = false, HasSubgroupShuffle = false, HasSubgroupSizeControl = false },
        ["no 64-bit integers"] = l => l with { HasInt64 = false },
        ["no small types"] = l => l with { HasInt16 = false, HasInt8 = false, HasFloat16 = false, HasStorage16 = false, HasStorage8 = false, HasCooperativeMatrix = false, Matrices = [], WorkgroupMatrices = [], HasTensorLoads = false },
        ["bindings of 128 MiB"] = l => l with { MaxStorageBufferRange = 1 << 27 },
        ["subgroups in any order"] = l => l with { Quirks = l.Quirks with { LaneChain = false } },
        ["push blocks of 128 bytes"] = l => l with { MaxPushConstantBytes = 128 },
    };

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => s_all.Keys.Append(Everything);

    /// <summary>The limits of a smaller device.</summary>
    public static DeviceLimits Apply(string name, DeviceLimits limits) => name == Everything ? s_all.Values.Aggregate(limits, (l, narrow) => narrow(l)) : s_all[name](limits);
}
