using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>How the border of an image, clip or sequence is treated: a rule, or frames, rows and columns said outright.</summary>
/// <remarks>A number is padding on every side (PyTorch's padding=1), a <see cref="Padding2D"/> says rows and columns, a <see cref="Padding3D"/> frames too.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Border
{
    private readonly Rule _rule;
    private readonly Padding3D _padding;

    private Border(Rule rule, Padding3D padding = default) => (_rule, _padding) = (rule, padding);

    private enum Rule
    {
        Explicit,
        Sides,
        Same,
        SameSymmetric,
        Causal,
    }

    /// <summary>Windows lie inside the image: Keras's "valid".</summary>
    public static Border Valid => default;

    /// <summary>⌈extent/stride⌉ outputs; an odd row or column of padding is at the bottom or right: Keras's "same".</summary>
    public static Border Same => new(Rule.Same);

    /// <summary>As <see cref="Same"/>, with the same number of rows and columns on both sides: PyTorch's padding.</summary>
    public static Border SameSymmetric => new(Rule.SameSymmetric);

    /// <summary>All padding before the first step, so that no output sees what comes after it: Keras's "causal". For <see cref="Conv1D"/> alone.</summary>
    public static Border Causal => new(Rule.Causal);

    /// <summary>So many rows and columns around the image.</summary>
    public static Border Of(Padding2D padding) => Of(new Padding3D(0, 0, padding));

    /// <summary>So many frames, rows and columns around the clip.</summary>
    public static Border Of(Padding3D padding) => new(Rule.Explicit, padding);

    /// <inheritdoc cref="Of(Padding2D)"/>
    public static implicit operator Border(Padding2D padding) => Of(padding);

    /// <inheritdoc cref="Of(Padding3D)"/>
    public static implicit operator Border(Padding3D padding) => Of(padding);

    /// <summary>So many frames, rows and columns on every side.</summary>
    public static implicit operator Border(int sides) => new(Rule.Sides, Padding3D.Around(sides));

    /// <summary>valid, same, same symmetric, causal, or top,bottom,left,right, after front,back where there are frames.</summary>
    public override string ToString() => _rule switch
    {
        Rule.Same => "same",
        Rule.SameSymmetric => "same symmetric",
        Rule.Causal => "causal",
        _ when _padding == default => "valid",
        Rule.Explicit when _padding is not { Front: 0, Back: 0 } => _padding.ToString(),
        _ => _padding.Frame.ToString(),
    };

    /// <summary>The rule, where padding was not said outright.</summary>
    internal bool IsRule => _rule is Rule.Same or Rule.SameSymmetric;

    /// <summary>The rows and columns around an image of this size.</summary>
    /// <exception cref="ShapeException">The border has frames, or is causal: images have neither a time nor frames.</exception>
    internal Padding2D Around(int height, int width, Size2D window, Size2D stride, Size2D dilation) => _rule switch
    {
        Rule.Sides => _padding.Frame,
        Rule.Explicit when _padding is { Front: 0, Back: 0 } => _padding.Frame,
        Rule.Explicit => throw new ShapeException($"Padding {_padding} has frames in front or behind, which an image has not. Give a Padding2D."),
        Rule.Causal => throw new ShapeException("Causal padding is for sequences (Conv1D). Say the rows and columns with a Padding2D."),
        _ => Padding2D.Same(height, width, window, stride, dilation, symmetric: _rule == Rule.SameSymmetric),
    };

    /// <summary>The frames, rows and columns around a clip of this size.</summary>
    /// <exception cref="ShapeException">The border is causal.</exception>
    internal Padding3D Around(Size3D clip, Size3D window, Size3D stride, Size3D dilation) => _rule switch
    {
        Rule.Sides or Rule.Explicit => _padding,
        Rule.Causal => throw new ShapeException("Causal padding is for sequences (Conv1D). Say the frames, rows and columns with a Padding3D."),
        _ => Padding3D.Same(clip, window, stride, dilation, symmetric: _rule == Rule.SameSymmetric),
    };

    /// <summary>The steps before and after a sequence, as columns of an image of one row.</summary>
    /// <exception cref="ShapeException">The border has rows or frames, which a sequence has not.</exception>
    internal Padding2D Around(int length, int window, int stride, int dilation)
    {
        var (_, _, left, right) = _padding.Frame;
        return _rule switch
        {
            Rule.Sides => new(0, 0, left, right),
            Rule.Explicit when _padding == new Padding3D(0, 0, new(0, 0, left, right)) => _padding.Frame,
            Rule.Explicit => throw new ShapeException($"Padding {this} has rows or frames, which a sequence has not. Give a number, or Padding2D(0, 0, before, after)."),
            Rule.Causal => new(0, 0, (window - 1) * dilation, 0),
            _ => Padding2D.Same(1, length, (1, window), (1, stride), (1, dilation), symmetric: _rule == Rule.SameSymmetric),
        };
    }
}
