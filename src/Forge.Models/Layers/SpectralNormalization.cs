using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A layer whose kernel is divided by its largest singular value, so that it stretches nothing by more than 1 (Miyato et al. 2018).</summary>
/// <remarks>
/// <para>The kernel is seen as a matrix W (all axes but the last, last). Training moves a vector u by v ← Wuᵀ/|Wuᵀ|, u ← vᵀW/|vᵀW| at each call; σ = vᵀWuᵀ, through which gradients flow
/// while u and v count as constants, as in PyTorch. Inference, and a layer that is frozen, keep u. A kernel of zeros stays as it is.</para>
/// <para>The weight vector_u (1, last), not learned, has Keras's name and shape. Keras writes the divided kernel over the kernel; here, as in PyTorch, the kernel stays what the
/// optimizer makes of it, and what is divided lives within the step. Values are the same in the first call.</para>
/// </remarks>
/// <param name="layer">The layer; it has a kernel, or embeddings, of its own.</param>
/// <param name="powerIterations">Moves of u at each call in training.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SpectralNormalization(Layer layer, int powerIterations = 1, string? name = null) : CompositeLayer(name)
{
    private const float Least = 1e-12f; // length of a vector that is divided by its length
    private Parameter? _kernel, _u;

    /// <inheritdoc/>
    public override IReadOnlyList<Layer> Inner => [layer];

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => powerIterations > 0
        ? layer.ComputeOutputShape(input)
        : throw new ForgeException($"Layer '{Name}': {powerIterations} power iterations; there must be at least 1.");

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        BuildInner(layer, inputs, layer.Kind);
        _kernel = layer.Parameters.FirstOrDefault(p => IsOwn(p, "kernel") || IsOwn(p, "embeddings"))
            ?? throw new ForgeException($"Layer '{Name}': '{layer.Name}' ({layer.Kind}) has neither a kernel nor embeddings to normalise. Wrap a Dense, a convolution or an Embedding.");
        // Its length does not matter.
        _u = AddWeight("vector_u", (1, _kernel.Type.Shape[-1]), new RandomNormal(Deviation: 0.02), Fans.Of(new Shape(1)), learned: false);
    }

    // Not a kernel of one of several layers within, whose others would go undivided.
    private bool IsOwn(Parameter weight, string name) => weight.Name.EndsWith($"/{layer.Name}/{name}", StringComparison.Ordinal);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var graph = x.Graph;
        var (kernel, before) = (graph.Read(_kernel!), graph.Read(_u!, latest: true).StopGradient());
        var matrix = kernel.Reshape(kernel.Shape.Count / kernel.Shape[-1], kernel.Shape[-1]);
        var (constant, u) = (matrix.StopGradient(), before);
        var moves = training && Trainable;
        var v = Unit(u.MatMul(constant, transposeOther: true));
        for (var i = 0; moves && i < powerIterations; i++)
        {
            if (i > 0) v = Unit(u.MatMul(constant, transposeOther: true));
            u = Unit(v.MatMul(constant));
        }
        // In inference u is as training left it, of length 1 or, before any, not.
        var sigma = (v.MatMul(matrix) * (moves ? u : Unit(u))).Sum();
        var isStretching = sigma.NotEqual(0);
        if (moves) graph.Assign(_u!, isStretching.Select(u, before));
        using (graph.Substitute(_kernel!, kernel / isStretching.Select(sigma, 1f))) return layer.Call(x, training);
    }

    private static Tensor Unit(Tensor vector) => vector / vector.SumSquares().Sqrt().Maximum(Least);
}
