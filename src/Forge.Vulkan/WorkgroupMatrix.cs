using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>
/// Matrices that a whole workgroup multiplies as one operation (VK_NV_cooperative_matrix2): C (M,N) += A (M,K) · B (K,N), with f32 sums, of any
/// extents that are multiples of these.
/// </summary>
/// <param name="Factor">The type of A and B: f16 or bf16.</param>
/// <param name="M">Rows of A and C are multiples of this.</param>
/// <param name="N">Columns of B and C are multiples of this.</param>
/// <param name="K">Columns of A, rows of B are multiples of this.</param>
/// <param name="Lanes">Invocations of the workgroup.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct WorkgroupMatrix(DType Factor, uint M, uint N, uint K, uint Lanes)
{
    /// <summary>For example: f16 32x32x16 by 256.</summary>
    public override string ToString() => $"{Factor.Label()} {M}x{N}x{K} by {Lanes}";

    /// <summary>Whether matrices may have these extents.</summary>
    /// <param name="m">Rows of A and C.</param>
    /// <param name="n">Columns of B and C.</param>
    /// <param name="k">Columns of A, rows of B.</param>
    /// <param name="most">The largest extent of any matrix.</param>
    public bool Allows(uint m, uint n, uint k, uint most) => m % M == 0 && n % N == 0 && k % K == 0 && Math.Max(Math.Max(m, n), k) <= most;

    /// <summary>What kernels can use of a driver's list: factors of one 16-bit type, f32 sums that do not saturate, held by a workgroup of whole subgroups.</summary>
    /// <param name="listed">The driver's list.</param>
    /// <param name="factor">The type of factors that shaders know by a component type; null for none.</param>
    /// <param name="most">Invocations of a workgroup at most, where it holds matrices.</param>
    /// <param name="subgroup">Invocations of a subgroup.</param>
    internal static WorkgroupMatrix[] Usable(IEnumerable<CooperativeMatrixFlexibleDimensionsPropertiesNV> listed, Func<ComponentTypeKHR, DType?> factor, uint most, uint subgroup) =>
        [.. listed
            .Where(p => p.AType == p.BType && p.CType == ComponentTypeKHR.Float32Khr && p.ResultType == ComponentTypeKHR.Float32Khr
                && p.Scope == ScopeKHR.WorkgroupKhr && !p.SaturatingAccumulation && factor(p.AType) is not null
                && p.MGranularity > 0 && p.NGranularity > 0 && p.KGranularity > 0
                && p.WorkgroupInvocations <= most && p.WorkgroupInvocations % subgroup == 0 && uint.IsPow2(p.WorkgroupInvocations / subgroup))
            .Select(p => new WorkgroupMatrix(factor(p.AType)!.Value, p.MGranularity, p.NGranularity, p.KGranularity, p.WorkgroupInvocations)).Distinct()];
}
