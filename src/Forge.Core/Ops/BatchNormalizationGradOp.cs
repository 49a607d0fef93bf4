using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of batch normalisation for its first output, from the statistics of the forward pass.</summary>
/// <param name="Epsilon">As in the forward pass.</param>
/// <remarks>
/// x f32 (…,C), gamma, mean, variance f32 (C), dy f32 (…,C) → dx f32 (…,C), dgamma, dbeta f32 (C). With n rows,
/// s = 1/√(variance + epsilon) and z = (x − mean) · s: dbeta = Σ dy, dgamma = Σ dy · z, dx = gamma · s · (dy − dbeta/n − z · dgamma/n).
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BatchNormalizationGradOp(float Epsilon) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var x = inputs[0].MustBeRows(this, inputs);
        if (inputs[4] != x) throw new ShapeException(this, inputs, $"dy is {inputs[4]}, but x is {x}", "Give both one shape.");
        var channels = BatchNormalizationOp.Channels(this, inputs, x, inputs[1], inputs[2], inputs[3]);
        return [x, channels, channels];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, gamma, mean, variance, dy) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]);
        var (dx, dgamma, dbeta) = (outputs[0], outputs[1], outputs[2]);
        var (channels, rows) = (gamma.Shape.Count, (double)Rows.Count(x));
        for (var i = 0; i < x.Elements.Length; i++)
        {
            dbeta[i % channels] += dy[i];
            dgamma[i % channels] += dy[i] * Standard(i);
        }
        for (var i = 0; i < x.Elements.Length; i++)
        {
            var c = i % channels;
            dx[i] = gamma[c] / Math.Sqrt(variance[c] + Epsilon) * (dy[i] - dbeta[c] / rows - Standard(i) * dgamma[c] / rows);
        }

        double Standard(int i) => (x[i] - mean[i % channels]) / Math.Sqrt(variance[i % channels] + Epsilon);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => ComposedVjp.Of(node, cotangents, inputs =>
    {
        var (x, gamma, mean, variance, dy) = (inputs[0], inputs[1], inputs[2], inputs[3], inputs[4]);
        var scale = (variance + Epsilon).Rsqrt();
        var z = (x - mean) * scale;
        var (dgamma, dbeta, rows) = ((dy * z).SumTo(gamma.Shape), dy.SumTo(gamma.Shape), (float)(x.Shape.Count / gamma.Shape.Count));
        return [gamma * scale * (dy - dbeta / rows - z * (dgamma / rows)), dgamma, dbeta];
    });

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        new(12.0 * inputs[0].Count, Core.Cost.Streaming(inputs, outputs).Bytes);

    public static OpCase Sample(Draw draw)
    {
        var x = draw.Shape(draw.Int(1, 4), low: 2, high: 7);
        var channels = new Shape(x[-1]);
        return new(new BatchNormalizationGradOp(draw.OneOf(1e-3f, 1e-2f)), draw.Uniform(x), draw.Uniform(channels, 0.5, 1.5),
            draw.Uniform(channels, -0.2, 0.2), draw.Uniform(channels, 0.2, 1), draw.Uniform(x));
    }
}
