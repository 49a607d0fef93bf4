namespace Forge.Core.Ops;

/// <summary>A step of Adam, or with decay of AdamW.</summary>
/// <param name="Beta1">The share of the first moment that is kept. Default 0.9.</param>
/// <param name="Beta2">The share of the second moment that is kept. Default 0.999.</param>
/// <param name="Epsilon">More than 0. Keras: 1e-7, PyTorch: 1e-8.</param>
/// <param name="Form">Where epsilon goes.</param>
/// <param name="Decay">Decoupled weight decay: rate · decay · w is taken off the weight first. 0 for plain Adam.</param>
/// <remarks>
/// <para>m ← m + (g − m)(1 − β₁); v ← v + (g² − v)(1 − β₂). With c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ at step t = 1, 2, …:</para>
/// <para>Keras: w ← w − rate · √c₂ / c₁ · m / (√v + epsilon). PyTorch: w ← w − rate / c₁ · m / (√v / √c₂ + epsilon).</para>
/// <para>Slots: moment, square. Scalars: rate, c₁, c₂, which the host works out in fp64.
/// Source: keras/src/optimizers/adam.py, adamw.py; torch/optim/adam.py, adamw.py.</para>
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record AdamUpdateOp(float Beta1, float Beta2, float Epsilon, UpdateForm Form, float Decay) : UpdateOp, ISampled
{
    /// <summary>Keeps the quotient finite where the gradient has been 0.</summary>
    public float Epsilon { get; } = Epsilon > 0 ? Epsilon : throw new ShapeException($"AdamUpdate: epsilon {Epsilon} must be more than 0, or weights without a gradient become NaN.");

    public override IReadOnlyList<string> Slots => ["moment", "square"];

    public override IReadOnlyList<string> Scalars => ["rate", "1 - beta1^t", "1 - beta2^t"];

    protected override double FlopsPerElement => 14;

    protected override void Update(ref double w, double g, Span<double> slots, ReadOnlySpan<double> scalars)
    {
        var (rate, c1, c2) = (scalars[0], scalars[1], scalars[2]);
        ref var m = ref slots[0];
        ref var v = ref slots[1];
        w -= rate * Decay * w;
        m += (g - m) * (1 - Beta1);
        v += (g * g - v) * (1 - Beta2);
        w -= Form == UpdateForm.Keras
            ? rate * Math.Sqrt(c2) / c1 * m / (Math.Sqrt(v) + Epsilon)
            : rate / c1 * m / (Math.Sqrt(v) / Math.Sqrt(c2) + Epsilon);
    }

    public static OpCase Sample(Draw draw)
    {
        var step = draw.Int(1, 100);
        return SampleOf(draw, new AdamUpdateOp(0.9f, 0.999f, draw.OneOf(1e-7f, 1e-2f), draw.OneOf(UpdateForm.Keras, UpdateForm.PyTorch), draw.OneOf(0, 0.1f)),
            0.01, 1 - Math.Pow(0.9, step), 1 - Math.Pow(0.999, step));
    }
}
