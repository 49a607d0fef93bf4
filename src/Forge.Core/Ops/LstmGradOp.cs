using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of <see cref="LstmOp"/> from what it saved.</summary>
/// <param name="Reverse">As in the forward pass.</param>
/// <param name="HasMask">As in the forward pass.</param>
/// <param name="Flows">Into which outputs something flows.</param>
/// <remarks>
/// recurrent f32 (U,4U), saved f32 (N,T,U,6), flows, mask → dProjections f32 (N,T,4U), dh0 and dc0 f32 (N,U): see <see cref="RecurrentGradOp"/>.
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LstmGradOp(bool Reverse, bool HasMask, RecurrentFlows Flows) : RecurrentGradOp(Reverse, HasMask, Flows), ISampled
{
    public override int Gates => 4;

    public override bool HasCell => true;

    private protected override IReadOnlyList<int[]> Kept => [[6]];

    private protected override void Step(IReadOnlyList<ReferenceTensor> inputs, int place, Span<double> dh, Span<double> dcell, Span<double> dgates, Span<double> back)
    {
        var units = dh.Length;
        var saved = inputs[1].Elements.AsSpan(place * units * 6, units * 6);
        for (var u = 0; u < units; u++)
        {
            var (i, f, g, o, before, tanh) = (saved[u * 6], saved[u * 6 + 1], saved[u * 6 + 2], saved[u * 6 + 3], saved[u * 6 + 4], saved[u * 6 + 5]);
            var dc = dcell[u] + dh[u] * o * (1 - tanh * tanh);
            dgates[u] = dc * g * i * (1 - i);
            dgates[units + u] = dc * before * f * (1 - f);
            dgates[2 * units + u] = dc * i * (1 - g * g);
            dgates[3 * units + u] = dh[u] * tanh * o * (1 - o);
            (dh[u], dcell[u]) = (0, dc * f);
        }
    }

    private protected override (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Gates, IReadOnlyList<Tensor> Back) Step(Tensor recurrent, IReadOnlyList<Tensor> kept, Tensor dh, Tensor dcell)
    {
        var (i, f, g, o) = (Number(0), Number(1), Number(2), Number(3));
        var (before, tanh) = (Number(4), Number(5));
        var dc = dcell + new TanhGradOp().On(tanh, dh * o);
        Tensor[] dgates = [new SigmoidGradOp().On(i, dc * g), new SigmoidGradOp().On(f, dc * before), new TanhGradOp().On(g, dc * i), new SigmoidGradOp().On(o, dh * tanh)];
        return (dh.Graph.Full(dh.Type, 0), dc * f, dgates, dgates);

        Tensor Number(int which) => kept[0].SliceAxis(2, which, 1).Squeeze(2);
    }

    public static OpCase Sample(Draw draw)
    {
        var op = new LstmGradOp(draw.Bool(), draw.Bool(), DrawFlows(draw, hasCell: true));
        return op.Draw(draw, (shape, _) =>
        {
            var saved = draw.Uniform(shape);
            for (var i = 0; i < saved.Elements.Length; i++)
                if (i % 6 is 0 or 1 or 3) saved[i] = (float)(0.5 + 0.5 * saved[i]);
            return saved;
        });
    }
}
