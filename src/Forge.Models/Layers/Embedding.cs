using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A learned row for each of some indexes: x (n, ...) → y (n, ..., outputDim).</summary>
/// <remarks>
/// x u8, u32, i32, or f32 of whole numbers; from 0 to inputDim − 1. Another index gives NaN, which training refuses by name. Weight (inputDim, outputDim), named embeddings, as in Keras;
/// PyTorch's Embedding is it with normal first values of deviation 1. Rows that come several times get the sum of their gradients, added in order.
/// </remarks>
/// <param name="inputDim">How many rows there are.</param>
/// <param name="outputDim">Elements of a row.</param>
/// <param name="embeddingsInitializer">Their first values; uniform in ±0.05 when left out.</param>
/// <param name="embeddingsRegularizer">A penalty on them.</param>
/// <param name="maskZero">Whether steps of index 0 do not count: the mask goes on to the next layers. x is (n, t) then.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Embedding(int inputDim, int outputDim, Initializer? embeddingsInitializer = null, Regularizer? embeddingsRegularizer = null, bool maskZero = false, string? name = null) : Layer(name)
{
    /// <summary>The rows, once built.</summary>
    public Parameter? Embeddings { get; private set; }

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (inputDim < 1 || outputDim < 1) throw new ShapeException($"Layer '{Name}': {inputDim} rows of {outputDim} elements; there must be at least one of each.");
        if (maskZero && input.Rank != 1) throw new ShapeException($"Layer '{Name}': only sequences of indexes (steps) have a mask, not {input}. Leave maskZero out.");
        return new([.. input, outputDim]);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (inputDim, outputDim);
        Embeddings = AddWeight("embeddings", shape, embeddingsInitializer ?? new RandomUniform(), Fans.Of(shape), embeddingsRegularizer);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var index = x.DType is DType.U32 or DType.I32 ? x : x.Cast(DType.I32);
        var y = ((Tensor)Embeddings!).Gather(index);
        return maskZero ? y.WithMask(index.NotEqual(0)) : y;
    }

    // A table does not care how many indexes there are.
    private protected override bool Accepts(IReadOnlyList<Shape> shapes) => shapes.Count == 1 && (!maskZero || shapes[0].Rank == 1);
}
