namespace Forge.Core.Ops;

/// <summary>A function that a kernel applies to each value it is about to store.</summary>
/// <remarks>The numbers are the specialization constants of shaders/include/epilogue.glsl.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public enum ActivationKind
{
    /// <summary>v</summary>
    None = 0,
    /// <summary>max(v, 0); a NaN stays one.</summary>
    Relu = 1,
    /// <summary>v where v &gt; 0, else slope · v.</summary>
    LeakyRelu = 2,
    /// <summary>tanh v</summary>
    Tanh = 3,
    /// <summary>1 / (1 + e⁻ᵛ)</summary>
    Sigmoid = 4,
    /// <summary>v · sigmoid(v)</summary>
    Silu = 5,
    /// <summary>v where v &gt; 0, else slope · (eᵛ − 1); the slope is what Keras calls alpha.</summary>
    Elu = 6,
}

/// <summary>What a product or convolution does to each sum before it is stored: y = activation(sum + bias[last axis]).</summary>
/// <param name="HasBias">Whether one more input, a bias of the last axis's extent, is added.</param>
/// <param name="Activation">The function applied after the bias.</param>
/// <param name="Slope">For leaky ReLU and ELU; 0 otherwise, so that equal epilogues are equal.</param>
/// <param name="IsGated">Whether one more input of the output's shape, a gate, lets only those values through where it is more than 0: ReLU's VJP. The rest is 0.</param>
/// <remarks>
/// Set by fusion passes, which run after Grad. An op with an epilogue has no VJP: differentiate first, fuse afterwards.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Epilogue(bool HasBias, ActivationKind Activation = ActivationKind.None, float Slope = 0, bool IsGated = false)
{
    /// <summary>Whether the sum is stored as it is.</summary>
    public bool IsNone => !HasBias && Activation == ActivationKind.None && !IsGated;

    /// <summary>The inputs an op has with this epilogue, given those it has without one.</summary>
    public int Inputs(int without) => without + (HasBias ? 1 : 0) + (IsGated ? 1 : 0);

    /// <summary>The activation of one value, in fp64.</summary>
    /// <param name="v">The sum, with its bias.</param>
    public double Apply(double v) => Activation switch
    {
        ActivationKind.None => v,
        ActivationKind.Relu => v <= 0 ? 0 : v,
        ActivationKind.LeakyRelu => v <= 0 ? Slope * v : v,
        ActivationKind.Tanh => Math.Tanh(v),
        ActivationKind.Sigmoid => 1 / (1 + Math.Exp(-v)),
        ActivationKind.Silu => v / (1 + Math.Exp(-v)),
        ActivationKind.Elu => v <= 0 ? Slope * (Math.Exp(v) - 1) : v,
        _ => throw new InvalidOperationException($"no activation {Activation}"),
    };

    /// <summary>Adds the bias along the last axis and applies the activation to every element, in fp64.</summary>
    /// <param name="sums">The sums; overwritten.</param>
    /// <param name="inputs">The op's inputs: the bias and the gate come last.</param>
    internal void Apply(Reference.ReferenceTensor sums, IReadOnlyList<Reference.ReferenceTensor> inputs)
    {
        if (IsNone) return;
        var (bias, gate) = (HasBias ? inputs[IsGated ? inputs.Count - 2 : inputs.Count - 1] : null, IsGated ? inputs[^1] : null);
        for (var i = 0; i < sums.Elements.Length; i++)
        {
            sums[i] = Apply(bias is null ? sums[i] : sums[i] + bias[i % bias.Elements.Length]);
            if (gate is not null && !(gate[i] > 0)) sums[i] = 0;
        }
    }

    /// <summary>Throws unless the inputs hold the bias that the epilogue adds, and nothing more.</summary>
    /// <param name="op">The op that has the epilogue.</param>
    /// <param name="inputs">All its inputs.</param>
    /// <param name="without">The inputs it has without an epilogue.</param>
    /// <param name="y">The output's shape.</param>
    internal void Check(Op op, IReadOnlyList<TensorType> inputs, int without, Shape y)
    {
        if (inputs.Count != Inputs(without))
            throw new ShapeException(op, inputs, $"{inputs.Count} inputs where {Inputs(without)} are read", "A bias is one more input; HasBias says whether there is one.");
        var channels = y[-1];
        if (IsGated && inputs[^1] != new TensorType(DType.F32, y))
            throw new ShapeException(op, inputs, $"the gate is {inputs[^1]} for an output of {y}", "Give one f32 number for each element of the output.");
        if (HasBias && !inputs[without].MustBe(DType.F32, rank: 1, name: "bias").Shape.Equals(new Shape(channels)))
            throw new ShapeException(op, inputs, $"the bias has {inputs[without].Count} elements for {channels} channels",
                "Give one bias for each place of the output's last axis.");
    }

    /// <summary>The error of differentiating a fused op.</summary>
    internal static GraphException NotDifferentiable(Node node) =>
        new($"{node}: an op with a fused epilogue has no VJP. Differentiate before the fusion passes run.");

    /// <summary>Draws none in half of the cases, else any.</summary>
    internal static Epilogue Sample(Draw draw)
    {
        if (!draw.Bool()) return default;
        var activation = (ActivationKind)draw.Int(0, 6);
        return new(draw.Bool(), activation, activation is ActivationKind.LeakyRelu or ActivationKind.Elu ? draw.OneOf(0.3f, 1f) : 0);
    }
}
