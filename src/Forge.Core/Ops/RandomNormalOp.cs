namespace Forge.Core.Ops;

/// <summary>Normal numbers by Box and Muller: mean + deviation · √(−2 ln u) · (cos 2πv, sin 2πv).</summary>
/// <param name="Shape">The shape of the result.</param>
/// <param name="Stream">Which stream of the graph.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation.</param>
/// <remarks>
/// seed low, seed high, step u32 () → y f32. Words 0 and 1 of a block make its elements 0 and 1, words 2 and 3 the others:
/// u = (⌊w/2⁸⌋ + 1) · 2⁻²⁴ in (0, 1], v = ⌊w′/2⁸⌋ · 2⁻²⁴ in [0, 1). No number is further than 5.77 deviations from the mean. Not differentiable.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RandomNormalOp(Shape Shape, int Stream, float Mean, float Deviation) : RandomOp(Shape, Stream), ISampled
{
    protected override void Make(PhiloxBlock words, Span<double> elements)
    {
        for (var i = 0; i < 4; i += 2)
        {
            var radius = Deviation * Math.Sqrt(-2 * Math.Log(((words[i] >> 8) + 1) * (1.0 / (1 << 24))));
            var (sin, cos) = Math.SinCos(2 * Math.PI * Philox.ToUnitFloat(words[i + 1]));
            (elements[i], elements[i + 1]) = (Mean + radius * cos, Mean + radius * sin);
        }
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 25);

    public static OpCase Sample(Draw draw) => new(
        new RandomNormalOp(draw.Shape(draw.Int(0, 3)), draw.Int(0, 99), draw.OneOf(0, -1f), draw.OneOf(1f, 0.5f)), GraphRandom.SampleKey(draw));
}
