using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>A convolution as the lane kernels see it: Conv2D, or those pixels of its input gradient that are a convolution of dy at stride 1.</summary>
/// <remarks>
/// Every stride-th pixel of x meets the same taps of the window, and of those that meet it the neighbours are neighbours in dy: strideH x strideW phases, each
/// with its own part of the window, flipped. At a stride of 1 one phase is all of x.
/// </remarks>
internal sealed record Conv2DPass
{
    // Each phase is a pipeline and a dispatch or two.
    private const int MostPhases = 16;

    private Conv2DPass(Conv2DExtents e)
    {
        var g = e.Geometry;
        (X, Y, Window) = (e.X.Nhwc, e.Y.Nhwc, (e.W[0], e.W[1]));
        (Stride, Dilation, Groups, Top, Left) = (g.Stride, g.Dilation, g.Groups, g.Padding.Top, g.Padding.Left);
        (RowsOfWindow, Steps) = (e.RowsOfWindow, e.Steps);
        Places = [0, (uint)(Y.P * Y.Q * Y.O), (uint)(Y.Q * Y.O)];
        Taps = [(uint)Window.W, 0, 0, 0];
    }

    private Conv2DPass(Conv2DExtents e, Phase rows, Phase columns)
    {
        var (n, h, w, c) = e.X.Nhwc;
        (X, Y, Window) = (e.Y.Nhwc, (n, rows.Count, columns.Count, c), (rows.Taps, columns.Taps));
        (IsGradient, Stride, Dilation, Groups, Top, Left) = (true, 1, (rows.Dilation, columns.Dilation), e.Geometry.Groups, rows.Before, columns.Before);
        RowsOfWindow = rows.Taps;
        var lastRow = rows.LastTap;
        if (e.Steps is { } s)
        {
            // At a stride of 1: the rows of all frames of a window are turned round as one.
            Steps = s with { D = s.F, F = s.D, Front = s.Dilation * (s.Taps - 1) - s.Front };
            (Window, lastRow) = ((e.W[0], columns.Taps), e.W[0] - 1);
        }
        First = (rows.First, columns.First);
        Places = [(uint)((rows.First * w + columns.First) * c), (uint)(h * w * c), (uint)(e.Geometry.Stride.H * w * c)];
        PixelStep = (uint)e.Geometry.Stride.W;
        Taps = [(uint)columns.Taps, (uint)(lastRow * e.W[1] + columns.LastTap), (uint)(rows.TapStep * e.W[1]), (uint)columns.TapStep];
    }

    /// <summary>Whether it is the input gradient: weights are flipped and transposed.</summary>
    public bool IsGradient { get; }

    /// <summary>What is convolved: x, or dy.</summary>
    public (int N, int H, int W, int C) X { get; }

    /// <summary>What is computed: y, or pixels of dx.</summary>
    public (int N, int P, int Q, int O) Y { get; }

    /// <summary>Rows and columns of the window that count; rows of all its frames, where images are frames of clips.</summary>
    public (int H, int W) Window { get; }

    /// <summary>Rows of the window that count, of one frame.</summary>
    public int RowsOfWindow { get; }

    /// <summary>How windows step over the frames of clips, from X to Y; null for images alone.</summary>
    public FrameSteps? Steps { get; }

    /// <summary>Pixels between windows.</summary>
    public Size2D Stride { get; }

    /// <summary>Pixels between taps.</summary>
    public Size2D Dilation { get; }

    /// <summary>Groups of channels.</summary>
    public int Groups { get; }

    /// <summary>Pixels above the first of X that the first window reaches; negative where it starts below.</summary>
    public int Top { get; }

    /// <summary>The same to the left.</summary>
    public int Left { get; }

    /// <summary>Row and column of the first pixel of the whole that it computes.</summary>
    public (int Row, int Column) First { get; }

    /// <summary>Where results go, in elements: the first, from image to image, from row to row.</summary>
    public IReadOnlyList<uint> Places { get; }

    /// <summary>Pixels of the whole from one of a row to the next.</summary>
    public uint PixelStep { get; } = 1;

    /// <summary>Columns of the window that count; for the gradient also the last tap that counts, and the distances between rows and between taps of them.</summary>
    public IReadOnlyList<uint> Taps { get; }

    /// <summary>Whether some windows reach outside X.</summary>
    public bool IsPadded => Top > 0 || Left > 0 || Steps is { Front: > 0 }
        || (Steps is { } s && (s.F - 1) * s.Stride - s.Front + (s.Taps - 1) * s.Dilation >= s.D)
        || (Y.P - 1) * Stride.H - Top + (RowsOfWindow - 1) * Dilation.H >= X.H || (Y.Q - 1) * Stride.W - Left + (Window.W - 1) * Dilation.W >= X.W;

    /// <summary>The passes of Conv2D, which is one, or of its input gradient; none where there is nothing to compute or too many would be needed.</summary>
    public static IReadOnlyList<Conv2DPass> Of(Conv2DExtents e, bool gradient)
    {
        if (e.X.Count == 0 || e.Y.Count == 0 || e.W.Count == 0) return [];
        if (!gradient) return [new(e)];
        var g = e.Geometry;
        if (g.Stride.Area > MostPhases) return [];
        var columns = Phase.Of(e.X[2], e.W[1], g.Stride.W, g.Dilation.W, g.Padding.Left);
        return [.. Phase.Of(e.X[1], e.RowsOfWindow, g.Stride.H, g.Dilation.H, g.Padding.Top).SelectMany(r => columns.Select(c => new Conv2DPass(e, r, c)))];
    }

    /// <summary>The dispatches of all passes, where pixels that meet no tap are 0.</summary>
    /// <param name="passes">All of <see cref="Of"/>.</param>
    /// <param name="e">The sizes.</param>
    /// <param name="dispatches">The passes' dispatches, in order.</param>
    public static IReadOnlyList<Dispatch> WithZeros(IReadOnlyList<Conv2DPass> passes, Conv2DExtents e, IReadOnlyList<Dispatch> dispatches)
    {
        var isWhole = !passes[0].IsGradient || passes.Sum(p => p.Y.P * p.Y.Q) == e.X[1] * e.X[2];
        return isWhole ? dispatches : [dispatches[0] with { Fill = (Slot.Output(0), 0) }, .. dispatches.Skip(1)];
    }

    // Every stride-th row or column of x, from First on: taps LastTap, LastTap - TapStep, ... meet them, from Before pixels ahead, Dilation apart in dy.
    private readonly record struct Phase(int First, int Count, int Taps, int LastTap, int TapStep, int Dilation, int Before)
    {
        // Those that meet a tap at all.
        public static IReadOnlyList<Phase> Of(int extent, int window, int stride, int dilation, int padding)
        {
            List<Phase> phases = [];
            for (var first = 0; first < Math.Min(stride, extent); first++)
            {
                int[] taps = [.. Enumerable.Range(0, window).Where(i => (first + padding - i * dilation) % stride == 0)];
                if (taps.Length == 0) continue;
                var (last, step) = (taps[^1], taps.Length > 1 ? taps[1] - taps[0] : 1);
                // One tap has no distance to the next.
                var apart = taps.Length > 1 ? dilation * step / stride : 1;
                phases.Add(new(first, (extent - first + stride - 1) / stride, taps.Length, last, step, apart, (dilation * last - first - padding) / stride));
            }
            return phases;
        }
    }
}
