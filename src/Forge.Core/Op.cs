using Forge.Core.Reference;

namespace Forge.Core;

/// <summary>What is computed, without inputs: an immutable value, so that equal ops are one node and one cache key.</summary>
/// <remarks>
/// An op file declares five things and the engine loops: the type rule, the fp64 meaning, the VJP, the sampler
/// (<see cref="ISampled"/>) and the cost.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public abstract record Op
{
    /// <summary>The op's name in messages, tables and cache keys: the type's name without a final "Op".</summary>
    public virtual string Name
    {
        get
        {
            var name = GetType().Name;
            return name.EndsWith("Op", StringComparison.Ordinal) ? name[..^2] : name;
        }
    }

    /// <summary>The types of the outputs.</summary>
    /// <exception cref="ShapeException">The inputs do not fit the op.</exception>
    public abstract IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs);

    /// <summary>Computes the outputs in fp64. Outputs arrive filled with zeros.</summary>
    public abstract void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs);

    /// <summary>The vector-Jacobian product: what flows to each input, as graph ops; null where nothing flows.</summary>
    /// <param name="node">The use of this op that is differentiated.</param>
    /// <param name="cotangents">What flows into each output.</param>
    public abstract IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents);

    /// <summary>Arithmetic and compulsory memory traffic.</summary>
    public abstract Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs);

    /// <summary>Whether each output is the bytes of the input at its place, perhaps under another type, so that nothing is computed.</summary>
    public virtual bool IsView => false;

    /// <summary>Whether an output of the same type may be written over an input: each element is read, by every kernel, before its place is written.</summary>
    public virtual bool MayWriteOver(int output, int input) => false;

    /// <summary>Appends one use of this op and returns its first output.</summary>
    /// <param name="inputs">At least one; all of one graph.</param>
    public Tensor On(params ReadOnlySpan<Tensor> inputs) => inputs[0].Graph.Add(this, inputs).Outputs[0];
}

/// <summary>An op that can draw its own test cases. The op table lists every type that has this.</summary>
/// <threadsafety>Immutable, as the ops that implement it are.</threadsafety>
public interface ISampled
{
    /// <summary>One case: an op and inputs, as small or large as the draws say. All-zero draws give the smallest case.</summary>
    static abstract OpCase Sample(Draw draw);
}

/// <summary>An op and inputs to run it on.</summary>
/// <param name="Op">The op.</param>
/// <param name="Inputs">Values for its inputs, exact in their dtypes.</param>
/// <threadsafety>Immutable, while nobody writes its tensors.</threadsafety>
public sealed record OpCase(Op Op, params IReadOnlyList<ReferenceTensor> Inputs);

/// <summary>What an op must do at least.</summary>
/// <param name="Flops">Floating-point operations; a multiply-add counts two.</param>
/// <param name="Bytes">Bytes read and written if each element moved once.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Cost(double Flops, double Bytes)
{
    /// <summary>A cost of elements read and written once, and some operations for each output element.</summary>
    public static Cost Streaming(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, double flopsPerOutput = 1) =>
        new(flopsPerOutput * outputs.Sum(o => (double)o.Count), inputs.Sum(i => (double)i.Bytes) + outputs.Sum(o => (double)o.Bytes));

    /// <summary>Both costs.</summary>
    public static Cost operator +(Cost a, Cost b) => new(a.Flops + b.Flops, a.Bytes + b.Bytes);
}
