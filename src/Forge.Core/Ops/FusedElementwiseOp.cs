using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>One step of a fused chain.</summary>
/// <param name="Op">What is computed for each element.</param>
/// <param name="Operands">Where its operands come from: below the arity an input, from there on an earlier step.</param>
/// <param name="DType">The type of its result.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FusedStep(ElementwiseOp Op, ValueList<int> Operands, DType DType);

/// <summary>Several elementwise ops as one: every intermediate value lives in a register.</summary>
/// <param name="Arity">The number of inputs; each broadcasts to the common shape.</param>
/// <param name="Steps">What is computed, in order.</param>
/// <param name="Results">Which steps are outputs.</param>
/// <param name="Shape">The common shape of all outputs.</param>
/// <remarks>Made by <c>FuseElementwise</c> after differentiation. Every elementwise op reaches a device in this form.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FusedElementwiseOp(int Arity, ValueList<FusedStep> Steps, ValueList<int> Results, Shape Shape) : Op, ISampled
{
    public override string Name => "Elementwise";

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != Arity) throw new ShapeException($"{Name} takes {Arity} inputs, not {inputs.Count}.");
        foreach (var input in inputs) _ = input.Shape.BroadcastStrides(Shape);
        return [.. Results.Select(r => new TensorType(Steps[r].DType, Shape))];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var indexes = inputs.Select(x => new BroadcastIndex(x.Shape, Shape)).ToArray();
        Span<double> values = stackalloc double[Arity + Steps.Count], operands = stackalloc double[8];
        for (var i = 0; i < Shape.Count; i++)
        {
            for (var k = 0; k < Arity; k++) values[k] = inputs[k][indexes[k].At(i)];
            for (var s = 0; s < Steps.Count; s++)
            {
                var step = Steps[s];
                for (var k = 0; k < step.Operands.Count; k++) operands[k] = values[step.Operands[k]];
                values[Arity + s] = step.Op.Apply(operands[..step.Operands.Count]);
            }
            for (var r = 0; r < outputs.Count; r++) outputs[r][i] = values[Arity + Results[r]];
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        throw new GraphException($"{node} was made by fusion, which comes after differentiation. Differentiate the graph before it is planned.");

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(Steps.Sum(s => s.Op.FlopsPerElement) * Shape.Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    public override bool MayWriteOver(int output, int input) => true;

    public static OpCase Sample(Draw draw) => ChainSampling.Sample(draw);

    /// <summary>For example: Sub, Mul, Relu.</summary>
    public override string ToString() => string.Join(", ", Steps.Select(s => s.Op.Name));

    /// <summary>A single elementwise op in this form.</summary>
    public static FusedElementwiseOp Of(ElementwiseOp op, IReadOnlyList<TensorType> inputs)
    {
        var type = op.Infer(inputs)[0];
        return new(inputs.Count, [new FusedStep(op, [.. Enumerable.Range(0, inputs.Count)], type.DType)], [0], type.Shape);
    }
}

/// <summary>A number written into a fused chain.</summary>
/// <param name="Value">The number, exact in the dtype.</param>
/// <param name="DType">F32, I32 or U32.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LiteralOp(float Value, DType DType) : ElementwiseOp
{
    public override int Arity => 0;

    public override string Glsl => DType switch
    {
        DType.U32 => $"{(uint)Value}u",
        DType.I32 => $"{(int)Value}",
        _ when float.IsNaN(Value) => "uintBitsToFloat(0x7fc00000u)",
        _ when float.IsInfinity(Value) => Value > 0 ? "uintBitsToFloat(0x7f800000u)" : "uintBitsToFloat(0xff800000u)",
        _ => $"uintBitsToFloat(0x{BitConverter.SingleToUInt32Bits(Value):x8}u)",    // exact, whatever the compiler's parser rounds
    };

    public override double Apply(ReadOnlySpan<double> x) => Value;

    public override double FlopsPerElement => 0;

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [];

    protected override DType Result(IReadOnlyList<TensorType> inputs) => DType;
}
