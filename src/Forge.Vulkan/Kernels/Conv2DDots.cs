using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The lane variant of Conv2D and of its input gradient where a group makes few outputs: shaders/Conv2D.dots.lane.comp, whose lanes are channels read.
/// </summary>
/// <remarks>
/// Offered where a group reads 8 channels or more and makes fewer than 16 (one group that makes more is for <see cref="Conv2DLane"/>), or there are several
/// groups; a gradient at a stride is several convolutions (<see cref="Conv2DPass"/>).
/// </remarks>
internal sealed record Conv2DDots
{
    // Before what the form adds to it.
    private const string Name = "dots";

    // Sums of a tile, in registers; outputs of a tile at most; terms of a chunk, each as many products as a tile has sums.
    private const int Sums = 12, MostOuts = 4, MostTerms = 40;

    private readonly LaneForm _form;
    private readonly Conv2DPass _pass;
    private readonly Epilogue _epilogue;
    private readonly int _groups;

    // x (N,H,W,C) convolved with a window of KH x KW into y (N,P,Q,O): for the gradient x is dy and y is dx, or a phase of it.
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int O) _y;
    private readonly (int H, int W) _window;

    private Conv2DDots(Conv2DPass pass, Epilogue epilogue, LaneForm form) =>
        (_form, _pass, _epilogue, _groups, _window, _x, _y) = (form, pass, epilogue, pass.Groups, pass.Window, pass.X, pass.Y);

    /// <summary>Whether a variant is this kernel's.</summary>
    public static bool Makes(Variant variant) => variant.Name == LaneForm.Of(variant).NameOf(Name);

    /// <summary>The variant, if it fits.</summary>
    public static IEnumerable<Variant> Variants(Conv2DExtents extents, Epilogue epilogue, bool gradient, DeviceLimits limits)
    {
        if (LaneForm.Of(limits) is not { } form)
            return [];
        Conv2DDots[] all = [.. Conv2DPass.Of(extents, gradient).Select(p => new Conv2DDots(p, epilogue, form))];
        return all.Length > 0 && all.All(d => d.Fits) ? [all[0].Variant] : [];
    }

    /// <summary>What the variant dispatches.</summary>
    /// <param name="extents">The sizes.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <param name="gradient">Whether x and y change places: the input gradient.</param>
    /// <param name="variant">One of <see cref="Variants"/>.</param>
    public static KernelPlan Plan(Conv2DExtents extents, Epilogue epilogue, bool gradient, Variant variant)
    {
        var passes = Conv2DPass.Of(extents, gradient);
        List<Dispatch> dispatches = [];
        List<long> scratch = [];
        foreach (var pass in passes) new Conv2DDots(pass, epilogue, LaneForm.Of(variant)).Append(dispatches, scratch);
        return new(Conv2DPass.WithZeros(passes, extents, dispatches), scratch);
    }

    private int Channels => _x.C / _groups;
    private int Outputs => _y.O / _groups;
    private int Vectors => (Channels + 7) / 8;
    private uint Panels => LaneTerms.Tiles((uint)Outputs, MostOuts);
    private uint Outs => LaneTerms.Tiles((uint)Outputs, Panels);
    private uint Pixels => Math.Min((uint)_y.Q, Sums / Outs);
    private uint RowTiles => LaneTerms.Tiles((uint)_y.Q, Pixels);
    private uint Subgroups => (uint)(_window.H / Chunk.H * (_window.W / Chunk.W) * (Vectors / Chunk.V));
    private long Count => _groups * Panels * (long)_window.H * _window.W * Vectors * Outs; // vectors of packed weights

    private bool Fits => Channels >= 8 && (_groups > 1 || Outputs < 16) && Subgroups <= _form.MostSubgroups && RowTiles <= LaneTerms.MaxAxis && _y.P <= LaneTerms.MaxAxis
        && _y.N * _groups * (long)Panels <= LaneTerms.MaxAxis && 8 * (Count + Vectors) < int.MaxValue / 4;

    // Rows of the window, taps of a row and vectors of a tap that are one chunk.
    private (int H, int W, int V) Chunk
    {
        get
        {
            var (h, w) = _window;
            if (w * Vectors <= MostTerms)
                return (Divisor(h, MostTerms / (w * Vectors)), w, Vectors);
            return Vectors <= MostTerms ? (1, Divisor(w, MostTerms / Vectors), Vectors) : (1, 1, Divisor(Vectors, MostTerms));

            static int Divisor(int n, int most) => Enumerable.Range(1, Math.Min(n, most)).Last(d => n % d == 0);
        }
    }

    // Several tiles for a workgroup without a chain, while their code fits the operation cache.
    private uint Tiles
    {
        get
        {
            if (Subgroups > 1) return 1;
            var most = Math.Clamp(4000 / ((uint)(Chunk.H * Chunk.W * Chunk.V) * (2 * Sums + Pixels + Outs) + 250), 1, 8);
            return LaneTerms.Tiles(RowTiles, LaneTerms.Tiles(RowTiles, most));
        }
    }

    // Whether every pixel of a tile needs an address of its own for each tap: tiles read outside x, or taps are apart.
    private bool IsScattered => (_pass.Dilation.W > 1 && Chunk.W > 1) || _pass.IsPadded;

    private Variant Variant => new(Family.Lane, _form.NameOf(Name), LaneTerms.Lanes * Subgroups, Shader: "Conv2D.dots.lane.comp", LaneTable: _form.Table, Constants:
    [
        LaneTerms.Lanes * Subgroups, (Pixels * Outs + 1) / 2, Pixels, Outs, (uint)_x.C, (uint)Channels, (uint)_y.O, (uint)Outputs, (uint)_window.H, (uint)_window.W,
        (uint)Chunk.H, (uint)Chunk.W, (uint)Chunk.V, (uint)_pass.Stride.W, IsScattered ? 1u : 0u, Tiles, .. EpilogueConstants.Of(_epilogue), _pass.PixelStep, _form.Constant(Subgroups),
    ]);

    private void Append(List<Dispatch> dispatches, List<long> scratch)
    {
        var (count, all, block) = ((uint)Count, (uint)(Count + Vectors), scratch.Count);
        scratch.Add(32L * all);
        dispatches.Add(new(Grid.Linear(all, 64),
            [count, all, (uint)(_window.H * _window.W), (uint)Vectors, Outs, Panels, (uint)Channels, (uint)Outputs, (uint)_groups, .. _pass.Taps],
            [Slot.Input(1), Slot.Scratch(block)], "Conv2D.dots.pack.comp", [64, _pass.IsGradient ? 1u : 0u], LaneTable: 0));
        dispatches.Add(new(new Grid(LaneTerms.Tiles(RowTiles, Tiles), (uint)_y.P, (uint)(_y.N * _groups) * Panels),
            [
                0, (uint)_x.H, (uint)_x.W, (uint)_y.P, (uint)_y.Q, (uint)_pass.Top, (uint)_pass.Left, (uint)_pass.Stride.H, (uint)_pass.Dilation.H, (uint)_pass.Dilation.W,
                8 * count, .. _pass.Places,
            ],
            [Slot.Input(0), Slot.Scratch(block, written: false), Slot.Input(_epilogue.HasBias ? 2 : 1), Slot.Output(0)], Constants: Variant.Constants));
    }
}
