using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>A box of x, every so many elements: y[k] = x[start + k · step], along every axis.</summary>
/// <param name="Starts">The first index along each axis.</param>
/// <param name="Counts">The extents of y; none negative.</param>
/// <param name="Steps">The distance between neighbours along each axis; not 0. A negative one reads backwards.</param>
/// <remarks>x f32, i32 or u32 of any rank → y of shape Counts.</remarks>
/// <exception cref="ShapeException">The lists do not have x's rank, or an index lies outside x.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SliceOp(ValueList<int> Starts, ValueList<int> Counts, ValueList<int> Steps) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBeWords("x");
        CheckPlaces(this, inputs, x.Shape, Starts, Counts, Steps);
        return [new(x.DType, new Shape(Counts.Span))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        var from = Places(x.Shape, y.Shape, Starts, Steps);
        for (var i = 0; i < y.Elements.Length; i++) y[i] = x[from.At(i)];
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [new PadOp(node.Inputs[0].Shape, Starts, Steps, 0).On(cotangents[0])];

    // Only what is kept is read.
    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(outputs, outputs, 0);

    public static OpCase Sample(Draw draw)
    {
        var (whole, starts, counts, steps) = SampleBox(draw);
        return new(new SliceOp(starts, counts, steps), draw.Uniform(whole));
    }

    /// <summary>Throws unless starts + k · steps, 0 ≤ k &lt; counts, are indexes of <paramref name="whole"/>.</summary>
    internal static void CheckPlaces(Op op, IReadOnlyList<TensorType> inputs, Shape whole, ValueList<int> starts, IReadOnlyList<int> counts, ValueList<int> steps)
    {
        if (starts.Count != whole.Rank || counts.Count != whole.Rank || steps.Count != whole.Rank)
            throw new ShapeException(op, inputs, $"{starts.Count} starts, {counts.Count} counts and {steps.Count} steps for the {whole.Rank} axes of {whole}", "Give one of each for every axis.");
        for (var axis = 0; axis < whole.Rank; axis++)
        {
            var (first, last) = (starts[axis], starts[axis] + (long)(counts[axis] - 1) * steps[axis]);
            if (steps[axis] == 0) throw new ShapeException(op, inputs, $"the step along axis {axis} is 0", "Use a step of 1 or more, or a negative one to go backwards.");
            if (counts[axis] < 0) throw new ShapeException(op, inputs, $"the count along axis {axis} is {counts[axis]}", "Use 0 or more.");
            if (counts[axis] > 0 && (Math.Min(first, last) < 0 || Math.Max(first, last) >= whole[axis]))
                throw new ShapeException(op, inputs, $"indexes {first} to {last} along axis {axis} do not lie within the extent {whole[axis]}", "Choose start, count and step inside the tensor.");
        }
    }

    /// <summary>Where in <paramref name="whole"/> each element of a box lies.</summary>
    internal static StridedIndex Places(Shape whole, Shape box, ValueList<int> starts, ValueList<int> steps)
    {
        var strides = whole.Strides();
        var offset = 0;
        for (var axis = 0; axis < strides.Length; axis++)
        {
            offset += starts[axis] * strides[axis];
            strides[axis] *= steps[axis];
        }
        return new(box, strides, offset);
    }

    /// <summary>A shape and a box inside it.</summary>
    internal static (Shape Whole, ValueList<int> Starts, ValueList<int> Counts, ValueList<int> Steps) SampleBox(Draw draw)
    {
        var rank = draw.Int(0, 4);
        int[] whole = new int[rank], starts = new int[rank], counts = new int[rank], steps = new int[rank];
        for (var axis = 0; axis < rank; axis++)
        {
            counts[axis] = draw.Int(1, 7);
            steps[axis] = draw.OneOf(1, 2, 3, -1, -2);
            var span = (counts[axis] - 1) * Math.Abs(steps[axis]) + 1;
            var before = draw.Int(0, 3);
            whole[axis] = before + span + draw.Int(0, 3);
            starts[axis] = steps[axis] > 0 ? before : before + span - 1;
        }
        return (new(whole), [.. starts], [.. counts], [.. steps]);
    }
}
