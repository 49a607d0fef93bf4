using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Where windows lie in a clip.</summary>
/// <param name="Size">Window depth, height and width, in elements.</param>
/// <param name="Stride">Step between windows, in elements.</param>
/// <param name="Dilation">Distance between a window's taps, in elements.</param>
/// <param name="Border">How the border is treated.</param>
internal readonly record struct ClipWindows(Size3D Size, Size3D Stride, Size3D Dilation, Border Border)
{
    public Padding3D Padding(Size3D clip) => Border.Around(clip, Size, Stride, Dilation);

    /// <summary>The depth, height and width of a batch's clips, or of one clip: the extents before the last.</summary>
    public static Size3D SizeOf(Shape clips) => (clips[-4], clips[-3], clips[-2]);

    /// <summary>How many windows a clip has each way.</summary>
    public (int Frames, int Rows, int Columns) Count(string layer, Size3D clip)
    {
        var (size, pad) = (Size, Padding(clip));
        var (front, back, (top, bottom, left, right)) = pad;
        if (Math.Min(Math.Min(front, back), Math.Min(Math.Min(top, bottom), Math.Min(left, right))) < 0)
            throw new ShapeException($"Layer '{layer}': padding {pad} is negative. Crop the clips instead.");
        var frames = Along(clip.D + front + back, Size.D, Stride.D, Dilation.D);
        var (rows, columns) = (Along(clip.H + top + bottom, Size.H, Stride.H, Dilation.H), Along(clip.W + left + right, Size.W, Stride.W, Dilation.W));
        if (frames == 0) throw Larger("longer clips");
        return rows > 0 && columns > 0 ? (frames, rows, columns) : throw Larger("larger frames");

        ShapeException Larger(string remedy) => new($"Layer '{layer}': window {size}{(pad == default ? "" : $" with padding {pad}")} is larger than the {clip} input (frames, height, width). "
            + $"Use {remedy}, fewer pooling layers, or a border of Same.");

        static int Along(int extent, int window, int stride, int dilation) =>
            extent < (window - 1) * dilation + 1 ? 0 : (extent - (window - 1) * dilation - 1) / stride + 1;
    }

    /// <summary>The error of an input that is no clip.</summary>
    public static ShapeException NoClip(string layer, Shape input) => new($"Layer '{layer}' takes clips (frames, height, width, channels), not {input}.");
}

/// <summary>Cross-correlates a clip of frames with learned kernels: y[f,p,q,o] = b[o] + Σ w[k,i,j,c,o] · x[f·s+k, p·s+i, q·s+j, c], then the activation.</summary>
/// <remarks>x (n,D,H,W,C) → y (n,F,P,Q,filters). Kernel (depth, height, width, C/groups, filters), as in Keras; named kernel and bias.</remarks>
/// <param name="filters">Channels of the output, at least 1; a multiple of <paramref name="groups"/>.</param>
/// <param name="kernelSize">Kernel depth (frames), height and width, in elements.</param>
/// <param name="strides">Step between windows; 1 when left out.</param>
/// <param name="padding">How the border is treated: valid when left out, <see cref="Border.Same"/>, or frames, rows and columns of zeros.</param>
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
public sealed class Conv3D(int filters, Size3D kernelSize, Size3D? strides = null, Border padding = default, ActivationFunction? activation = null,
    Size3D? dilation = null, int groups = 1, bool useBias = true, Initializer? kernelInitializer = null, Initializer? biasInitializer = null,
    Regularizer? kernelRegularizer = null, Regularizer? biasRegularizer = null, string? name = null) : Layer(name)
{
    private readonly ClipWindows _windows = new(kernelSize, strides ?? 1, dilation ?? 1, padding);
    private Parameter? _bias;

    /// <summary>The kernel, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias => _bias;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (input.Rank != 4) throw ClipWindows.NoClip(Name, input);
        if (filters < 1 || groups < 1 || input[3] % groups != 0 || filters % groups != 0)
            throw new ShapeException($"Layer '{Name}': {input[3]} channels and {filters} filters do not divide into {groups} groups.");
        var (frames, rows, columns) = _windows.Count(Name, ClipWindows.SizeOf(input));
        return (frames, rows, columns, filters);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        var shape = new Shape(kernelSize.D, kernelSize.H, kernelSize.W, inputs[0][3] / groups, filters);
        var fans = Fans.Of(shape);
        Kernel = AddWeight("kernel", shape, kernelInitializer ?? Initializer.GlorotUniform, fans, kernelRegularizer);
        if (useBias) _bias = AddWeight("bias", new Shape(filters), biasInitializer ?? Initializer.Zeros, fans, biasRegularizer);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = x.Conv3D(Kernel!, _windows.Stride, _windows.Padding(ClipWindows.SizeOf(x.Shape)), _windows.Dilation, groups);
        if (_bias is not null) y += _bias;
        return activation is null ? y : activation.Apply(y);
    }
}
