using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Long short-term memory, step by step: cell = f · cell + i · g, h = o · tanh(cell), with i, f, o the sigmoids and g the tanh of projection + h · recurrent.</summary>
/// <param name="Reverse">Whether time runs backwards.</param>
/// <param name="HasMask">Whether there is a mask.</param>
/// <param name="Saves">Whether the gradient's inputs are outputs too.</param>
/// <remarks>
/// projections f32 (N,T,4U), recurrent f32 (U,4U), both with the gates in the order i, f, g, o, h0 and c0 f32 (N,U), mask u32 (N,T) → states, last, lastCell, and
/// where saved, previous and saved (N,T,U,6), which has i, f, g, o, the cell before and the tanh of the cell after: see <see cref="RecurrentOp"/>.
/// Source: Keras 3 LSTM.
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LstmOp(bool Reverse = false, bool HasMask = false, bool Saves = true) : RecurrentOp(Reverse, HasMask, Saves), ISampled
{
    public override int Gates => 4;

    public override int SavedNumbers => 6;

    public override bool HasCell => true;

    private protected override void Step(ReadOnlySpan<double> projection, ReferenceTensor recurrent, ReadOnlySpan<double> bias, Span<double> h, Span<double> cell, Span<double> saved)
    {
        var (sums, units) = (projection.ToArray(), h.Length);
        Sequence.Multiply(h, recurrent, 0, sums);
        for (var u = 0; u < units; u++)
        {
            var (i, f) = (Sequence.Sigmoid(sums[u]), Sequence.Sigmoid(sums[units + u]));
            var (g, o) = (Math.Tanh(sums[2 * units + u]), Sequence.Sigmoid(sums[3 * units + u]));
            var before = cell[u];
            cell[u] = f * before + i * g;
            var tanh = Math.Tanh(cell[u]);
            h[u] = o * tanh;
            ((ReadOnlySpan<double>)[i, f, g, o, before, tanh]).CopyTo(saved[(u * 6)..]);
        }
    }

    private protected override (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Saved) Step(Tensor projection, Tensor recurrent, Tensor? kept, Tensor? bias, Tensor h, Tensor? cell)
    {
        var (sums, units) = (projection + Sequence.Product(h, recurrent, kept, 0, 4), recurrent.Shape[0]);
        var (i, f) = (Sequence.Gate(sums, 0, units).Sigmoid(), Sequence.Gate(sums, 1, units).Sigmoid());
        var (g, o) = (Sequence.Gate(sums, 2, units).Tanh(), Sequence.Gate(sums, 3, units).Sigmoid());
        var after = f * cell! + i * g;
        var tanh = after.Tanh();
        return (o * tanh, after, [i, f, g, o, cell!, tanh]);
    }

    private protected override IReadOnlyList<Tensor?> Back(Node node, IReadOnlyList<Tensor> outputs, RecurrentFlows kinds, IReadOnlyList<Tensor> flows)
    {
        var back = node.Graph.Add(new LstmGradOp(Reverse, HasMask, kinds) { IsFused = IsFused }, [node.Inputs[1], outputs[4], .. flows]).Outputs;
        return [back[0], OverSteps(outputs[3], back[0]), back[1], back[2], .. HasMask ? (Tensor?[])[null] : []];
    }

    public static OpCase Sample(Draw draw) => new LstmOp(draw.Bool(), draw.Bool(), draw.Bool()).Draw(draw);
}
