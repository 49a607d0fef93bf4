using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>0 with probability rate, else x / (1 − rate), by a random word for each element.</summary>
/// <param name="Rate">The share that is dropped, at least 0 and less than 1.</param>
/// <param name="Stream">Which stream of the graph; words are laid out as <see cref="GraphRandom"/> says.</param>
/// <remarks>
/// <para>x f32, then seed low, seed high and step u32 () → y f32. Element i is kept when ⌊wᵢ/2⁸⌋ ≥ rate · 2²⁴.</para>
/// <para>No mask is stored: the gradient is the same op on the cotangent, which draws the same words. A NaN that is dropped is gone.
/// Source: Keras 3 Dropout.</para>
/// </remarks>
/// <exception cref="ShapeException">The rate is out of range, or the key is missing.</exception>
/// <threadsafety>Immutable.</threadsafety>
public sealed record DropoutOp(float Rate, int Stream) : Op, ISampled
{
    /// <summary>The share that is dropped.</summary>
    public float Rate { get; } = Rate is >= 0 and < 1 ? Rate : throw new ShapeException($"Dropout: rate {Rate} is not in [0, 1). Use the share of elements to drop.");

    /// <summary>The least upper 24 bits of a word whose element is kept.</summary>
    public uint Threshold => (uint)Math.Round(Rate * (double)(1 << 24));

    /// <summary>What kept elements are multiplied by.</summary>
    public float Scale => (float)(1 / (1 - (double)Rate));

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        GraphRandom.CheckKey(this, inputs);
        return [inputs[0].MustBe(DType.F32, name: "x")];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (x, y) = (inputs[0], outputs[0]);
        for (var i = 0; i < x.Elements.Length; i++)
            y[i] = GraphRandom.Block(inputs, Stream, i / 4)[i % 4] >> 8 >= Threshold ? x[i] * Scale : 0;
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [On(cotangents[0], node.Inputs[1], node.Inputs[2], node.Inputs[3]), null, null, null];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 6);

    // Each element is read and written by one invocation.
    public override bool MayWriteOver(int output, int input) => input == 0;

    public static OpCase Sample(Draw draw) =>
        new(new DropoutOp(draw.OneOf(0.5f, 0, 0.25f, 0.9f), draw.Int(0, 99)), [draw.Uniform(draw.Shape(draw.Int(0, 4))), .. GraphRandom.SampleKey(draw)]);
}
