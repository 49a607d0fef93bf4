using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>A value from outside the graph: it has no inputs and nothing is computed for it.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record LeafOp(TensorType Type) : Op
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [Type];

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        throw new InvalidOperationException($"{Name} is bound by the backend, not computed.");

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;
}

/// <summary>An argument of the traced function.</summary>
/// <param name="Position">Which argument, from 0.</param>
/// <param name="Type">Its element type and shape.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record InputOp(int Position, TensorType Type) : LeafOp(Type);

/// <summary>The value a parameter has when the step begins.</summary>
/// <param name="Parameter">The state read; two reads of one parameter are one node.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ParameterOp(Parameter Parameter) : LeafOp(Parameter.Type);

/// <summary>A named number that the host sets before each run, of rank 0.</summary>
/// <param name="Scalar">The number.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ScalarOp(HostScalar Scalar) : LeafOp(new TensorType(Scalar.DType, Shape.Scalar));

/// <summary>Elements fixed at tracing time. Equal elements and types are equal ops.</summary>
/// <param name="Value">The elements; must not change afterwards.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ConstantOp(HostTensor Value) : LeafOp(Value.Type)
{
    public bool Equals(ConstantOp? other) =>
        other is not null && (ReferenceEquals(Value, other.Value) || (Type == other.Type && Value.Bytes.SequenceEqual(other.Value.Bytes)));

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Type);
        hash.AddBytes(Value.Bytes[..Math.Min(Value.Bytes.Length, 256)]);
        return hash.ToHashCode();
    }
}

/// <summary>One value everywhere. Fused into what reads it, or filled once when the plan is built.</summary>
/// <param name="Type">Element type and shape.</param>
/// <param name="Value">The value; must be exact in the dtype.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FullOp(TensorType Type, float Value) : LeafOp(Type)
{
    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs) =>
        Array.Fill(outputs[0].Elements, Value);
}
