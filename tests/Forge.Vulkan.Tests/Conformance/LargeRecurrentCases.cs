using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Recurrent cells whose units fill panels and whose rows are many, few or odd in number.</summary>
internal static class LargeRecurrentCases
{
    private const RecurrentFlows AllFlows = RecurrentFlows.States | RecurrentFlows.Last | RecurrentFlows.LastCell, BothStates = RecurrentFlows.States | RecurrentFlows.Last;

    public static Dictionary<string, Func<Draw, OpCase>> All { get; } = new()
    {
        ["lstm of 32 units, 40 steps"] = d => Forward(d, new LstmOp(), 5, 40, 32),
        ["lstm of 128 units, odd rows"] = d => Forward(d, new LstmOp(), 33, 3, 128),
        ["lstm of 48 units, masked, saving nothing"] = d => Forward(d, new LstmOp(Reverse: true, HasMask: true, Saves: false), 3, 5, 48),
        ["lstm of 256 units, one row"] = d => Forward(d, new LstmOp(), 1, 2, 256),
        ["lstm of 300 units"] = d => Forward(d, new LstmOp(), 2, 3, 300),
        ["gru of 64 units, masked"] = d => Forward(d, new GruOp(HasMask: true), 18, 7, 64),
        ["gru of 32 units, backwards"] = d => Forward(d, new GruOp(Reverse: true, Saves: false), 9, 6, 32),
        ["gru of 48 units, reset before"] = d => Forward(d, new GruOp(ResetAfter: false, HasMask: true, Saves: false), 3, 5, 48),
        ["simple cell of 64 units, 40 steps"] = d => Forward(d, new SimpleRnnOp(ActivationKind.Tanh), 6, 40, 64),
        ["simple cell of 128 units, masked, backwards"] = d => Forward(d, new SimpleRnnOp(ActivationKind.Relu, Reverse: true, HasMask: true), 17, 4, 128),
        ["gradient of an lstm of 32 units, 40 steps"] = d => Backward(d, new LstmGradOp(false, false, AllFlows), 5, 40, 32),
        ["gradient of an lstm of 128 units, odd rows"] = d => Backward(d, new LstmGradOp(true, false, RecurrentFlows.Last), 17, 3, 128),
        ["gradient of an lstm of 64 units, masked"] = d => Backward(d, new LstmGradOp(false, true, AllFlows), 6, 5, 64),
        ["gradient of an lstm of 256 units"] = d => Backward(d, new LstmGradOp(false, false, RecurrentFlows.States), 2, 2, 256),
        ["gradient of a gru of 64 units"] = d => Backward(d, new GruGradOp(true, false, false, BothStates), 9, 7, 64),
        ["gradient of a gru of 32 units, masked, backwards"] = d => Backward(d, new GruGradOp(true, true, true, RecurrentFlows.States), 5, 12, 32),
        ["gradient of a gru of 48 units, reset before"] = d => Backward(d, new GruGradOp(false, false, true, RecurrentFlows.Last), 3, 5, 48),
        ["gradient of a simple cell of 64 units"] = d => Backward(d, new SimpleRnnGradOp(ActivationKind.Tanh, false, false, RecurrentFlows.Last), 19, 6, 64),
        ["gradient of a simple cell of 32 units, masked"] = d => Backward(d, new SimpleRnnGradOp(ActivationKind.Relu, true, true, BothStates), 3, 40, 32),
    };

    private static OpCase Forward(Draw d, RecurrentOp op, int n, int t, int u)
    {
        List<ReferenceTensor> inputs = [d.Uniform((n, t, op.Gates * u), -2, 2), Matrix(d, u, op.Gates), d.Uniform((n, u))];
        if (op.HasCell) inputs.Add(d.Uniform((n, u)));
        if (op.HasRecurrentBias) inputs.Add(d.Uniform(new Shape(op.Gates * u)));
        if (op.HasMask) inputs.Add(d.Integers((n, t), DType.U32, 0, 2));
        return new(op, [.. inputs]);
    }

    private static OpCase Backward(Draw d, RecurrentGradOp op, int n, int t, int u)
    {
        List<ReferenceTensor> inputs = [Matrix(d, u, op.Gates)];
        if (op is SimpleRnnGradOp or GruGradOp) inputs.Add(d.Uniform((n, t, u), 0.1, 0.9));
        if (op is LstmGradOp or GruGradOp) inputs.Add(d.Uniform((n, t, u, op is LstmGradOp ? 6 : 4), 0.1, 0.9));
        if (op.Flows.HasFlag(RecurrentFlows.States)) inputs.Add(d.Uniform((n, t, u)));
        if (op.Flows.HasFlag(RecurrentFlows.Last)) inputs.Add(d.Uniform((n, u)));
        if (op.Flows.HasFlag(RecurrentFlows.LastCell)) inputs.Add(d.Uniform((n, u)));
        if (op.HasMask) inputs.Add(d.Integers((n, t), DType.U32, 0, 2));
        return new(op, [.. inputs]);
    }

    private static ReferenceTensor Matrix(Draw d, int units, int gates) => d.Uniform((units, gates * units), -1 / Math.Sqrt(units), 1 / Math.Sqrt(units));
}
