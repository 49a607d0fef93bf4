using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>h = f(projection + h · recurrent), step by step: the recurrent cell as the article has it.</summary>
/// <param name="Activation">f: Tanh or Relu.</param>
/// <param name="Reverse">Whether time runs backwards.</param>
/// <param name="HasMask">Whether there is a mask.</param>
/// <param name="Saves">Whether the gradient's inputs are outputs too.</param>
/// <remarks>
/// projections f32 (N,T,U), recurrent f32 (U,U), h0 f32 (N,U), mask u32 (N,T) → states, last, and where saved, previous: see <see cref="RecurrentOp"/>.
/// Source: Keras 3 SimpleRNN.
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or the activation is another one.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SimpleRnnOp(ActivationKind Activation, bool Reverse = false, bool HasMask = false, bool Saves = true) : RecurrentOp(Reverse, HasMask, Saves), ISampled
{
    /// <summary>f.</summary>
    public ActivationKind Activation { get; } = Activation is ActivationKind.Tanh or ActivationKind.Relu ? Activation
        : throw new ShapeException($"SimpleRnn: the activation is {Activation}, but must be Tanh or Relu.");

    public override int Gates => 1;

    public override int SavedNumbers => 0;

    private protected override void Step(ReadOnlySpan<double> projection, ReferenceTensor recurrent, ReadOnlySpan<double> bias, Span<double> h, Span<double> cell, Span<double> saved)
    {
        var sums = projection.ToArray();
        Sequence.Multiply(h, recurrent, 0, sums);
        for (var u = 0; u < h.Length; u++) h[u] = new Epilogue(false, Activation).Apply(sums[u]);
    }

    private protected override (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Saved) Step(Tensor projection, Tensor recurrent, Tensor? kept, Tensor? bias, Tensor h, Tensor? cell)
    {
        var sums = projection + Sequence.Product(h, recurrent, kept, 0, 1);
        return (Activation == ActivationKind.Tanh ? sums.Tanh() : sums.Relu(), null, []);
    }

    private protected override IReadOnlyList<Tensor?> Back(Node node, IReadOnlyList<Tensor> outputs, RecurrentFlows kinds, IReadOnlyList<Tensor> flows)
    {
        var back = node.Graph.Add(new SimpleRnnGradOp(Activation, Reverse, HasMask, kinds) { IsFused = IsFused }, [node.Inputs[1], outputs[0], .. flows]).Outputs;
        return [back[0], OverSteps(outputs[2], back[0]), back[1], .. HasMask ? (Tensor?[])[null] : []];
    }

    // A ReLU's sums stay away from its kink, where a finite difference means nothing, and its states do not grow.
    public static OpCase Sample(Draw draw)
    {
        var drawn = new SimpleRnnOp(draw.OneOf(ActivationKind.Tanh, ActivationKind.Relu), draw.Bool(), draw.Bool(), draw.Bool()).Draw(draw);
        if (drawn.Op is SimpleRnnOp { Activation: ActivationKind.Tanh }) return drawn;
        foreach (ref var value in drawn.Inputs[0].Elements.AsSpan()) value = (float)(value < 0 ? value / 4 - 0.5 : value / 4 + 0.5);
        foreach (ref var value in drawn.Inputs[1].Elements.AsSpan()) value = (float)(value * 0.2 / Math.Sqrt(drawn.Inputs[1].Shape[0]));
        return drawn;
    }
}
