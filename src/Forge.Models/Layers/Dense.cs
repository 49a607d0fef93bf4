using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>y = activation(x · kernel + bias), along the last axis: x (n, ..., in) → y (n, ..., units). Kernel (in, units), as in Keras.</summary>
/// <param name="units">Extent of the output's last axis, at least 1.</param>
/// <param name="activation">Applied to the result; none when left out.</param>
/// <param name="useBias">Whether a bias is added.</param>
/// <param name="kernelInitializer">The kernel's first value; Glorot uniform when left out.</param>
/// <param name="biasInitializer">The bias's first value; zeros when left out.</param>
/// <param name="kernelRegularizer">A penalty on the kernel.</param>
/// <param name="biasRegularizer">A penalty on the bias.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Dense(int units, ActivationFunction? activation = null, bool useBias = true, Initializer? kernelInitializer = null,
    Initializer? biasInitializer = null, Regularizer? kernelRegularizer = null, Regularizer? biasRegularizer = null, string? name = null) : Layer(name)
{
    private Parameter? _bias;

    /// <summary>The kernel, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias => _bias;

    private protected override bool CarriesMask => true;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (units < 1) throw new ShapeException($"Layer '{Name}' has {units} units, but must have at least 1.");
        if (input.Rank < 1) throw new ShapeException($"Layer '{Name}' takes (batch, ..., features); its input has the batch axis alone.");
        return input.With(-1, units);
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape shape = (inputs[0][-1], units);
        var fans = Fans.Of(shape);
        Kernel = AddWeight("kernel", shape, kernelInitializer ?? Initializer.GlorotUniform, fans, kernelRegularizer);
        if (useBias) _bias = AddWeight("bias", new Shape(units), biasInitializer ?? Initializer.Zeros, fans, biasRegularizer);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = x.MatMul(Kernel!);
        if (_bias is not null) y += _bias;
        return activation is null ? y : activation.Apply(y);
    }
}
