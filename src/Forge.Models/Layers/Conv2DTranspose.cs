using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>One axis of a transposed convolution: its extent, and how many elements around it are left out.</summary>
/// <param name="Extent">Elements of the output.</param>
/// <param name="Before">Elements before the first that are left out.</param>
/// <param name="After">Elements after the last that are left out.</param>
internal readonly record struct TransposedAxis(int Extent, int Before, int After)
{
    /// <summary>Keras's sizes. Where padding is said outright, PyTorch's.</summary>
    /// <param name="layer">The layer's name.</param>
    /// <param name="inputs">Elements of the input.</param>
    /// <param name="window">The kernel's taps.</param>
    /// <param name="stride">Elements of the output between windows.</param>
    /// <param name="dilation">Distance between taps.</param>
    /// <param name="border">The border.</param>
    /// <param name="padding">What the border says outright, where it is no rule.</param>
    /// <param name="added">Elements added after the last; the rule's default where null.</param>
    public static TransposedAxis Of(string layer, int inputs, int window, int stride, int dilation, Border border, (int Before, int After) padding, int? added)
    {
        var reach = (window - 1) * dilation + 1;
        var whole = (inputs - 1) * stride + reach; // with nothing left out
        if (added is { } extra && (extra < 0 || extra >= stride))
            throw new ShapeException($"Layer '{layer}': output padding {extra} must be from 0 to {stride - 1}, less than the stride of {stride}: more would add elements that no input reaches.");
        int extent, before;
        if (border.IsRule)
        {
            extent = added is { } more ? whole - reach + reach % 2 + more : inputs * stride;
            var left = Math.Max(0, whole - extent);
            before = border == Border.SameSymmetric ? (left + 1) / 2 : left / 2;
        }
        else
        {
            if (padding.Before < 0 || padding.After < 0) throw new ShapeException($"Layer '{layer}': padding {border} is negative. Pad the result instead.");
            var unpadded = padding is (0, 0) ? Math.Max(0, stride - reach) : 0; // Keras's "valid": every input has a whole stride
            (extent, before) = (whole - padding.Before - padding.After + (added ?? unpadded), padding.Before);
        }
        return extent >= 1
            ? new(extent, before, Math.Max(0, whole - extent - before))
            : throw new ShapeException($"Layer '{layer}': padding {border} leaves nothing of the {whole} elements that {inputs} inputs make. Pad by less.");
    }
}

/// <summary>Spreads each pixel of an image over a window of a larger one: the transpose of a <see cref="Conv2D"/>, then bias and activation.</summary>
/// <remarks>
/// x (n,H,W,C) → y (n,P,Q,filters). Kernel (height, width, filters, C), as in Keras; named kernel and bias. P = H·stride for <see cref="Border.Same"/>, (H − 1)·stride +
/// max(height, stride) for valid. With output padding op, same gives (H − 1)·stride + height mod 2 + op, valid (H − 1)·stride + height + op, and padding said outright
/// (H − 1)·stride + height + op − top − bottom, as PyTorch's. The height counts gaps between taps.
/// </remarks>
/// <param name="filters">Channels of the output, at least 1.</param>
/// <param name="kernelSize">Kernel height and width, in elements.</param>
/// <param name="strides">Step between windows on the output; 1 when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or rows and columns of the result that are left out.</param>
/// <param name="outputPadding">Rows and columns added at the bottom and right, each less than the stride; the rule's own when left out.</param>
/// <param name="activation">Applied to the result; none when left out.</param>
/// <param name="dilation">Distance between taps; 1 when left out.</param>
/// <param name="useBias">Whether a bias is added.</param>
/// <param name="kernelInitializer">The kernel's first value; Glorot uniform when left out.</param>
/// <param name="biasInitializer">The bias's first value; zeros when left out.</param>
/// <param name="kernelRegularizer">A penalty on the kernel.</param>
/// <param name="biasRegularizer">A penalty on the bias.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Conv2DTranspose(int filters, Size2D kernelSize, Size2D? strides = null, Border padding = default, (int Rows, int Columns)? outputPadding = null,
    ActivationFunction? activation = null, Size2D? dilation = null, bool useBias = true, Initializer? kernelInitializer = null, Initializer? biasInitializer = null,
    Regularizer? kernelRegularizer = null, Regularizer? biasRegularizer = null, string? name = null) : Layer(name)
{
    private readonly Size2D _stride = strides ?? 1, _dilation = dilation ?? 1;
    private Parameter? _bias;

    /// <summary>The kernel, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias => _bias;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 3) throw Windows.NoImage(Name, input);
        if (filters < 1) throw new ShapeException($"Layer '{Name}': {filters} filters; there must be at least 1.");
        var (rows, columns) = Axes(input[0], input[1]);
        return (rows.Extent, columns.Extent, filters);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (kernelSize.H, kernelSize.W, filters, inputs[0][2]);
        var fans = Fans.Of(shape);
        Kernel = AddWeight("kernel", shape, kernelInitializer ?? Initializer.GlorotUniform, fans, kernelRegularizer);
        if (useBias) _bias = AddWeight("bias", new Shape(filters), biasInitializer ?? Initializer.Zeros, fans, biasRegularizer);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var (rows, columns) = Axes(x.Shape[1], x.Shape[2]);
        var y = x.Conv2DTranspose(Kernel!, (rows.Extent, columns.Extent), _stride, new(rows.Before, rows.After, columns.Before, columns.After), _dilation);
        if (_bias is not null) y += _bias;
        return activation is null ? y : activation.Apply(y);
    }

    private (TransposedAxis Rows, TransposedAxis Columns) Axes(int height, int width)
    {
        var (top, bottom, left, right) = padding.IsRule ? default : padding.Around(height, width, kernelSize, _stride, _dilation);
        return (TransposedAxis.Of(Name, height, kernelSize.H, _stride.H, _dilation.H, padding, (top, bottom), outputPadding?.Rows),
            TransposedAxis.Of(Name, width, kernelSize.W, _stride.W, _dilation.W, padding, (left, right), outputPadding?.Columns));
    }
}

/// <summary>Spreads each step of a sequence over a window of a longer one: the transpose of a <see cref="Conv1D"/>, then bias and activation.</summary>
/// <remarks>x (n,steps,C) → y (n,P,filters), P as <see cref="Conv2DTranspose"/> says of rows. Kernel (size, filters, C), as in Keras; named kernel and bias.</remarks>
/// <param name="filters">Channels of the output, at least 1.</param>
/// <param name="kernelSize">Steps of the kernel.</param>
/// <param name="strides">Steps between windows on the output.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or so many steps of the result that are left out on each side.</param>
/// <param name="outputPadding">Steps added at the end, less than the stride; the rule's own when left out.</param>
/// <param name="activation">Applied to the result; none when left out.</param>
/// <param name="dilation">Steps between taps.</param>
/// <param name="useBias">Whether a bias is added.</param>
/// <param name="kernelInitializer">The kernel's first value; Glorot uniform when left out.</param>
/// <param name="biasInitializer">The bias's first value; zeros when left out.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Conv1DTranspose(int filters, int kernelSize, int strides = 1, Border padding = default, int? outputPadding = null, ActivationFunction? activation = null,
    int dilation = 1, bool useBias = true, Initializer? kernelInitializer = null, Initializer? biasInitializer = null, string? name = null) : Layer(name)
{
    private Parameter? _bias;

    /// <summary>The kernel, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias => _bias;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 2) throw SequenceWindows.NoSequence(Name, input);
        if (filters < 1 || kernelSize < 1 || strides < 1 || dilation < 1)
            throw new ShapeException($"Layer '{Name}': {filters} filters, a kernel of {kernelSize}, stride {strides} and dilation {dilation} must each be at least 1.");
        return (Steps(input[0]).Extent, filters);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (kernelSize, filters, inputs[0][1]);
        var fans = Fans.Of(shape);
        Kernel = AddWeight("kernel", shape, kernelInitializer ?? Initializer.GlorotUniform, fans);
        if (useBias) _bias = AddWeight("bias", new Shape(filters), biasInitializer ?? Initializer.Zeros, fans);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var steps = Steps(x.Shape[1]);
        var y = SequenceWindows.AsImages(x).Conv2DTranspose(
            SequenceWindows.AsImageKernel(Kernel!), (1, steps.Extent), (1, strides), new(0, 0, steps.Before, steps.After), (1, dilation));
        if (_bias is not null) y += _bias;
        return SequenceWindows.AsSequences(activation is null ? y : activation.Apply(y));
    }

    private TransposedAxis Steps(int steps)
    {
        var (_, _, before, after) = padding.IsRule ? default : padding.Around(steps, kernelSize, strides, dilation);
        return TransposedAxis.Of(Name, steps, kernelSize, strides, dilation, padding, (before, after), outputPadding);
    }
}
