using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Gated recurrent units, step by step: h = z · h + (1 − z) · candidate, with z and r the sigmoids of projection + h · recurrent, and the candidate a tanh.</summary>
/// <param name="ResetAfter">
/// Where r is applied. After the product, as Keras and PyTorch do by default: candidate = tanh(projection + r · (h · recurrent + bias)), and z and r have that
/// bias too. Before it otherwise: candidate = tanh(projection + (r · h) · recurrent), without a recurrent bias.
/// </param>
/// <param name="Reverse">Whether time runs backwards.</param>
/// <param name="HasMask">Whether there is a mask.</param>
/// <param name="Saves">Whether the gradient's inputs are outputs too.</param>
/// <remarks>
/// projections f32 (N,T,3U), recurrent f32 (U,3U), both with the gates in the order z, r, candidate, h0 f32 (N,U), the recurrent bias f32 (3U) if r is applied
/// after, mask u32 (N,T) → states, last, and where saved, previous and saved (N,T,U,4), which has z, r, the candidate and what r makes of the recurrent
/// part: h · recurrent + bias before r multiplies it, or else r · h. See <see cref="RecurrentOp"/>. Source: Keras 3 GRU.
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GruOp(bool ResetAfter = true, bool Reverse = false, bool HasMask = false, bool Saves = true) : RecurrentOp(Reverse, HasMask, Saves), ISampled
{
    public override int Gates => 3;

    public override int SavedNumbers => 4;

    public override bool HasRecurrentBias => ResetAfter;

    private protected override void Step(ReadOnlySpan<double> projection, ReferenceTensor recurrent, ReadOnlySpan<double> bias, Span<double> h, Span<double> cell, Span<double> saved)
    {
        var units = h.Length;
        double[] sums = ResetAfter ? bias.ToArray() : new double[3 * units], reset = new double[units], candidates = new double[units];
        Sequence.Multiply(h, recurrent, 0, sums.AsSpan(0, (ResetAfter ? 3 : 2) * units));
        for (var u = 0; u < units; u++)
        {
            var (z, r) = (Sequence.Sigmoid(projection[u] + sums[u]), Sequence.Sigmoid(projection[units + u] + sums[units + u]));
            reset[u] = ResetAfter ? sums[2 * units + u] : r * h[u];
            (saved[u * 4], saved[u * 4 + 1], saved[u * 4 + 3], candidates[u]) = (z, r, reset[u], r * reset[u]);
        }
        if (!ResetAfter)
        {
            candidates.AsSpan().Clear();
            Sequence.Multiply(reset, recurrent, 2 * units, candidates);
        }
        for (var u = 0; u < units; u++)
        {
            var candidate = saved[u * 4 + 2] = Math.Tanh(projection[2 * units + u] + candidates[u]);
            h[u] = saved[u * 4] * h[u] + (1 - saved[u * 4]) * candidate;
        }
    }

    private protected override (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Saved) Step(Tensor projection, Tensor recurrent, Tensor? kept, Tensor? bias, Tensor h, Tensor? cell)
    {
        var units = recurrent.Shape[0];
        var sums = ResetAfter ? Sequence.Product(h, recurrent, kept, 0, 3) + bias! : Sequence.Product(h, recurrent, kept, 0, 2);
        var z = (Sequence.Gate(projection, 0, units) + Sequence.Gate(sums, 0, units)).Sigmoid();
        var r = (Sequence.Gate(projection, 1, units) + Sequence.Gate(sums, 1, units)).Sigmoid();
        var reset = ResetAfter ? Sequence.Gate(sums, 2, units) : r * h;
        var candidate = (Sequence.Gate(projection, 2, units) + (ResetAfter ? r * reset : Sequence.Product(reset, recurrent, kept, 2, 1))).Tanh();
        return (z * h + (1f - z) * candidate, null, [z, r, candidate, reset]);
    }

    private protected override IReadOnlyList<Tensor?> Back(Node node, IReadOnlyList<Tensor> outputs, RecurrentFlows kinds, IReadOnlyList<Tensor> flows)
    {
        var (previous, saved, units) = (outputs[2], outputs[3], node.Inputs[1].Shape[0]);
        var back = node.Graph.Add(new GruGradOp(ResetAfter, Reverse, HasMask, kinds) { IsFused = IsFused }, [node.Inputs[1], previous, saved, .. flows]).Outputs;
        Tensor?[] mask = HasMask ? [null] : [];
        if (ResetAfter) return [back[0], OverSteps(previous, back[2]), back[1], back[2].Reshape(-1, 3 * units).Sum([0]), .. mask];
        var ofGates = OverSteps(previous, back[0].SliceAxis(2, 0, 2 * units));
        var ofCandidate = OverSteps(saved.SliceAxis(3, 3, 1).Squeeze(3), back[0].SliceAxis(2, 2 * units, units));
        return [back[0], Tensor.Concat(1, ofGates, ofCandidate), back[1], .. mask];
    }

    public static OpCase Sample(Draw draw) => new GruOp(!draw.Bool(), draw.Bool(), draw.Bool(), draw.Bool()).Draw(draw);
}
