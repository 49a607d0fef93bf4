namespace Forge.Vulkan.Checking;

/// <summary>Smaller devices than the real one: each lacks one thing that kernels may not take for granted, the last all of them.</summary>
internal static class Narrowings
{
    /// <summary>Everything together: less than any Vulkan device may offer.</summary>
    public const string Everything = "everything";

    /// <summary>No order among the subgroups of a workgroup.</summary>
    public const string AnyOrder = "any-order";

    /// <summary>The smallest push block that Vulkan allows.</summary>
    public const string Push128 = "push128";

    /// <summary>Descriptors, whose ranges end at what every device has.</summary>
    public const string Bindings = "bindings128m";

    private static readonly Dictionary<string, (string Words, Func<DeviceLimits, DeviceLimits> Apply)> s_all = new()
    {
        ["workgroup64"] = ("workgroups of 64 at most", l => l with { MaxWorkgroupInvocations = 64, MaxWorkgroupX = 64, MaxWorkgroupY = 64, MaxWorkgroupZ = 64 }),
        ["shared16k"] = ("16 KiB of shared memory", l => l with { SharedMemoryBytes = 16 << 10 }),
        ["no-subgroups"] = ("no subgroup operations", l => l with { HasSubgroupArithmetic = false, HasSubgroupBallot = false, HasSubgroupShuffle = false, HasSubgroupSizeControl = false }),
        ["no-int64"] = ("no 64-bit integers", l => l with { HasInt64 = false }),
        ["no-fp16"] = ("no types of 16 or 8 bits, no matrices", l => l with { HasInt16 = false, HasInt8 = false, HasFloat16 = false, HasStorage16 = false, HasStorage8 = false, HasCooperativeMatrix = false, Matrices = [], WorkgroupMatrices = [], HasTensorLoads = false }),
        [Bindings] = ("bindings of 128 MiB at most", l => l with { MaxStorageBufferRange = 1 << 27 }),
        [AnyOrder] = ("subgroups that run in any order", l => l with { Quirks = l.Quirks with { LaneChain = false } }),
        [Push128] = ("push blocks of 128 bytes", l => l with { MaxPushConstantBytes = 128 }),
    };

    /// <summary>The names.</summary>
    public static IEnumerable<string> Names => s_all.Keys.Append(Everything);

    /// <summary>What a name means, for people.</summary>
    public static string Words(string name) => name == Everything ? "all of these together" : s_all[name].Words;

    /// <summary>The limits of a smaller device.</summary>
    public static DeviceLimits Apply(string name, DeviceLimits limits) => name == Everything ? s_all.Values.Aggregate(limits, (l, narrow) => narrow.Apply(l)) : s_all[name].Apply(limits);
}
