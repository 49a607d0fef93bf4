namespace Forge.Core.Ops;

/// <summary>Random words, uniform over all 2^32 values.</summary>
/// <param name="Shape">The shape of the result.</param>
/// <param name="Stream">Which stream of the graph.</param>
/// <remarks>seed low, seed high, step u32 () → y u32. Not differentiable.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RandomBitsOp(Shape Shape, int Stream) : RandomOp(Shape, Stream), ISampled
{
    protected override DType DType => DType.U32;

    protected override void Make(PhiloxBlock words, Span<double> elements)
    {
        for (var i = 0; i < 4; i++) elements[i] = words[i];
    }

    public static OpCase Sample(Draw draw) => new(new RandomBitsOp(draw.Shape(draw.Int(0, 3)), draw.Int(0, 99)), GraphRandom.SampleKey(draw));
}
