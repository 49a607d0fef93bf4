using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;

namespace Forge.Models.Gan;

/// <summary>Spreads each pixel over 4x4 of an image twice as high and wide: the transpose of a convolution with stride 2 and padding 1.</summary>
/// <remarks>x (n,H,W,C) → y (n,2H,2W,filters). Kernel (4, 4, filters, C), as Keras's Conv2DTranspose has it.</remarks>
internal sealed class Doubling(int filters, bool useBias = false, ActivationFunction? activation = null, string? name = null) : Layer(name)
{
    private const int Taps = 4;
    private Parameter? _kernel, _bias;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank == 3
        ? (2 * input[0], 2 * input[1], filters)
        : throw new ShapeException($"Layer '{Name}' takes images (height, width, channels), not {input}.");

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (Taps, Taps, filters, inputs[0][2]);
        _kernel = AddWeight("kernel", shape, Initializer.GlorotUniform, Fans.Of(shape));
        if (useBias) _bias = AddWeight("bias", new Shape(filters), Initializer.Zeros, Fans.Of(shape));
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = new Conv2DInputGradientOp(new(2, new(1, 1, 1, 1), 1, 1), (2 * x.Shape[1], 2 * x.Shape[2])).On(x, _kernel!);
        if (_bias is not null) y += _bias;
        return activation is null ? y : activation.Apply(y);
    }
}
