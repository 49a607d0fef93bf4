using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A layer that uses other layers: their parameters are its parameters.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class CompositeLayer(string? name) : Layer(name)
{
    /// <summary>The layers within, in the order of their parameters.</summary>
    public abstract IReadOnlyList<Layer> Inner { get; }

    /// <inheritdoc/>
    public override bool Trainable
    {
        get => base.Trainable;
        set
        {
            base.Trainable = value;
            foreach (var layer in Inner) layer.Trainable = value;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters => [.. base.Parameters, .. Inner.SelectMany(l => l.Parameters)];

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Penalties() => [.. base.Penalties(), .. Inner.SelectMany(l => l.Penalties())];

    /// <inheritdoc/>
    public override bool IsStateful => Inner.Any(l => l.IsStateful);

    /// <inheritdoc/>
    public override void ResetStates(Engine engine)
    {
        foreach (var layer in Inner) layer.ResetStates(engine);
    }

    /// <summary>Builds a layer within, under this one's name.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="inputs">What it takes, without the batch axis.</param>
    /// <param name="role">Its name unless it was given one.</param>
    private protected void BuildInner(Layer layer, IReadOnlyList<Shape> inputs, string role)
    {
        layer.AssignedName ??= layer.GivenName ?? role;
        layer.Build(inputs, $"{Prefix}{Name}/");
    }
}

/// <summary>One layer for every step of a sequence: x (n, t, ...) → y (n, t, ...), the steps being examples for the layer.</summary>
/// <param name="layer">The layer, for inputs without batch and step axes.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class TimeDistributed(Layer layer, string? name = null) : CompositeLayer(name)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Layer> Inner => [layer];

    private protected override bool CarriesMask => true;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => new([Steps(input), .. layer.ComputeOutputShape(OfStep(input)).Extents]);

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs) => BuildInner(layer, [OfStep(inputs[0])], layer.Kind);

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var y = layer.Call(x.Reshape(new Shape([x.Shape[0] * x.Shape[1], .. x.Shape.Extents[2..]])), training);
        return y.Reshape(new Shape([x.Shape[0], x.Shape[1], .. y.Shape.Extents[1..]]));
    }

    private int Steps(Shape input) => input.Rank >= 1 ? input[0] : throw new ShapeException($"Layer '{Name}' takes sequences (steps, ...), not {input}.");

    private Shape OfStep(Shape input) => Steps(input) >= 0 ? new(input.Extents[1..]) : input;
}

/// <summary>How the outputs of two directions become one.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum MergeMode
{
    /// <summary>One after the other, along the last axis.</summary>
    Concat,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>Their product.</summary>
    Mul,

    /// <summary>Their mean.</summary>
    Ave,
}

/// <summary>Two recurrent layers of one kind over the same sequences, one forwards and one backwards in time.</summary>
/// <remarks>x (n, t, f) → (n, t, u') where the layers return sequences, each output at the place of its step, else (n, u'); u' is 2·units for <see cref="MergeMode.Concat"/>.</remarks>
/// <param name="layer">Makes the layer: called twice.</param>
/// <param name="mergeMode">How the two outputs become one.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Bidirectional(Func<RecurrentLayer> layer, MergeMode mergeMode = MergeMode.Concat, string? name = null) : CompositeLayer(name)
{
    /// <summary>Walks forwards.</summary>
    public RecurrentLayer Forward { get; } = layer();

    /// <summary>Walks backwards.</summary>
    public RecurrentLayer Backward { get; } = layer();

    /// <inheritdoc/>
    public override IReadOnlyList<Layer> Inner => [Forward, Backward];

    private protected override bool CarriesMask => Forward.ReturnSequences;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (ReferenceEquals(Forward, Backward)) throw new ForgeException($"Layer '{Name}': the function gave one layer twice. Make a new one each time.");
        var one = Forward.ComputeOutputShape(input);
        return mergeMode == MergeMode.Concat ? one.With(-1, 2 * one[-1]) : one;
    }

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        BuildInner(Forward, inputs, $"forward_{Forward.Kind}");
        BuildInner(Backward, inputs, $"backward_{Backward.Kind}");
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        var (forward, backward) = (Forward.Call(x, training), Backward.CallBackwards(x, training));
        return mergeMode switch
        {
            MergeMode.Concat => Tensor.Concat(-1, forward, backward),
            MergeMode.Sum => forward + backward,
            MergeMode.Mul => forward * backward,
            _ => (forward + backward) * 0.5f,
        };
    }
}

/// <summary>Layers one after another of which training keeps only what goes in; the rest is computed again for the gradient (gradient checkpointing).</summary>
/// <param name="layers">At least one.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Checkpointed(params IReadOnlyList<Layer> layers) : CompositeLayer(null)
{
    /// <inheritdoc/>
    public override IReadOnlyList<Layer> Inner => layers;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => layers.Aggregate(input, (shape, layer) => layer.ComputeOutputShape(shape));

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        var shape = inputs[0];
        for (var i = 0; i < layers.Count; i++)
        {
            BuildInner(layers[i], [shape], FormattableString.Invariant($"{layers[i].Kind}_{i}"));
            shape = layers[i].ComputeOutputShape(shape);
        }
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training)
    {
        // Masks are kept by value, and the values within are others than those outside.
        var (mask, passed) = (x.Mask(), false);
        var results = Tensor.Checkpoint(
            own =>
            {
                var y = own.Count > 1 ? own[0].WithMask(own[1]) : own[0];
                foreach (var layer in layers) y = layer.Call(y, training);
                passed = y.Mask() is not null;
                return passed ? [y, y.Mask()!] : [y];
            },
            mask is null ? [x] : [x, mask]);
        return passed ? results[0].WithMask(results[1]) : results[0];
    }
}
