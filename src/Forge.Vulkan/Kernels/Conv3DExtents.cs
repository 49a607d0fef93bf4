using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>How windows step over the frames of clips, where the images of a convolution are frames.</summary>
/// <param name="D">Frames of a clip of x.</param>
/// <param name="F">Frames of a clip of y.</param>
/// <param name="Taps">Frames of a window.</param>
/// <param name="Stride">Frames between windows.</param>
/// <param name="Dilation">Frames between the taps of a window.</param>
/// <param name="Front">Frames of zeros before the first of x.</param>
/// <param name="Back">Frames of zeros after the last of x.</param>
internal sealed record FrameSteps(int D, int F, int Taps, int Stride, int Dilation, int Front, int Back);

/// <summary>The sizes of a <see cref="Conv3DOp"/> and its gradients, as a convolution of frames: what the shaders of Conv2D, built with DEPTH, take.</summary>
/// <remarks>Frames of all clips are counted through, and so are the rows of taps of a window's frames: no element moves for that.</remarks>
internal static class Conv3DExtents
{
    /// <summary>The sizes.</summary>
    /// <param name="geometry">Stride, padding, dilation, groups.</param>
    /// <param name="x">(N, D, H, W, C).</param>
    /// <param name="w">(KD, KH, KW, C/groups, O).</param>
    /// <param name="y">(N, F, P, Q, O).</param>
    public static Conv2DExtents Of(Conv3DGeometry geometry, Shape x, Shape w, Shape y) =>
        new(geometry.Frame, Joined(x), Joined(w), Joined(y))
        {
            RowsOfWindow = w[1],
            Steps = new(x[1], y[1], w[0], geometry.Stride.D, geometry.Dilation.D, geometry.Padding.Front, geometry.Padding.Back),
        };

    /// <summary>The variants, those of tiles and matrices with the shader for images built for clips.</summary>
    /// <param name="variants">Variants.</param>
    /// <param name="stem">The stem of the shader for images.</param>
    public static IEnumerable<Variant> OverClips(IEnumerable<Variant> variants, string stem) =>
        variants.Select(v => v.Family is Family.Tiled or Family.Coopmat ? v with { Shader = stem + ".tiled.comp", Defines = [.. v.Defines ?? [], Depth] } : v);

    /// <summary>Whether a lane kernel's push block has room: that of clips is four words longer, which 128 bytes with a short table do not hold.</summary>
    public static bool Fits(Conv2DExtents extents, LaneForm form) => extents.Steps is null || form.Table == LaneTerms.Table;

    /// <summary>The macro that builds a shader of Conv2D for clips.</summary>
    public static (string Name, string Value) Depth => ("DEPTH", "1");

    private static Shape Joined(Shape five) => (five[0] * five[1], five[2], five[3], five[4]);
}
