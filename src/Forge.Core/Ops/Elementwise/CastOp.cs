namespace Forge.Core.Ops;

/// <summary>x as another of f32, i32 and u32.</summary>
/// <param name="To">The dtype of the result.</param>
/// <remarks>
/// To an integer: truncated towards 0, then clamped to what the dtype holds; a NaN gives 0. To f32: rounded to nearest.
/// Not differentiable. Types smaller than a word have ops of their own: <see cref="FromBytesOp"/>, <see cref="ToBytesOp"/>, <see cref="NarrowOp"/>, <see cref="WidenOp"/>.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CastOp(DType To) : ElementwiseOp, ISampled
{
    public override string Glsl => To switch
    {
        DType.F32 => "float(a)",
        DType.I32 => "toInt(a)",
        _ => "toUint(a)",
    };

    public override int Arity => 1;

    protected override DType Result(IReadOnlyList<TensorType> inputs)
    {
        inputs[0].MustBeWords();
        return new TensorType(To, Shape.Scalar).MustBeWords("the result").DType;
    }

    public override double Apply(ReadOnlySpan<double> x) => To switch
    {
        DType.F32 => x[0],
        _ when double.IsNaN(x[0]) => 0,
        DType.I32 => Math.Clamp(Math.Truncate(x[0]), int.MinValue, int.MaxValue),
        _ => Math.Clamp(Math.Truncate(x[0]), 0, uint.MaxValue),
    };

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

    public static OpCase Sample(Draw draw)
    {
        var (from, to) = draw.OneOf((DType.F32, DType.I32), (DType.F32, DType.U32), (DType.I32, DType.F32), (DType.U32, DType.F32), (DType.I32, DType.U32), (DType.U32, DType.I32));
        var shape = draw.Shape(draw.Int(0, 3));
        return new(new CastOp(to), from switch
        {
            DType.F32 => draw.Uniform(shape, -1e10, 1e10),
            DType.I32 => draw.Integers(shape, from, int.MinValue, int.MaxValue),
            _ => draw.Integers(shape, from, 0, uint.MaxValue),
        });
    }
}
