namespace Forge.Core.Ops;

/// <summary>What a comparison asks.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Comparison
{
    /// <summary>a &lt; b.</summary>
    Less,
    /// <summary>a ≤ b.</summary>
    LessEqual,
    /// <summary>a &gt; b.</summary>
    Greater,
    /// <summary>a ≥ b.</summary>
    GreaterEqual,
    /// <summary>a = b.</summary>
    Equal,
    /// <summary>a ≠ b.</summary>
    NotEqual,
}

/// <summary>1 where a comparison holds, else 0, with broadcasting: a u32 mask. With a NaN only <see cref="Comparison.NotEqual"/> holds.</summary>
/// <param name="Comparison">What is asked.</param>
/// <remarks>a, b f32, i32 or u32, of one dtype → u32. Not differentiable.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CompareOp(Comparison Comparison) : ElementwiseOp, ISampled
{
    public override string Glsl => Comparison switch
    {
        Comparison.Less => "a < b ? 1u : 0u",
        Comparison.LessEqual => "a <= b ? 1u : 0u",
        Comparison.Greater => "a > b ? 1u : 0u",
        Comparison.GreaterEqual => "a >= b ? 1u : 0u",
        Comparison.Equal => "a == b ? 1u : 0u",
        _ => "a != b ? 1u : 0u",
    };

    public override int Arity => 2;

    protected override DType Result(IReadOnlyList<TensorType> inputs)
    {
        inputs[1].MustBe(inputs[0].MustBeWords("a").DType, name: "b");
        return DType.U32;
    }

    public override double Apply(ReadOnlySpan<double> x) => Comparison switch
    {
        Comparison.Less => x[0] < x[1],
        Comparison.LessEqual => x[0] <= x[1],
        Comparison.Greater => x[0] > x[1],
        Comparison.GreaterEqual => x[0] >= x[1],
        Comparison.Equal => x[0] == x[1],
        _ => x[0] != x[1],
    } ? 1 : 0;

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null, null];

    // Small integers, so that equality is met often.
    public static OpCase Sample(Draw draw)
    {
        var (a, b) = Sampling.BroadcastPair(draw);
        var dtype = draw.OneOf(DType.F32, DType.I32, DType.U32);
        var low = dtype == DType.U32 ? 0 : -2;
        var comparison = draw.OneOf(Comparison.Less, Comparison.LessEqual, Comparison.Greater, Comparison.GreaterEqual, Comparison.Equal, Comparison.NotEqual);
        return new(new CompareOp(comparison), draw.Integers(a, dtype, low, 3), draw.Integers(b, dtype, low, 3));
    }
}
