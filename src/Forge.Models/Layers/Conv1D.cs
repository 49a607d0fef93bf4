using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Where windows lie in a sequence.</summary>
/// <param name="Size">Steps of a window.</param>
/// <param name="Stride">Steps between windows.</param>
/// <param name="Dilation">Steps between a window's taps.</param>
/// <param name="Border">How the border is treated.</param>
/// <remarks>A sequence is an image of one row: (n, steps, channels) shown as (n, 1, steps, channels), so that all kernels of images serve it.</remarks>
internal readonly record struct SequenceWindows(int Size, int Stride, int Dilation, Border Border)
{
    public Padding2D Padding(int steps) => Border.Around(steps, Size, Stride, Dilation);

    /// <summary>How many windows a sequence has.</summary>
    public int Count(string layer, int steps)
    {
        if (Size < 1 || Stride < 1 || Dilation < 1)
            throw new ShapeException($"Layer '{layer}': window {Size}, stride {Stride} and dilation {Dilation} must each be at least 1.");
        var pad = Padding(steps);
        if (pad.Left < 0 || pad.Right < 0) throw new ShapeException($"Layer '{layer}': padding {pad.Left},{pad.Right} is negative. Crop the sequences instead.");
        var (extent, reach) = (steps + pad.Left + pad.Right, (Size - 1) * Dilation + 1);
        return reach <= extent
            ? (extent - reach) / Stride + 1
            : throw new ShapeException($"Layer '{layer}': a window of {Size} steps{(Dilation == 1 ? "" : $" (dilation {Dilation})")} is longer than the sequence of {steps}{(pad == default ? "" : $" with padding {pad.Left},{pad.Right}")}. "
                + "Use longer sequences, fewer pooling layers, or a border of Same.");
    }

    /// <summary>Sequences as images of one row.</summary>
    public static Tensor AsImages(Tensor x) => x.Reshape(new Shape(x.Shape[0], 1, x.Shape[1], x.Shape[2]));

    /// <summary>Images of one row as sequences.</summary>
    public static Tensor AsSequences(Tensor y) => y.Reshape(new Shape(y.Shape[0], y.Shape[2], y.Shape[3]));

    /// <summary>A kernel of a sequence as one of images.</summary>
    public static Tensor AsImageKernel(Tensor kernel) => kernel.Reshape(new Shape(1, kernel.Shape[0], kernel.Shape[1], kernel.Shape[2]));

    /// <summary>The error of an input that is no sequence.</summary>
    public static ShapeException NoSequence(string layer, Shape input) => new($"Layer '{layer}' takes sequences (steps, channels), not {input}.");
}

/// <summary>Cross-correlates a sequence with learned kernels: y[p,o] = b[o] + Σ w[i,c,o] · x[p·s+i, c], then the activation.</summary>
/// <remarks>x (n,steps,C) → y (n,P,filters). Kernel (size, C/groups, filters), as in Keras; named kernel and bias.</remarks>
/// <param name="filters">Channels of the output, at least 1; a multiple of <paramref name="groups"/>.</param>
/// <param name="kernelSize">Steps of the kernel.</param>
/// <param name="strides">Steps between windows.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, <see cref="Border.Causal"/>, or so many zeros on each side.</param>
/// <param name="activation">Applied to the result; none when left out.</param>
/// <param name="dilation">Steps between taps.</param>
/// <param name="groups">Channels are split into so many independent groups.</param>
/// <param name="useBias">Whether a bias is added.</param>
/// <param name="kernelInitializer">The kernel's first value; Glorot uniform when left out.</param>
/// <param name="biasInitializer">The bias's first value; zeros when left out.</param>
/// <param name="kernelRegularizer">A penalty on the kernel.</param>
/// <param name="biasRegularizer">A penalty on the bias.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Conv1D(int filters, int kernelSize, int strides = 1, Border padding = default, ActivationFunction? activation = null,
    int dilation = 1, int groups = 1, bool useBias = true, Initializer? kernelInitializer = null, Initializer? biasInitializer = null,
    Regularizer? kernelRegularizer = null, Regularizer? biasRegularizer = null, string? name = null) : Layer(name)
{
    private readonly SequenceWindows _windows = new(kernelSize, strides, dilation, padding);
    private Parameter? _bias;

    /// <summary>The kernel, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias => _bias;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 2) throw SequenceWindows.NoSequence(Name, input);
        if (filters < 1 || groups < 1 || input[1] % groups != 0 || filters % groups != 0)
            throw new ShapeException($"Layer '{Name}': {input[1]} channels and {filters} filters do not divide into {groups} groups.");
        return (_windows.Count(Name, input[0]), filters);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (kernelSize, inputs[0][1] / groups, filters);
        var fans = Fans.Of(shape);
        Kernel = AddWeight("kernel", shape, kernelInitializer ?? Initializer.GlorotUniform, fans, kernelRegularizer);
        if (useBias) _bias = AddWeight("bias", new Shape(filters), biasInitializer ?? Initializer.Zeros, fans, biasRegularizer);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = SequenceWindows.AsImages(x).Conv2D(SequenceWindows.AsImageKernel(Kernel!), (1, strides), _windows.Padding(x.Shape[1]), (1, dilation), groups);
        if (_bias is not null) y += _bias;
        return SequenceWindows.AsSequences(activation is null ? y : activation.Apply(y));
    }
}
