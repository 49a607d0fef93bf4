using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The lane variants of Conv2D and Conv3D and of their input gradients: shaders/Conv2D.lane.comp, with the weights as they lie or packed into panels first, and,
/// of images, <see cref="Conv2DWinograd"/>.
/// </summary>
/// <remarks>
/// Offered for one group and 16 output channels or more (the gradient: input channels); any window, stride, padding and dilation. A gradient at a stride is
/// several convolutions (<see cref="Conv2DPass"/>), always packed.
/// </remarks>
internal sealed record Conv2DLane
{
    // Terms of a chunk at most: more outgrow the operation cache, fewer leave the chain's own cost showing.
    private const int MostTerms = 96;

    // Of a tap's channels cut into parts: the masks of the last are code, too.
    private const int MostOfTap = 72;

    private readonly LaneForm _form;
    private readonly Conv2DPass _pass;
    private readonly Epilogue _epilogue;
    private readonly Size2D _stride, _dilation;

    // Elements before the first of x along either axis; negative where the gradient crops.
    private readonly int _top, _left;

    // x (N,H,W,C) convolved with a window of KH x KW into y (N,P,Q,O): for the gradient x is dy and y is dx, or a phase of it.
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int O) _y;
    private readonly (int H, int W) _window;

    // The passes that one dispatch runs, of which _pass is the first; null where it is the only one.
    private readonly Conv2DPhases? _phases;
    private readonly bool _isPadded;

    private readonly IReadOnlyList<Setting> _settings;

    private Conv2DLane(Conv2DPass pass, Epilogue epilogue, LaneForm form, IReadOnlyList<Setting>? settings = null, Conv2DPhases? phases = null, bool isPadded = false)
    {
        (_form, _settings, _phases, _isPadded) = (form, settings ?? [], phases, isPadded || pass.IsPadded);
        (_pass, _epilogue, _stride, _dilation, _window, _x, _y, _top, _left) =
            (pass, epilogue, pass.Stride, pass.Dilation, pass.Window, pass.X, pass.Y, pass.Top, pass.Left);
    }

    private static IReadOnlyList<Conv2DLane> Of(IReadOnlyList<Conv2DPass> passes, Epilogue epilogue, LaneForm form, IReadOnlyList<Setting>? settings = null)
    {
        Conv2DLane[] each = [.. passes.Select(p => new Conv2DLane(p, epilogue, form, settings))];
        // The longer push block fits beside the long table only; tiles of rows leave the grid no axis for phases.
        return form.Table == LaneTerms.Table && each.All(l => l.IsAcross) && Conv2DPhases.Of(passes) is { } phases
            ? [new(passes[0], epilogue, form, settings, phases, passes.Any(p => p.IsPadded))] : each;
    }

    /// <summary>The variants that fit, the default first.</summary>
    public static IEnumerable<Variant> Variants(Conv2DExtents extents, Epilogue epilogue, bool gradient, DeviceLimits limits)
    {
        if (LaneForm.Of(limits) is not { } form || extents.Geometry.Groups != 1 || !Conv3DExtents.Fits(extents, form))
            return [];
        var lanes = Of(Conv2DPass.Of(extents, gradient), epilogue, form);
        Variant[] direct = lanes.Count > 0 && lanes.All(l => l.Fits) ? [.. lanes[0].Offered().Select(v => v with { Tunables = lanes is [{ _phases: null }] ? lanes[0].Tunables() : [] })] : [];
        // A chain alone: where no order is promised, the direct kernel is its legal form.
        if (!form.IsChained || extents.Steps is not null || Conv2DWinograd.Offered(extents, epilogue, gradient) is not { } winograd)
            return direct;
        // Weights are transformed by a dispatch of their own: not first where the direct kernel does without one.
        return direct is [{ Name: "packed" }, ..] && winograd.Beats(lanes[0].Work) ? [winograd.Variant, .. direct] : [.. direct, winograd.Variant];
    }

    /// <summary>A variant with rows of a tile or terms of a chunk set; null where they do not fit.</summary>
    public static Variant? Tuned(Conv2DExtents extents, Epilogue epilogue, bool gradient, Variant variant, IReadOnlyList<Setting> settings)
    {
        if (variant.Name == Conv2DWinograd.Name)
            return Conv2DWinograd.Offered(extents, epilogue, gradient, settings) is { } winograd ? winograd.Variant with { Settings = settings, Tunables = null } : null;
        var lane = new Conv2DLane(Conv2DPass.Of(extents, gradient)[0], epilogue, LaneForm.Of(variant), settings);
        return lane.Fits ? lane.VariantOf(packed: IsPacked(variant)) with { Settings = settings } : null;
    }

    /// <summary>What a variant dispatches.</summary>
    /// <param name="extents">The sizes.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <param name="gradient">Whether x and y change places: the input gradient.</param>
    /// <param name="variant">One of <see cref="Variants"/>.</param>
    public static KernelPlan Plan(Conv2DExtents extents, Epilogue epilogue, bool gradient, Variant variant)
    {
        if (variant.Name == Conv2DWinograd.Name)
            return Conv2DWinograd.Offered(extents, epilogue, gradient, variant.Settings)!.Plan();
        var passes = Conv2DPass.Of(extents, gradient);
        List<Dispatch> dispatches = [];
        List<long> scratch = [];
        foreach (var lane in Of(passes, epilogue, LaneForm.Of(variant), variant.Settings)) lane.Append(variant, dispatches, scratch);
        return new KernelPlan(Conv2DPass.WithZeros(passes, extents, dispatches), scratch);
    }

    private int Terms => _window.H * _window.W * _x.C;
    private uint Rows => Set("rows") ?? (IsAcross ? Math.Min(6, (uint)Pixels) : LaneTerms.Rows((uint)_y.Q, (uint)Terms));
    private uint Panels => LaneTerms.Tiles((uint)_y.O, 16);
    private uint Subgroups => (uint)(_window.H / Chunk.H * (_window.W / Chunk.W) * ((_x.C + Chunk.C - 1) / Chunk.C));

    private long Pixels => (long)_y.N * _y.P * _y.Q;

    // Tiles of a row, or of all pixels where they go across the ends of rows.
    private uint RowTiles => IsAcross ? (uint)Math.Min((Pixels + Rows - 1) / Rows, uint.MaxValue) : LaneTerms.Tiles((uint)_y.Q, Rows);
    private Grid Grid => IsAcross ? new(LaneTerms.Tiles(RowTiles, Tiles), _phases?.Count ?? 1, Panels) : new(LaneTerms.Tiles(RowTiles, Tiles), (uint)_y.P, (uint)_y.N * Panels);

    // Whether tiles go across the ends of rows and images: where short rows, computed in tiles of their own, would waste more than it costs to find every pixel's place.
    private bool IsAcross => Set("across") is { } set ? set != 0 : _pass.Steps is null && Pixels <= 6L * LaneTerms.MaxAxis && 20 * WorkOf(across: true) < 19 * WorkOf(across: false);

    private ulong Work => WorkOf(IsAcross);

    // Instructions for the whole batch and a panel, about: terms and their loads; of each chunk, its place in the chain; of each pixel, its store.
    private ulong WorkOf(bool across)
    {
        var rows = Set("rows") ?? (across ? (uint)Math.Min(6, Pixels) : LaneTerms.Rows((uint)_y.Q, (uint)Terms));
        var tiles = across ? (ulong)((Pixels + rows - 1) / rows) : (ulong)_y.N * (ulong)_y.P * LaneTerms.Tiles((uint)_y.Q, rows);
        return tiles * ((ulong)Terms * (5 * rows + 4) + (across ? 450 + 20 * rows : 450) * Subgroups + (across ? 90u : 80) * rows);
    }

    // A workgroup without a chain has little to do for what it takes to find its place: several tiles, while their code fits the operation cache.
    private uint Tiles
    {
        get
        {
            if (Subgroups > 1) return 1;
            var most = Math.Clamp(4000 / ((uint)(Chunk.H * Chunk.W * Chunk.C) * (4 * Rows + 2) + 250), 1, 8);
            return LaneTerms.Tiles(RowTiles, LaneTerms.Tiles(RowTiles, most));
        }
    }

    private uint? Set(string name)
    {
        foreach (var setting in _settings)
            if (setting.Name == name)
                return setting.Value;
        return null;
    }

    private IReadOnlyList<Tunable> Tunables()
    {
        var tunables = LaneTerms.RowsTunable((uint)_y.Q, Rows, r => With("rows", r).Fits).ToList();
        if (_pass.Steps is null && With("across", IsAcross ? 0u : 1) is { Fits: true } other) tunables.Add(new("across", IsAcross ? [1, 0] : [0, 1]));
        uint[] terms = [.. new uint[] { 32, 48, 64, 80 }.Where(t => With("terms", t) is { Fits: true } cut && cut.Chunk != Chunk)];
        if (terms.Length > 0) tunables.Add(new("terms", [MostTerms, .. terms]));
        return tunables;

        Conv2DLane With(string name, uint value) => new(_pass, _epilogue, _form, [new(name, value)]);
    }

    // Whether every pixel of a tile needs an address of its own for each tap: tiles read outside x, or taps are apart.
    private bool IsScattered => (_dilation.W > 1 && Chunk.W > 1) || _isPadded;

    private bool Fits => _y.O >= 16 && Rows <= (IsAcross ? Pixels : _y.Q) && Subgroups <= _form.MostSubgroups && RowTiles <= LaneTerms.MaxAxis && _y.P <= LaneTerms.MaxAxis && _y.N * (long)Panels <= LaneTerms.MaxAxis
        && (_phases?.Count ?? 1) * (long)Terms * (_y.O + 15) < int.MaxValue / 4;

    // Taps and channels of a chunk: the whole window, whole rows of it, taps of a row, or a part of one tap's channels.
    private (int H, int W, int C) Chunk
    {
        get
        {
            var ((h, w), c, most) = (_window, _x.C, (int)(Set("terms") ?? MostTerms));
            if (w * c <= most)
                return (Divisor(h, most / (w * c)), w, c);
            if (c <= most)
                return (1, Divisor(w, most / c), c);
            var parts = (c + Math.Min(most, MostOfTap) - 1) / Math.Min(most, MostOfTap);
            return (1, 1, (c + parts - 1) / parts);

            static int Divisor(int n, int most) => Enumerable.Range(1, Math.Min(n, most)).Last(d => n % d == 0);
        }
    }

    // Pixels of a row that are too few to read a panel of weights from the first cache again.
    private const int ShortRow = 16;

    // Packed weights are read a line after the other, where rows a power of two apart share sets of the first cache: it pays where each is read often.
    private IEnumerable<Variant> Offered()
    {
        var (plain, packed) = (VariantOf(packed: false), VariantOf(packed: true));
        if (_pass.IsGradient || IsScattered)
            return [packed];
        return Subgroups > 1 && _y.Q >= ShortRow && (long)_y.N * _y.P * _y.Q >= 4096 ? [packed, plain] : [plain, packed];
    }

    // The weights of a pass, packed, and the zeros behind them.
    private long PackedWords => 16 * Panels * Terms + (_x.C + 15) / 16 * 16;

    private static bool IsPacked(Variant variant) => variant.Name.StartsWith("packed", StringComparison.Ordinal);

    private Variant VariantOf(bool packed)
    {
        var chunk = Chunk;
        var parts = (_x.C + chunk.C - 1) / chunk.C;
        return new(Family.Lane, _form.NameOf(packed ? "packed" : "plain"), LaneTerms.Lanes * Subgroups, Shader: "Conv2D.lane.comp", LaneTable: _form.Table, Constants:
        [
            LaneTerms.Lanes * Subgroups, Rows, (uint)_x.C, (uint)_y.O, (uint)_window.W, (uint)chunk.H, (uint)chunk.W, (uint)chunk.C, (uint)(parts * chunk.C - _x.C),
            (uint)_stride.W, packed ? 1u : 0u, IsScattered ? 1u : 0u, Tiles, .. EpilogueConstants.Of(_epilogue), _pass.PixelStep, LaneTerms.Digits(Grid), _form.Constant(Subgroups),
            (uint)(_pass.Steps?.F ?? 1), (uint)_pass.RowsOfWindow, IsAcross ? (uint)_y.P : 0, (uint)_y.Q,
            (uint)(_phases?.Columns ?? 1),
        ], Defines: Defines);
    }

    private IReadOnlyList<(string Name, string Value)>? Defines => _pass.Steps is not null ? [Conv3DExtents.Depth] : _phases is not null ? [("PHASES", "1")] : null;

    private void Append(Variant variant, List<Dispatch> dispatches, List<long> scratch)
    {
        var (taps, weights, block) = (_window.H * _window.W, Slot.Input(1), scratch.Count);
        if (IsPacked(variant))
        {
            scratch.Add(4L * PackedWords * (_phases?.Count ?? 1));
            dispatches.Add(new(new Grid((uint)taps, Panels + 1, _phases?.Count ?? 1),
                [(uint)taps, (uint)_x.C, (uint)_y.O, Panels, .. _pass.Taps, (uint)(_phases?.Columns ?? 1), (uint)(_phases?.LastRow ?? 0), (uint)(_phases?.LastColumn ?? 0), (uint)PackedWords], [weights, Slot.Scratch(block)], "Conv2D.pack.comp",
                [LaneTerms.Lanes, _pass.IsGradient ? 1u : 0u], Defines: [], LaneTable: 0));
            weights = Slot.Scratch(block, written: false);
        }
        dispatches.Add(new(Grid,
        [
            0, (uint)_x.H, (uint)_x.W, (uint)_y.P, IsAcross ? (uint)Pixels : (uint)_y.Q, (uint)Terms, (uint)_top, (uint)_left, (uint)_stride.H, (uint)_dilation.H, (uint)_dilation.W, .. _pass.Places,
            .. _pass.Steps is { } s ? [(uint)s.D, (uint)s.Stride, (uint)s.Dilation, (uint)s.Front]
                : _phases is { } p ? [(uint)PackedWords, (uint)p.Top, (uint)p.Left, (uint)p.RowPlace, (uint)p.ColumnPlace] : (uint[])[],
        ], [Slot.Input(0), weights, Slot.Input(_epilogue.HasBias ? 2 : 1), Slot.Output(0)],
            // Phases differ in their windows, and a variant has the constants of the first.
            Constants: _pass.IsGradient ? VariantOf(packed: true).Constants : null));
    }
}
