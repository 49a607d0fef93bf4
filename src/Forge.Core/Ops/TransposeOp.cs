using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Axes in another order: axis i of y is axis permutation[i] of x.</summary>
/// <param name="Permutation">Each axis of x once.</param>
/// <remarks>x f32, i32 or u32 of any rank → y, y.shape[i] = x.shape[permutation[i]]. Source: numpy.transpose.</remarks>
/// <exception cref="ShapeException">The list is not a permutation of x's axes.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record TransposeOp(ValueList<int> Permutation) : Op, ISampled
{
    /// <summary>The permutation that undoes this one.</summary>
    public ValueList<int> Inverse => [.. Enumerable.Range(0, Permutation.Count).Select(axis => Permutation.Span.IndexOf(axis))];

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBeWords("x");
        if (!Permutation.Order().SequenceEqual(Enumerable.Range(0, x.Shape.Rank)))
            throw new ShapeException(this, inputs, $"{Permutation} is not an order of the {x.Shape.Rank} axes of {x.Shape}", $"Name each of 0..{x.Shape.Rank - 1} once.");
        return [new(x.DType, new Shape([.. Permutation.Select(axis => x.Shape[axis])]))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var strides = x.Shape.Strides();
        var from = new StridedIndex(y.Shape, [.. Permutation.Select(axis => strides[axis])]);
        for (var i = 0; i < y.Elements.Length; i++) y[i] = x[from.At(i)];
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [new TransposeOp(Inverse).On(cotangents[0])];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(0, 5), high: 6);
        var axes = Enumerable.Range(0, x.Rank).ToList();
        var order = new List<int>();
        while (axes.Count > 0)
        {
            var next = draw.Int(0, axes.Count - 1);
            order.Add(axes[next]);
            axes.RemoveAt(next);
        }
        return new(new TransposeOp([.. order]), draw.Uniform(x));
    }
}
