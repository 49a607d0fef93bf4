using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>
/// An op that computes each output element from the elements at the same place of its broadcast inputs. Its file is all there is:
/// <see cref="Glsl"/> goes into the hand-written template shaders/Elementwise.comp, alone or in a fused chain.
/// </summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record ElementwiseOp : Op
{
    /// <summary>A GLSL expression over a, b, c, …: the inputs in order, each of its own type. Functions of include/math.glsl may be called.</summary>
    public abstract string Glsl { get; }

    /// <summary>The number of inputs.</summary>
    public abstract int Arity { get; }

    /// <summary>The value of one element, in fp64.</summary>
    public abstract double Apply(ReadOnlySpan<double> x);

    /// <summary>The output's dtype; throws where the inputs' dtypes do not fit. All f32 unless overridden.</summary>
    protected virtual DType Result(IReadOnlyList<TensorType> inputs)
    {
        for (var i = 0; i < inputs.Count; i++) inputs[i].MustBe(DType.F32, name: $"input {i}");
        return DType.F32;
    }

    /// <summary>Floating-point operations for one element, as the roofline counts them.</summary>
    public virtual double FlopsPerElement => 1;

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != Arity) throw new ShapeException($"{Name} takes {Arity} inputs, not {inputs.Count}.");
        return [new(Result(inputs), inputs.Select(i => i.Shape).Aggregate(Shape.Broadcast))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var y = outputs[0];
        var indexes = inputs.Select(x => new BroadcastIndex(x.Shape, y.Shape)).ToArray();
        Span<double> values = stackalloc double[inputs.Count];
        for (var i = 0; i < y.Elements.Length; i++)
        {
            for (var k = 0; k < values.Length; k++) values[k] = inputs[k][indexes[k].At(i)];
            y[i] = Apply(values);
        }
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, FlopsPerElement);

    public override bool MayWriteOver(int output, int input) => true;
}

/// <summary>Maps a flat index of a broadcast shape to the flat index of a source that is stretched to it.</summary>
/// <threadsafety>Immutable.</threadsafety>
public readonly struct BroadcastIndex(Shape source, Shape target)
{
    private readonly bool _same = source.Equals(target);
    private readonly int[] _strides = source.BroadcastStrides(target);
    private readonly int[] _extents = [.. target];

    /// <summary>The source's index for the target's index.</summary>
    public int At(int index)
    {
        if (_same) return index;
        var at = 0;
        for (var axis = _extents.Length - 1; axis >= 0; axis--)
        {
            at += index % _extents[axis] * _strides[axis];
            index /= _extents[axis];
        }
        return at;
    }
}
