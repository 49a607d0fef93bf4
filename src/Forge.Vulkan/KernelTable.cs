using System.Collections.Concurrent;
using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Every kernel in this assembly, by op. Found at build time.</summary>
internal static partial class KernelTable
{
    private static readonly ConcurrentDictionary<Type, Kernel> s_added = new();
    private static readonly Dictionary<Type, Kernel> s_byOp = Create().ToDictionary(k => k.OpType);

    /// <summary>The kernels of this assembly.</summary>
    public static IReadOnlyCollection<Kernel> Kernels => s_byOp.Values;

    /// <summary>Adds a kernel from elsewhere, for an op of the user's own.</summary>
    public static void Add(Kernel kernel) => s_added[kernel.OpType] = kernel;

    /// <summary>The kernel of an op's type, else of the nearest type it derives from; null where there is none.</summary>
    public static Kernel? Find(Op op)
    {
        for (var type = op.GetType(); type is not null; type = type.BaseType)
            if (s_added.TryGetValue(type, out var kernel) || s_byOp.TryGetValue(type, out kernel))
                return kernel;
        return null;
    }
}
