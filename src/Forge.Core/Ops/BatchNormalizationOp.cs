using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Normalises each channel by its mean and variance over the batch: y = gamma · (x − mean) / √(variance + epsilon) + beta.</summary>
/// <param name="Epsilon">Added to the variance; more than 0. Keras: 1e-3, PyTorch: 1e-5.</param>
/// <remarks>
/// x f32 (…,C), gamma f32 (C), beta f32 (C) → y f32 (…,C), mean f32 (C), variance f32 (C), all over every axis but the last. The
/// variance is biased (divided by the count), as Keras keeps it; PyTorch's running variance is that times n / (n − 1).
/// Differentiable in all three outputs. Source: Keras 3 BatchNormalization, training=True.
/// </remarks>
/// <exception cref="ShapeException">x has no elements or gamma or beta do not have one number a channel.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BatchNormalizationOp(float Epsilon) : Op, ISampled
{
    /// <summary>Added to the variance.</summary>
    public float Epsilon { get; } = Epsilon > 0 ? Epsilon : throw new ShapeException($"BatchNormalization: epsilon {Epsilon} must be more than 0.");

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var channels = Channels(this, inputs, inputs[0].MustBeRows(this, inputs), inputs[1], inputs[2]);
        return [inputs[0], channels, channels];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, gamma, beta) = (inputs[0], inputs[1], inputs[2]);
        var (y, mean, variance) = (outputs[0], outputs[1], outputs[2]);
        var (channels, rows) = (gamma.Shape.Count, Rows.Count(x));
        for (var i = 0; i < x.Elements.Length; i++) mean[i % channels] += x[i] / rows;
        for (var i = 0; i < x.Elements.Length; i++) variance[i % channels] += Math.Pow(x[i] - mean[i % channels], 2) / rows;
        for (var i = 0; i < x.Elements.Length; i++)
        {
            var c = i % channels;
            y[i] = gamma[c] * (x[i] - mean[c]) / Math.Sqrt(variance[c] + Epsilon) + beta[c];
        }
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        var (x, mean, variance) = (node.Inputs[0], node.Outputs[1], node.Outputs[2]);
        var back = node.Graph.Add(new BatchNormalizationGradOp(Epsilon), x, node.Inputs[1], mean, variance, cotangents[0]).Outputs;
        var (dx, rows) = (back[0], (float)(x.Shape.Count / mean.Shape.Count));
        if (cotangents.Flows(1)) dx += cotangents[1] / rows;
        if (cotangents.Flows(2)) dx += (x - mean) * (cotangents[2] * 2f / rows);
        return [dx, back[1], back[2]];
    }

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(8.0 * inputs[0].Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(1, 4), low: 2, high: 7);
        var channels = new Shape(x[-1]);
        return new(new BatchNormalizationOp(draw.OneOf(1e-3f, 1e-2f)), draw.Distinct(x, gap: 0.1), draw.Uniform(channels, 0.5, 1.5), draw.Uniform(channels));
    }

    /// <summary>The type of one number a channel, which these must have.</summary>
    internal static TensorType Channels(Op op, IReadOnlyList<TensorType> inputs, TensorType x, params ReadOnlySpan<TensorType> each)
    {
        var channels = new TensorType(DType.F32, new Shape(x.Shape[-1]));
        if (x.Count == 0) throw new ShapeException(op, inputs, $"x is {x.Shape}: there is nothing to take a mean of", "Give at least one row.");
        foreach (var type in each)
            if (type != channels) throw new ShapeException(op, inputs, $"{type} does not fit the {x.Shape[-1]} channels of x", $"It must be {channels}.");
        return channels;
    }
}
