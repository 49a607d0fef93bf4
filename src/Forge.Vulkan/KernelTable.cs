using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Every kernel in this assembly, by op. Found at build time.</summary>
internal static partial class KernelTable
{
    private static readonly Dictionary<Type, Kernel> s_byOp = Create().ToDictionary(k => k.OpType);

    /// <summary>The kernels of this assembly.</summary>
    public static IReadOnlyCollection<Kernel> Kernels => s_byOp.Values;

    /// <summary>The kernel of an op's type, else of the nearest type it derives from; null where there is none.</summary>
    /// <param name="op">The op.</param>
    /// <param name="users">Kernels that come first: a user's own.</param>
    public static Kernel? Find(Op op, IReadOnlyDictionary<Type, Kernel>? users = null)
    {
        for (var type = op.GetType(); type is not null; type = type.BaseType)
            if ((users is not null && users.TryGetValue(type, out var kernel)) || s_byOp.TryGetValue(type, out kernel))
                return kernel;
        return op is GlslOp ? GlslOp.Kernel : null;
    }
}
