namespace Forge.Core.Ops;

/// <summary>A step of stochastic gradient descent, with or without momentum.</summary>
/// <param name="Momentum">μ; 0 keeps no velocity.</param>
/// <param name="Nesterov">Whether the step looks ahead along the velocity; needs momentum.</param>
/// <param name="Form">Whose formula.</param>
/// <param name="Decay">Weight decay; Keras takes rate · decay · w off the weight, PyTorch adds decay · w to the gradient.</param>
/// <remarks>
/// <para>No momentum: w ← w − rate · g.</para>
/// <para>Keras: v ← μ v − rate · g; w ← w + v, or with Nesterov w + μ v − rate · g.</para>
/// <para>PyTorch: v ← μ v + g; w ← w − rate · v, or with Nesterov w − rate · (g + μ v).</para>
/// <para>They differ once the rate changes: Keras's velocity remembers the rate of its time. Scalars: rate.
/// Source: keras/src/optimizers/sgd.py; torch/optim/sgd.py, dampening 0.</para>
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SgdUpdateOp(float Momentum, bool Nesterov, UpdateForm Form, float Decay) : UpdateOp, ISampled
{
    /// <summary>Whether the step looks ahead along the velocity.</summary>
    public bool Nesterov { get; } = !Nesterov || Momentum > 0 ? Nesterov : throw new ShapeException("SgdUpdate: Nesterov needs a momentum above 0.");

    public override IReadOnlyList<string> Slots => Momentum == 0 ? [] : ["velocity"];

    protected override double FlopsPerElement => Momentum == 0 ? 3 : 6;

    protected override void Update(ref double w, double g, Span<double> slots, ReadOnlySpan<double> scalars)
    {
        var rate = scalars[0];
        if (Form == UpdateForm.Keras) w -= rate * Decay * w;
        else g += Decay * w;
        if (Momentum == 0)
        {
            w -= rate * g;
            return;
        }
        ref var v = ref slots[0];
        if (Form == UpdateForm.Keras)
        {
            v = Momentum * v - rate * g;
            w += Nesterov ? Momentum * v - rate * g : v;
        }
        else
        {
            v = Momentum * v + g;
            w -= rate * (Nesterov ? g + Momentum * v : v);
        }
    }

    public static OpCase Sample(Draw draw)
    {
        var momentum = draw.OneOf(0, 0.9f);
        return SampleOf(draw, new SgdUpdateOp(momentum, momentum > 0 && draw.Bool(), draw.OneOf(UpdateForm.Keras, UpdateForm.PyTorch), draw.OneOf(0, 0.1f)), 0.1);
    }
}
