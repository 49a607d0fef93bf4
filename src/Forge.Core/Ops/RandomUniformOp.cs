namespace Forge.Core.Ops;

/// <summary>low + (high − low) · u, with u a multiple of 2⁻²⁴ uniform in [0, 1).</summary>
/// <param name="Shape">The shape of the result.</param>
/// <param name="Stream">Which stream of the graph.</param>
/// <param name="Low">The least number.</param>
/// <param name="High">What numbers stay below, but for rounding.</param>
/// <remarks>seed low, seed high, step u32 () → y f32. Not differentiable.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RandomUniformOp(Shape Shape, int Stream, float Low, float High) : RandomOp(Shape, Stream), ISampled
{
    protected override void Make(PhiloxBlock words, Span<double> elements)
    {
        for (var i = 0; i < 4; i++) elements[i] = Low + (High - Low) * (double)Philox.ToUnitFloat(words[i]);
    }

    public static OpCase Sample(Draw draw) => new(
        new RandomUniformOp(draw.Shape(draw.Int(0, 3)), draw.Int(0, 99), draw.OneOf(0, -1f), draw.OneOf(1f, 0.5f)), GraphRandom.SampleKey(draw));
}
