using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>What layers share that normalise each example on its own, in training and inference alike: a gamma and a beta, and no running statistics.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class ExampleNormalization : ShapePreservingLayer
{
    private readonly bool _center, _scale;
    private Parameter? _gamma, _beta;

    private protected ExampleNormalization(bool center, bool scale, string? name) : base(name) => (_center, _scale) = (center, scale);

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        var shape = WeightShape(inputs[0]);
        var fans = Fans.Of(shape);
        if (_scale) _gamma = AddWeight("gamma", shape, Initializer.Ones, fans);
        if (_center) _beta = AddWeight("beta", shape, Initializer.Zeros, fans);
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => Normalize(x, _gamma is null ? null : (Tensor)_gamma, _beta is null ? null : (Tensor)_beta);

    private protected abstract Shape WeightShape(Shape input);

    private protected abstract Tensor Normalize(Tensor x, Tensor? gamma, Tensor? beta);

    /// <summary>An axis of a batch as one of an example, from 0.</summary>
    private protected int OwnAxis(int axis, Shape input)
    {
        var own = axis < 0 ? axis + input.Rank : axis - 1;
        return own >= 0 && own < input.Rank
            ? own
            : throw new ShapeException($"Layer '{Name}': axis {axis} is the batch or is not there, for examples {input}. Use one of 1 to {input.Rank}, or -1 for the last.");
    }
}

/// <summary>Gives each example, along some axes, mean 0 and variance 1, then a learned gamma and beta for each index along them.</summary>
/// <remarks>
/// x (n, ...) → y of that shape; gamma and beta have the extents of the axes. Keras's layer; PyTorch's LayerNorm(shape) is it with the last axes, as many as its shape has, and an
/// epsilon of 1e-5.
/// </remarks>
/// <param name="axes">What is averaged over, counted with the batch as axis 0; the last when left out.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="center">Whether a beta is learned.</param>
/// <param name="scale">Whether a gamma is learned.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class LayerNormalization(IReadOnlyList<int>? axes = null, float epsilon = 1e-3f, bool center = true, bool scale = true, string? name = null)
    : ExampleNormalization(center, scale, name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => Axes(input).Length > 0 ? input : throw new ShapeException($"Layer '{Name}' has no axes to average over. Name one at least, such as -1.");

    private protected override Shape WeightShape(Shape input) => new([.. Axes(input).Select(axis => input[axis])]);

    private protected override Tensor Normalize(Tensor x, Tensor? gamma, Tensor? beta)
    {
        var axes = Axes(new Shape(x.Shape.Extents[1..]));
        var stretching = new Shape([.. Enumerable.Range(0, x.Shape.Rank - 1).Select(axis => axes.Contains(axis) ? x.Shape[axis + 1] : 1)]);
        return x.LayerNormalization([.. axes.Select(a => a + 1)], gamma?.Reshape(stretching), beta?.Reshape(stretching), epsilon);
    }

    private int[] Axes(Shape input) => [.. (axes ?? [-1]).Select(axis => OwnAxis(axis, input)).Distinct().Order()];
}

/// <summary>Gives each group of channels of each example mean 0 and variance 1, then a learned gamma and beta for each channel.</summary>
/// <remarks>x (n, ..., C) → y of that shape. Keras's layer; PyTorch's GroupNorm is it with an epsilon of 1e-5.</remarks>
/// <param name="groups">Groups of neighbouring channels; −1 for as many as there are channels.</param>
/// <param name="axis">The channels, counted with the batch as axis 0.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="center">Whether a beta is learned.</param>
/// <param name="scale">Whether a gamma is learned.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public class GroupNormalization(int groups = 32, int axis = -1, float epsilon = 1e-3f, bool center = true, bool scale = true, string? name = null) : ExampleNormalization(center, scale, name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        var channels = input[OwnAxis(axis, input)];
        if (groups != -1 && (groups < 1 || channels % groups != 0))
            throw new ShapeException($"Layer '{Name}': {channels} channels do not divide into {groups} groups. Use {string.Join(", ", Divisors(channels))}, or -1 for a group of each channel.");
        return input;
    }

    private protected override Shape WeightShape(Shape input) => new(input[OwnAxis(axis, input)]);

    private protected override Tensor Normalize(Tensor x, Tensor? gamma, Tensor? beta)
    {
        var channels = OwnAxis(axis, new Shape(x.Shape.Extents[1..])) + 1;
        return x.GroupNormalization(groups == -1 ? x.Shape[channels] : groups, gamma, beta, channels, epsilon);
    }

    private static IEnumerable<int> Divisors(int channels) => Enumerable.Range(1, channels).Where(g => channels % g == 0);
}

/// <summary>Gives each channel of each example mean 0 and variance 1, then a learned gamma and beta: a <see cref="GroupNormalization"/> with a group for each channel.</summary>
/// <remarks>x (n, ..., C) → y of that shape. PyTorch's InstanceNorm learns no gamma and beta unless told to, and has an epsilon of 1e-5.</remarks>
/// <param name="axis">The channels, counted with the batch as axis 0.</param>
/// <param name="epsilon">Added to the variance.</param>
/// <param name="center">Whether a beta is learned.</param>
/// <param name="scale">Whether a gamma is learned.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class InstanceNormalization(int axis = -1, float epsilon = 1e-3f, bool center = true, bool scale = true, string? name = null) : GroupNormalization(-1, axis, epsilon, center, scale, name)
{
    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Rank > 1
        ? base.ComputeOutputShape(input)
        : throw new ShapeException($"Layer '{Name}' takes images or sequences (..., channels), not {input}: a channel of one element has no variance. Use LayerNormalization.");
}
