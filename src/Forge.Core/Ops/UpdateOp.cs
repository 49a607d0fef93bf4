using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>One step of an optimizer over all its parameters at once, laid out flat. Not differentiable.</summary>
/// <remarks>
/// <para>Inputs, in this order: w and g, then <see cref="Slots"/> tensors of optimizer state, all f32 of one shape; then
/// <see cref="Scalars"/> and the gradient's scale (1, or less to clip it), each f32 (); last the finite flag, u32 ().
/// Outputs: the new w and the new slots.</para>
/// <para>Where the flag is 0 the outputs are the inputs: a step with a value that is not finite leaves the state as it was.
/// State may be updated in place. The gaps between packed parameters hold zeros in every input and get zeros in every output.</para>
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public abstract record UpdateOp : Op
{
    /// <summary>What each state tensor is called, in order.</summary>
    public abstract IReadOnlyList<string> Slots { get; }

    /// <summary>What each scalar before the gradient's scale is called, in order.</summary>
    public virtual IReadOnlyList<string> Scalars => ["rate"];

    /// <summary>Floating-point operations for one element.</summary>
    protected abstract double FlopsPerElement { get; }

    /// <summary>Updates one element.</summary>
    /// <param name="w">The weight.</param>
    /// <param name="g">The scaled gradient.</param>
    /// <param name="slots">The state, in order.</param>
    /// <param name="scalars">The scalars, in order.</param>
    protected abstract void Update(ref double w, double g, Span<double> slots, ReadOnlySpan<double> scalars);

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        string[] tensors = ["w", "g", .. Slots], scalars = [.. Scalars, "scale"];
        if (inputs.Count != tensors.Length + scalars.Length + 1)
            throw new ShapeException(this, inputs, $"{inputs.Count} inputs", $"Give {string.Join(", ", tensors)}, {string.Join(", ", scalars)} and the finite flag.");
        for (var i = 0; i < tensors.Length; i++)
            if (inputs[i].MustBe(DType.F32, name: tensors[i]) != inputs[0])
                throw new ShapeException(this, inputs, $"{tensors[i]} is {inputs[i].Shape}, but w is {inputs[0].Shape}", "Give all of them one shape.");
        for (var i = 0; i < scalars.Length; i++) inputs[tensors.Length + i].MustBe(DType.F32, rank: 0, scalars[i]);
        inputs[^1].MustBe(DType.U32, rank: 0, "finite");
        return [.. Enumerable.Repeat(inputs[0], Slots.Count + 1)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        Span<double> slots = stackalloc double[Slots.Count], scalars = stackalloc double[Scalars.Count];
        for (var s = 0; s < scalars.Length; s++) scalars[s] = inputs[slots.Length + 2 + s][0];
        var (scale, finite) = (inputs[^2][0], inputs[^1][0] != 0);
        for (var i = 0; i < outputs[0].Elements.Length; i++)
        {
            var w = inputs[0][i];
            for (var s = 0; s < slots.Length; s++) slots[s] = inputs[s + 2][i];
            if (finite) Update(ref w, inputs[1][i] * scale, slots, scalars);
            outputs[0][i] = w;
            for (var s = 0; s < slots.Length; s++) outputs[s + 1][i] = slots[s];
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        throw new GraphException($"{node} updates state and has no gradient. Differentiate the loss before the update, or write the update with ordinary ops.");

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(FlopsPerElement * inputs[0].Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    // Each element is read and written by one invocation.
    public override bool MayWriteOver(int output, int input) => input < Slots.Count + 2;

    /// <summary>A case: slots that are squares are not negative, the flag is mostly set.</summary>
    /// <param name="draw">The draws.</param>
    /// <param name="op">The update.</param>
    /// <param name="scalars">Values of the scalars.</param>
    protected static OpCase SampleOf(Draw draw, UpdateOp op, params ReadOnlySpan<double> scalars)
    {
        var shape = new Shape(draw.Int(1, 300));
        var inputs = new List<ReferenceTensor> { draw.Uniform(shape), draw.Uniform(shape) };
        foreach (var slot in op.Slots) inputs.Add(slot.Contains("square", StringComparison.Ordinal) ? draw.Uniform(shape, 1, 2) : draw.Uniform(shape));
        foreach (var scalar in (double[])[.. scalars, draw.OneOf(1, 0.5)]) inputs.Add(Scalar(DType.F32, (float)scalar));
        inputs.Add(Scalar(DType.U32, draw.Int(0, 4) == 4 ? 0 : 1));
        return new(op, inputs);

        static ReferenceTensor Scalar(DType dtype, double value) => new(new(dtype, Shape.Scalar)) { [0] = value };
    }
}

/// <summary>Whose formulas an optimizer follows where Keras and PyTorch differ.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum UpdateForm
{
    /// <summary>Keras 3, the default.</summary>
    Keras,
    /// <summary>PyTorch.</summary>
    PyTorch,
}
