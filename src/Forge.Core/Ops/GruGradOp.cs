using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of <see cref="GruOp"/> from what it saved.</summary>
/// <param name="ResetAfter">As in the forward pass.</param>
/// <param name="Reverse">As in the forward pass.</param>
/// <param name="HasMask">As in the forward pass.</param>
/// <param name="Flows">Into which outputs something flows.</param>
/// <remarks>
/// recurrent f32 (U,3U), previous f32 (N,T,U), saved f32 (N,T,U,4), flows, mask → dProjections f32 (N,T,3U), dh0 f32 (N,U), and where r is applied after the
/// product, what flows into that product and its bias, f32 (N,T,3U): see <see cref="RecurrentGradOp"/>.
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GruGradOp(bool ResetAfter, bool Reverse, bool HasMask, RecurrentFlows Flows) : RecurrentGradOp(Reverse, HasMask, Flows), ISampled
{
    public override int Gates => 3;

    public override bool HasRecurrentFlow => ResetAfter;

    private protected override int GatesBack => ResetAfter ? 3 : 2;

    private protected override IReadOnlyList<int[]> Kept => [[], [4]];

    private protected override void Step(IReadOnlyList<ReferenceTensor> inputs, int place, Span<double> dh, Span<double> dcell, Span<double> dgates, Span<double> back)
    {
        var units = dh.Length;
        var previous = inputs[1].Elements.AsSpan(place * units, units);
        var saved = inputs[2].Elements.AsSpan(place * units * 4, units * 4);
        for (var u = 0; u < units; u++)
        {
            var (z, candidate) = (saved[u * 4], saved[u * 4 + 2]);
            dgates[u] = dh[u] * (previous[u] - candidate) * z * (1 - z);
            dgates[2 * units + u] = dh[u] * (1 - z) * (1 - candidate * candidate);
            dh[u] *= z;
        }
        // What flows into the recurrent part where r meets it: r's product there, or r · h.
        var reset = new double[units];
        if (!ResetAfter) Sequence.MultiplyBack(dgates[(2 * units)..], inputs[0], 2 * units, reset);
        for (var u = 0; u < units; u++)
        {
            var (r, dcandidate) = (saved[u * 4 + 1], dgates[2 * units + u]);
            dgates[units + u] = (ResetAfter ? dcandidate * saved[u * 4 + 3] : reset[u] * previous[u]) * r * (1 - r);
            if (ResetAfter) (back[u], back[units + u], back[2 * units + u]) = (dgates[u], dgates[units + u], dcandidate * r);
            else dh[u] += reset[u] * r;
        }
    }

    private protected override (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Gates, IReadOnlyList<Tensor> Back) Step(Tensor recurrent, IReadOnlyList<Tensor> kept, Tensor dh, Tensor dcell)
    {
        var (previous, units) = (kept[0], recurrent.Shape[0]);
        var (z, r, candidate, reset) = (Number(0), Number(1), Number(2), Number(3));
        var dz = new SigmoidGradOp().On(z, dh * (previous - candidate));
        var dcandidate = new TanhGradOp().On(candidate, dh * (1f - z));
        if (ResetAfter)
        {
            var dr = new SigmoidGradOp().On(r, dcandidate * reset);
            return (dh * z, null, [dz, dr, dcandidate], [dz, dr, dcandidate * r]);
        }
        var dreset = dcandidate.MatMul(Sequence.Gate(recurrent, 2, units), transposeOther: true);
        Tensor[] dgates = [dz, new SigmoidGradOp().On(r, dreset * previous), dcandidate];
        return (dh * z + dreset * r, null, dgates, dgates);

        Tensor Number(int which) => kept[1].SliceAxis(2, which, 1).Squeeze(2);
    }

    public static OpCase Sample(Draw draw)
    {
        var op = new GruGradOp(!draw.Bool(), draw.Bool(), draw.Bool(), DrawFlows(draw, hasCell: false));
        return op.Draw(draw, (shape, which) =>
        {
            var kept = draw.Uniform(shape);
            if (which == 1)
                for (var i = 0; i < kept.Elements.Length; i++)
                    if (i % 4 < 2) kept[i] = (float)(0.5 + 0.5 * kept[i]);
            return kept;
        });
    }
}
