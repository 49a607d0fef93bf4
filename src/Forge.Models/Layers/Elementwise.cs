using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A layer whose output has its input's shape.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class ShapePreservingLayer(string? name) : Layer(name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input;

    private protected override bool CarriesMask => true;
}

/// <summary>Applies a function of every element (softmax: of every row).</summary>
/// <param name="activation">The function, or its name.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Activation(ActivationFunction activation, string? name = null) : ShapePreservingLayer(name)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => activation.Apply(x);
}

/// <summary>max(x, 0), with Keras's options.</summary>
/// <param name="maxValue">Values above are cut to it; none are when left out.</param>
/// <param name="negativeSlope">Multiplies what is negative.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class ReLU(float? maxValue = null, float negativeSlope = 0, string? name = null) : ShapePreservingLayer(name)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = negativeSlope == 0 ? x.Relu() : x.LeakyRelu(negativeSlope);
        return maxValue is { } limit ? y.Minimum(x.Graph.Constant(limit)) : y;
    }
}

/// <summary>x where positive, else slope · x.</summary>
/// <param name="negativeSlope">Keras's default is 0.3; PyTorch's is 0.01.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class LeakyReLU(float negativeSlope = 0.3f, string? name = null) : ShapePreservingLayer(name)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x.LeakyRelu(negativeSlope);
}

/// <summary>x · scale + offset, after a cast to f32 where the input is not: makes bytes 0..255 into numbers on the device.</summary>
/// <param name="scale">The factor, such as 1/255.</param>
/// <param name="offset">Added afterwards.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Rescaling(float scale, float offset = 0, string? name = null) : ShapePreservingLayer(name)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = (x.DType == DType.F32 ? x : x.Cast(DType.F32)) * scale;
        return offset == 0 ? y : y + offset;
    }
}
