using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Random numbers of one stream of a graph: a pure function of seed, step and stream (see <see cref="GraphRandom"/>).</summary>
/// <param name="Shape">The shape of the result.</param>
/// <param name="Stream">Which stream: ops of one stream draw the same words.</param>
/// <remarks>Inputs: the lower and upper half of the seed and the number of the step, each u32 ().</remarks>
/// <threadsafety>Immutable.</threadsafety>
public abstract record RandomOp(Shape Shape, int Stream) : Op
{
    /// <summary>The dtype of the numbers.</summary>
    protected virtual DType DType => DType.F32;

    /// <summary>Makes four elements of the four words of one block.</summary>
    protected abstract void Make(PhiloxBlock words, Span<double> elements);

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        GraphRandom.CheckKey(this, inputs);
        return [new(DType, Shape)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        Span<double> four = stackalloc double[4];
        var y = outputs[0].Elements.AsSpan();
        for (var i = 0; i < y.Length; i += 4)
        {
            Make(GraphRandom.Block(inputs, Stream, i / 4), four);
            four[..Math.Min(4, y.Length - i)].CopyTo(y[i..]);
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null, null, null];

    // Ten rounds of two multiplications, for four elements.
    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 5);
}
