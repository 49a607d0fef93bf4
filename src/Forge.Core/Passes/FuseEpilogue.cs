using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Has products and convolutions add their bias and apply their activation before they store: two passes over memory less.</summary>
/// <remarks>Only where the sum (and the biased sum) is read by nothing else. VJPs read an activation's output, so training allows it too.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed class FuseEpilogue : IPass
{
    /// <inheritdoc/>
    public string Name => "fuse epilogue";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var uses = traced.UseCounts();
        return traced.Rewrite(at => at.Node.Op switch
        {
            AddOp => Biased(at, 0) ?? Biased(at, 1),
            ReluGradOp => Gated(at),
            ElementwiseOp when at.Inputs.Count == 1 => Activated(at),
            _ => null,
        });

        IReadOnlyList<Tensor>? Biased(Rewriting at, int sum)
        {
            var (made, bias) = (at.Inputs[sum].Node, at.Inputs[1 - sum]);
            if (uses[at.Node.Inputs[sum]] != 1 || EpilogueOf(made.Op) is not { IsNone: true }) return null;
            var type = at.Node.Outputs[0].Type;
            if (at.Inputs[sum].Type != type || bias.Type.Count != type.Shape[-1] || bias.Shape.Rank == 0 || bias.Shape[-1] != type.Shape[-1]) return null;
            var op = With(made.Op, new Epilogue(HasBias: true));
            return at.Graph.Add(op, [.. made.Inputs, bias.Reshape(new Shape(bias.Type.Count))]).Outputs;
        }

        // The gate is a gradient's: it pays where a dispatch costs more than the traffic it saves.
        IReadOnlyList<Tensor>? Gated(Rewriting at)
        {
            var (gate, sum) = (at.Inputs[0], at.Inputs[1]);
            if (uses[at.Node.Inputs[1]] != 1 || gate.Type != sum.Type || sum.Node.Op is not MatMulOp { WithColumnSums: false, Epilogue.IsNone: true } product) return null;
            var types = sum.Node.InputTypes;
            if (product.Cost(types, sum.Node.OutputTypes).Flops > MatMulOp.SmallFlops) return null;
            return at.Graph.Add(product with { Epilogue = new(HasBias: false, IsGated: true) }, [.. sum.Node.Inputs, gate]).Outputs;
        }

        IReadOnlyList<Tensor>? Activated(Rewriting at)
        {
            var sum = at.Inputs[0];
            if (uses[at.Node.Inputs[0]] != 1 || EpilogueOf(sum.Node.Op) is not { Activation: ActivationKind.None, IsGated: false } epilogue) return null;
            if (ActivationOf(at.Node.Op) is not { } activation) return null;
            var op = With(sum.Node.Op, epilogue with { Activation = activation.Kind, Slope = activation.Slope });
            return at.Graph.Add(op, [.. sum.Node.Inputs]).Outputs;
        }
    }

    private static Epilogue? EpilogueOf(Op op) => op switch
    {
        MatMulOp { WithColumnSums: false } product => product.Epilogue,
        Conv2DOp convolution => convolution.Epilogue,
        Conv3DOp convolution => convolution.Epilogue,
        _ => null,
    };

    private static Op With(Op op, Epilogue epilogue) => op switch
    {
        MatMulOp product => product with { Epilogue = epilogue },
        Conv2DOp convolution => convolution with { Epilogue = epilogue },
        Conv3DOp convolution => convolution with { Epilogue = epilogue },
        _ => throw new InvalidOperationException($"{op.Name} has no epilogue"),
    };

    private static (ActivationKind Kind, float Slope)? ActivationOf(Op op) => op switch
    {
        ReluOp => (ActivationKind.Relu, 0),
        LeakyReluOp leaky => (ActivationKind.LeakyRelu, leaky.Slope),
        TanhOp => (ActivationKind.Tanh, 0),
        SigmoidOp => (ActivationKind.Sigmoid, 0),
        SiluOp => (ActivationKind.Silu, 0),
        EluOp elu => (ActivationKind.Elu, elu.Alpha),
        _ => null,
    };
}
