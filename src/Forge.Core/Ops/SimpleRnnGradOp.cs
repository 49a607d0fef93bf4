using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of <see cref="SimpleRnnOp"/> from its states.</summary>
/// <param name="Activation">As in the forward pass.</param>
/// <param name="Reverse">As in the forward pass.</param>
/// <param name="HasMask">As in the forward pass.</param>
/// <param name="Flows">Into which outputs something flows.</param>
/// <remarks>recurrent f32 (U,U), states f32 (N,T,U), flows, mask → dProjections f32 (N,T,U), dh0 f32 (N,U): see <see cref="RecurrentGradOp"/>.</remarks>
/// <exception cref="ShapeException">The shapes do not fit each other.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SimpleRnnGradOp(ActivationKind Activation, bool Reverse, bool HasMask, RecurrentFlows Flows) : RecurrentGradOp(Reverse, HasMask, Flows), ISampled
{
    public override int Gates => 1;

    private protected override IReadOnlyList<int[]> Kept => [[]];

    private protected override void Step(IReadOnlyList<ReferenceTensor> inputs, int place, Span<double> dh, Span<double> dcell, Span<double> dgates, Span<double> back)
    {
        var h = inputs[1].Elements.AsSpan(place * dh.Length, dh.Length);
        for (var u = 0; u < dh.Length; u++)
            (dgates[u], dh[u]) = (Activation == ActivationKind.Tanh ? (1 - h[u] * h[u]) * dh[u] : h[u] > 0 ? dh[u] : 0, 0);
    }

    private protected override (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Gates, IReadOnlyList<Tensor> Back) Step(Tensor recurrent, IReadOnlyList<Tensor> kept, Tensor dh, Tensor dcell)
    {
        var dsum = Activation == ActivationKind.Tanh ? new TanhGradOp().On(kept[0], dh) : new ReluGradOp().On(kept[0], dh);
        return (dh.Graph.Full(dh.Type, 0), null, [dsum], [dsum]);
    }

    // States of a ReLU stay away from 0, where its slope jumps.
    public static OpCase Sample(Draw draw)
    {
        var op = new SimpleRnnGradOp(draw.OneOf(ActivationKind.Tanh, ActivationKind.Relu), draw.Bool(), draw.Bool(), DrawFlows(draw, hasCell: false));
        return op.Draw(draw, (shape, _) =>
        {
            var states = draw.Uniform(shape);
            foreach (ref var value in states.Elements.AsSpan()) value = (float)(0.9 * value + (value < 0 ? -0.1 : 0.1));
            return states;
        });
    }
}
