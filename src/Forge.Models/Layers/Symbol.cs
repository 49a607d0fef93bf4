using System.Diagnostics;
using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A value of a functional model before anything is computed: which layer makes it, from what, and its shape.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
[DebuggerDisplay("{Layer.Name} {Shape}")]
public sealed class Symbol
{
    internal Symbol(Layer layer, IReadOnlyList<Symbol> inputs, Shape shape) => (Layer, Inputs, Shape) = (layer, inputs, shape);

    /// <summary>What makes the value.</summary>
    public Layer Layer { get; }

    /// <summary>What it is made from; none for a model's input.</summary>
    public IReadOnlyList<Symbol> Inputs { get; }

    /// <summary>The extents without the batch axis.</summary>
    public Shape Shape { get; }
}

/// <summary>Where a batch enters a model. First in a <see cref="Sequential"/>, or the start of a functional model.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Input : ShapePreservingLayer
{
    /// <summary>An input.</summary>
    /// <param name="shape">The extents without the batch axis: (height, width, channels) for images.</param>
    /// <param name="name">The layer's name.</param>
    public Input(Shape shape, string? name = null) : base(name) => Symbol = new(this, [], Shape = shape);

    /// <summary>The extents without the batch axis.</summary>
    public Shape Shape { get; }

    /// <summary>The value that enters, for layers to be called on.</summary>
    public Symbol Symbol { get; }

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => input.Equals(Shape)
        ? input
        : throw new ShapeException($"The model takes {Shape}, not {input} (batch axis left out).");

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => x;

    /// <summary>The value that enters, so that an input can be used as one.</summary>
    public static implicit operator Symbol(Input input) => input.Symbol;
}
