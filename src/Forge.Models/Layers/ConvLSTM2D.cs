using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>Long short-term memory whose products are convolutions: states are images.</summary>
/// <remarks>
/// x (n, t, H, W, c) → y (n, P, Q, filters), the last step's state, or (n, t, P, Q, filters) with <paramref name="returnSequences"/>. Gates in the order
/// i, f, g, o; kernel (height, width, c, 4 · filters), recurrent_kernel (height, width, filters, 4 · filters), whose border is padded to the same
/// size, and bias (4 · filters). A composition: all steps' inputs are one convolution, each step's state is another. States begin at zero.
/// </remarks>
/// <param name="filters">Channels of a state, at least 1.</param>
/// <param name="kernelSize">Kernel height and width, in elements.</param>
/// <param name="strides">Step between windows of the inputs; 1 when left out.</param>
/// <param name="padding">How the inputs' border is treated: valid when left out.</param>
/// <param name="returnSequences">Whether the state of every step comes out.</param>
/// <param name="unitForgetBias">Whether the forget gate's bias begins at one.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class ConvLSTM2D(int filters, Size2D kernelSize, Size2D? strides = null, Border padding = default, bool returnSequences = false,
    bool unitForgetBias = true, string? name = null) : Layer(name)
{
    private const int Gates = 4;
    private readonly Windows _windows = new(kernelSize, strides ?? 1, 1, padding);

    /// <summary>What the inputs are convolved with, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>What the states are convolved with, once built.</summary>
    public Parameter? RecurrentKernel { get; private set; }

    /// <summary>The bias, once built.</summary>
    public Parameter? Bias { get; private set; }

    private protected override bool CarriesMask => returnSequences;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (filters < 1) throw new ShapeException($"Layer '{Name}' has {filters} filters, but must have at least 1.");
        if (input.Rank != 4 || input[0] < 1) throw new ShapeException($"Layer '{Name}' takes sequences of images (steps, height, width, channels), not {input}.");
        var (rows, columns) = _windows.Count(Name, input[1], input[2]);
        return returnSequences ? (input[0], rows, columns, filters) : (rows, columns, filters);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape kernel = (kernelSize.H, kernelSize.W, inputs[0][3], Gates * filters), recurrent = (kernelSize.H, kernelSize.W, filters, Gates * filters);
        Kernel = AddWeight("kernel", kernel, Initializer.GlorotUniform, Fans.Of(kernel));
        RecurrentKernel = AddWeight("recurrent_kernel", recurrent, Initializer.Orthogonal, Fans.Of(recurrent));
        Bias = AddWeight("bias", new(Gates * filters), unitForgetBias ? new UnitForgetBias(Initializer.Zeros) : Initializer.Zeros, Fans.Of(kernel));
    }

    private protected override bool Accepts(IReadOnlyList<Shape> shapes) => ComputeOutputShape(shapes[0]).Rank > 0 && shapes[0][3] == InputShapes![0][3];

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var (n, t, mask) = (x.Shape[0], x.Shape[1], x.Mask());
        var images = x.Reshape(new Shape([n * t, .. x.Shape.Extents[2..]]));
        var projections = images.Conv2D(Kernel!, _windows.Stride, _windows.Padding(x.Shape[2], x.Shape[3])) + Bias!;
        var (rows, columns) = (projections.Shape[1], projections.Shape[2]);
        projections = projections.Reshape(n, t, rows, columns, Gates * filters);
        var around = Border.Same.Around(rows, columns, kernelSize, 1, 1);
        var h = x.Graph.Full(new(DType.F32, (n, rows, columns, filters)), 0);
        var (cell, states) = (h, new Tensor[t]);
        for (var step = 0; step < t; step++)
        {
            var sums = projections.SliceAxis(1, step, 1).Squeeze(1) + h.Conv2D(RecurrentKernel!, 1, around);
            var after = Gate(sums, 1).Sigmoid() * cell + Gate(sums, 0).Sigmoid() * Gate(sums, 2).Tanh();
            var state = Gate(sums, 3).Sigmoid() * after.Tanh();
            var counts = mask?.SliceAxis(1, step, 1).Reshape(n, 1, 1, 1);
            (h, cell) = (counts?.Select(state, h) ?? state, counts?.Select(after, cell) ?? after);
            states[step] = h;
        }
        return returnSequences ? Tensor.Stack(1, states) : h;
    }

    private Tensor Gate(Tensor sums, int gate) => sums.SliceAxis(-1, gate * filters, filters);
}
