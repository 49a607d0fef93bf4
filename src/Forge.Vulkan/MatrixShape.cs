using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Matrices that a subgroup multiplies as one operation: C (M,N) += A (M,K) · B (K,N), with f32 sums.</summary>
/// <param name="Factor">The type of A and B: f16 or bf16.</param>
/// <param name="M">Rows of A and C.</param>
/// <param name="N">Columns of B and C.</param>
/// <param name="K">Columns of A, rows of B.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct MatrixShape(DType Factor, uint M, uint N, uint K)
{
    /// <summary>For example: f16 16x16x16.</summary>
    public override string ToString() => $"{Factor.Label()} {M}x{N}x{K}";
}
