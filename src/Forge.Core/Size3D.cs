namespace Forge.Core;

/// <summary>A depth, a height and a width, in elements, each at least 1: a window over clips, a stride, a dilation.</summary>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Size3D
{
    /// <summary>A size.</summary>
    /// <param name="d">Depth (frames), at least 1.</param>
    /// <param name="h">Height, at least 1.</param>
    /// <param name="w">Width, at least 1.</param>
    /// <exception cref="ShapeException">One is below 1.</exception>
    public Size3D(int d, int h, int w)
    {
        if (d < 1 || h < 1 || w < 1) throw new ShapeException($"Size {d}x{h}x{w}: depth, height and width must be at least 1.");
        (D, H, W) = (d, h, w);
    }

    /// <summary>Depth in elements: frames of a clip.</summary>
    public int D { get; }

    /// <summary>Height in elements.</summary>
    public int H { get; }

    /// <summary>Width in elements.</summary>
    public int W { get; }

    /// <summary>D · H · W.</summary>
    public int Volume => D * H * W;

    /// <summary>What it is within a frame.</summary>
    public Size2D Frame => new(H, W);

    /// <summary>For example 3x3x3.</summary>
    public override string ToString() => $"{D}x{H}x{W}";

    /// <summary>A cube.</summary>
    public static implicit operator Size3D(int side) => new(side, side, side);

    /// <summary>Depth, height and width.</summary>
    public static implicit operator Size3D((int D, int H, int W) size) => new(size.D, size.H, size.W);
}

/// <summary>Frames, rows and columns of zeros around a clip, in elements, none negative.</summary>
/// <param name="Front">Frames before the first.</param>
/// <param name="Back">Frames after the last.</param>
/// <param name="Frame">Rows and columns around each frame.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Padding3D(int Front, int Back, Padding2D Frame)
{
    /// <summary>No padding: Keras's "valid".</summary>
    public static Padding3D Valid => default;

    /// <summary>
    /// Keras's "same": ⌈extent/stride⌉ outputs, the odd frame, row or column after the last
    /// (<paramref name="symmetric"/>: PyTorch's, the same number on both sides).
    /// </summary>
    /// <param name="clip">Depth, height and width of the clip.</param>
    /// <param name="window">The window.</param>
    /// <param name="stride">Elements between windows.</param>
    /// <param name="dilation">Elements between a window's taps.</param>
    /// <param name="symmetric">Whether both sides get the same number.</param>
    public static Padding3D Same(Size3D clip, Size3D window, Size3D stride, Size3D dilation, bool symmetric = false)
    {
        // An axis at a time: frames are rows of an image one column wide.
        var frames = Padding2D.Same(clip.D, 1, (window.D, 1), (stride.D, 1), (dilation.D, 1), symmetric);
        return new(frames.Top, frames.Bottom, Padding2D.Same(clip.H, clip.W, window.Frame, stride.Frame, dilation.Frame, symmetric));
    }

    /// <summary>So many on every side.</summary>
    public static Padding3D Around(int sides) => new(sides, sides, new(sides, sides, sides, sides));

    /// <summary>For example 1,1,0,1,0,1 (front, back, top, bottom, left, right).</summary>
    public override string ToString() => $"{Front},{Back},{Frame}";
}
