using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>How an image's border is treated: a rule, or rows and columns said outright.</summary>
/// <remarks>A number is padding on all four sides (PyTorch's padding=1), a <see cref="Padding2D"/> on each.</remarks>
public readonly record struct Border
{
    private readonly Rule _rule;
    private readonly Padding2D _padding;

    private Border(Rule rule, Padding2D padding = default) => (_rule, _padding) = (rule, padding);

    private enum Rule
    {
        Explicit,
        Same,
        SameSymmetric,
    }

    /// <summary>Windows lie inside the image: Keras's "valid".</summary>
    public static Border Valid => default;

    /// <summary>⌈extent/stride⌉ outputs; an odd row or column of padding is at the bottom or right: Keras's "same".</summary>
    public static Border Same => new(Rule.Same);

    /// <summary>As <see cref="Same"/>, with the same number of rows and columns on both sides: PyTorch's padding.</summary>
    public static Border SameSymmetric => new(Rule.SameSymmetric);

    /// <summary>So many rows and columns around the image.</summary>
    public static Border Of(Padding2D padding) => new(Rule.Explicit, padding);

    /// <inheritdoc cref="Of"/>
    public static implicit operator Border(Padding2D padding) => Of(padding);

    /// <summary>So many rows and columns on every side.</summary>
    public static implicit operator Border(int sides) => Of(new(sides, sides, sides, sides));

    /// <summary>valid, same, same symmetric, or top,bottom,left,right.</summary>
    public override string ToString() => _rule switch
    {
        Rule.Same => "same",
        Rule.SameSymmetric => "same symmetric",
        _ => _padding == default ? "valid" : _padding.ToString(),
    };

    /// <summary>The rows and columns around an image of this size.</summary>
    internal Padding2D Around(int height, int width, Size2D window, Size2D stride, Size2D dilation) => _rule == Rule.Explicit
        ? _padding
        : Padding2D.Same(height, width, window, stride, dilation, symmetric: _rule == Rule.SameSymmetric);
}
