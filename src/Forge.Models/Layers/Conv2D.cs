using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Where windows lie in an image.</summary>
/// <param name="Size">Window height and width, in elements.</param>
/// <param name="Stride">Step between windows, in elements.</param>
/// <param name="Dilation">Distance between a window's taps, in elements.</param>
/// <param name="Border">How the border is treated.</param>
internal readonly record struct Windows(Size2D Size, Size2D Stride, Size2D Dilation, Border Border)
{
    public Padding2D Padding(int height, int width) => Border.Around(height, width, Size, Stride, Dilation);

    /// <summary>How many windows an image has each way.</summary>
    public (int Rows, int Columns) Count(string layer, int height, int width)
    {
        var pad = Padding(height, width);
        if (Math.Min(Math.Min(pad.Top, pad.Bottom), Math.Min(pad.Left, pad.Right)) < 0)
            throw new ShapeException($"Layer '{layer}': padding {pad} is negative. Crop the images instead.");
        var (rows, columns) = (Along(height + pad.Top + pad.Bottom, Size.H, Stride.H, Dilation.H), Along(width + pad.Left + pad.Right, Size.W, Stride.W, Dilation.W));
        return rows > 0 && columns > 0
            ? (rows, columns)
            : throw new ShapeException($"Layer '{layer}': window {Size}{(Dilation == 1 ? "" : $" (dilation {Dilation})")} is larger than the {height}x{width} input{(pad == default ? "" : $" with padding {pad}")}. Use larger images, fewer pooling layers, or a border of Same.");

        static int Along(int extent, int window, int stride, int dilation) =>
            extent < (window - 1) * dilation + 1 ? 0 : (extent - (window - 1) * dilation - 1) / stride + 1;
    }

    /// <summary>The error of an input that is no image.</summary>
    public static ShapeException NoImage(string layer, Shape input) => new($"Layer '{layer}' takes images (height, width, channels), not {input}.");
}

/// <summary>Cross-correlates an image with learned kernels: y[p,q,o] = b[o] + Σ w[i,j,c,o] · x[p·s+i, q·s+j, c], then the activation.</summary>
/// <remarks>x (n,H,W,C) → y (n,P,Q,filters). Kernel (height, width, C/groups, filters), as in Keras; named kernel and bias.</remarks>
/// <param name="filters">Channels of the output, at least 1; a multiple of <paramref name="groups"/>.</param>
/// <param name="kernelSize">Kernel height and width, in elements.</param>
/// <param name="strides">Step between windows; 1 when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or rows and columns of zeros.</param>
/// <param name="activation">Applied to the result; none when left out.</param>
/// <param name="dilation">Distance between taps; 1 when left out.</param>
/// <param name="groups">Channels are split into so many independent groups.</param>
/// <param name="useBias">Whether a bias is added.</param>
/// <param name="kernelInitializer">The kernel's first value; Glorot uniform when left out.</param>
/// <param name="biasInitializer">The bias's first value; zeros when left out.</param>
/// <param name="kernelRegularizer">A penalty on the kernel.</param>
/// <param name="biasRegularizer">A penalty on the bias.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Conv2D(int filters, Size2D kernelSize, Size2D? strides = null, Border padding = default, ActivationFunction? activation = null,
    Size2D? dilation = null, int groups = 1, bool useBias = true, Initializer? kernelInitializer = null, Initializer? biasInitializer = null,
    Regularizer? kernelRegularizer = null, Regularizer? biasRegularizer = null, string? name = null) : Layer(name)
{
    private readonly Windows _windows = new(kernelSize, strides ?? 1, dilation ?? 1, padding);
    private Parameter? _bias;

    /// <summary>The kernel, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias => _bias;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 3) throw Windows.NoImage(Name, input);
        if (filters < 1 || groups < 1 || input[2] % groups != 0 || filters % groups != 0)
            throw new ShapeException($"Layer '{Name}': {input[2]} channels and {filters} filters do not divide into {groups} groups.");
        var (rows, columns) = _windows.Count(Name, input[0], input[1]);
        return (rows, columns, filters);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (kernelSize.H, kernelSize.W, inputs[0][2] / groups, filters);
        var fans = Fans.Of(shape);
        Kernel = AddWeight("kernel", shape, kernelInitializer ?? Initializer.GlorotUniform, fans, kernelRegularizer);
        if (useBias) _bias = AddWeight("bias", new Shape(filters), biasInitializer ?? Initializer.Zeros, fans, biasRegularizer);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = x.Conv2D(Kernel!, _windows.Stride, _windows.Padding(x.Shape[1], x.Shape[2]), _windows.Dilation, groups);
        if (_bias is not null) y += _bias;
        return activation is null ? y : activation.Apply(y);
    }
}
