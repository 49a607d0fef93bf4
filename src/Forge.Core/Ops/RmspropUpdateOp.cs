namespace Forge.Core.Ops;

/// <summary>A step of RMSprop.</summary>
/// <param name="Rho">The share of the mean square that is kept. Keras: 0.9, PyTorch: 0.99.</param>
/// <param name="Momentum">μ; 0 keeps no velocity.</param>
/// <param name="Epsilon">More than 0. Keras: 1e-7, PyTorch: 1e-8.</param>
/// <param name="Centered">Whether the mean gradient's square is taken off the mean square.</param>
/// <param name="Form">Where epsilon and the rate go.</param>
/// <param name="Decay">Weight decay; Keras takes rate · decay · w off the weight, PyTorch adds decay · w to the gradient.</param>
/// <remarks>
/// <para>s ← ρ s + (1 − ρ) g²; centred also a ← ρ a + (1 − ρ) g and d = max(s − a², 0), else d = s.</para>
/// <para>Keras: u = rate · g / √(d + epsilon); w ← w − u, or with momentum v ← μ v + u; w ← w − v.</para>
/// <para>PyTorch: u = g / (√d + epsilon); w ← w − rate · u, or with momentum v ← μ v + u; w ← w − rate · v.</para>
/// <para>Slots: square, then mean when centred, then velocity with momentum. Scalars: rate.
/// Source: keras/src/optimizers/rmsprop.py; torch/optim/rmsprop.py.</para>
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RmspropUpdateOp(float Rho, float Momentum, float Epsilon, bool Centered, UpdateForm Form, float Decay) : UpdateOp, ISampled
{
    /// <summary>Keeps the quotient finite where the gradient has been 0.</summary>
    public float Epsilon { get; } = Epsilon > 0 ? Epsilon : throw new ShapeException($"RmspropUpdate: epsilon {Epsilon} must be more than 0, or weights without a gradient become NaN.");

    public override IReadOnlyList<string> Slots => (Centered, Momentum == 0) switch
    {
        (false, true) => ["square"],
        (true, true) => ["square", "mean"],
        (false, false) => ["square", "velocity"],
        (true, false) => ["square", "mean", "velocity"],
    };

    protected override double FlopsPerElement => 8 + (Centered ? 4 : 0) + (Momentum == 0 ? 0 : 2);

    protected override void Update(ref double w, double g, Span<double> slots, ReadOnlySpan<double> scalars)
    {
        var rate = scalars[0];
        if (Form == UpdateForm.Keras) w -= rate * Decay * w;
        else g += Decay * w;
        var spread = slots[0] = Rho * slots[0] + (1 - Rho) * g * g;
        if (Centered)
        {
            slots[1] = Rho * slots[1] + (1 - Rho) * g;
            spread = Math.Max(spread - slots[1] * slots[1], 0);
        }
        var step = Form == UpdateForm.Keras ? rate * g / Math.Sqrt(spread + Epsilon) : g / (Math.Sqrt(spread) + Epsilon);
        if (Momentum != 0) step = slots[^1] = Momentum * slots[^1] + step;
        w -= Form == UpdateForm.Keras ? step : rate * step;
    }

    // The mean square is 1 to 2 and the mean within ±1: their difference does not cancel.
    public static OpCase Sample(Draw draw) => SampleOf(draw, new RmspropUpdateOp(draw.OneOf(0.9f, 0.99f), draw.OneOf(0, 0.9f), draw.OneOf(1e-7f, 1e-2f),
        draw.Bool(), draw.OneOf(UpdateForm.Keras, UpdateForm.PyTorch), draw.OneOf(0, 0.1f)), 0.01);
}
