using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Lays f32 tensors one after another in a flat one, zeros between: y[starts[i] + k] = xᵢ[k].</summary>
/// <param name="Layout">The flat shape and where each input starts, in elements.</param>
/// <remarks>Has no kernel: the planner has the inputs made in their places, or copies them there.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PackOp(PackLayout Layout) : Op, ISampled
{
    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != Layout.Starts.Count)
            throw new ShapeException(this, inputs, $"{inputs.Count} inputs for {Layout.Starts.Count} places", "Give one input for each place.");
        for (var i = 0; i < inputs.Count; i++)
        {
            inputs[i].MustBe(DType.F32, name: $"input {i}");
            var end = i + 1 < inputs.Count ? Layout.Starts[i + 1] : Layout.Shape.Count;
            if (Layout.Starts[i] + inputs[i].Count > end)
                throw new ShapeException(this, inputs, $"input {i} has {inputs[i].Count} elements; there is room for {end - Layout.Starts[i]}", "Use the layout made for these inputs.");
        }
        return [new(DType.F32, Layout.Shape)];
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        for (var i = 0; i < inputs.Count; i++) inputs[i].Elements.CopyTo(outputs[0].Elements, Layout.Starts[i]);
    }

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) =>
        [.. node.Inputs.Select((x, i) => cotangents[0].Slice([Layout.Starts[i]], [x.Shape.Count]).Reshape(x.Shape))];

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => default;

    public static OpCase Sample(Draw draw)
    {
        var shapes = Enumerable.Range(0, draw.Int(1, 3)).Select(_ => draw.Shape(draw.Int(0, 2))).ToArray();
        var (starts, end) = (new List<int>(), 0);
        foreach (var shape in shapes)
        {
            starts.Add(end);
            end += shape.Count + draw.Int(0, 3);
        }
        return new(new PackOp(new PackLayout(new Shape(end), [.. starts])), [.. shapes.Select(s => draw.Uniform(s))]);
    }
}
