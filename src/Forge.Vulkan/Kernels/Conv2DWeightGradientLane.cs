using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The lane variant of Conv2DWeightGradient and Conv3DWeightGradient: shaders/Conv2DWeightGradient.lane.comp leaves partial results of slices of the pixels, Sum.lane.comp adds them up.
/// </summary>
/// <remarks>
/// Any window, stride, padding, dilation and groups. Lanes are output channels of a group: where those are fewer than eight, the rest of the lanes compute what is not stored,
/// which is still several times as fast as the portable kernel. Where windows reach outside x every term is masked, or x is first copied into a frame of zeros
/// (the variants called "framed"): a pass over x, for products that ask nothing.
/// </remarks>
internal sealed record Conv2DWeightGradientLane
{
    // Terms of a chunk at most, chunks of a slice at most, and the bytes of x and dy that a slice reads: they should stay in a core's second cache.
    private const int MostTerms = 88, MostSlices = 1024, SliceBytes = 512 << 10;

    // Pixels of a part of a row: the masks of the last are code, too.
    private const int MostOfRow = 72;

    // Partial results at most, in bytes; more slices than this allows are not made.
    private const long MostPartial = 32 << 20;

    // The block of ones at most, in bytes: of each line a word is read, which should stay in the first cache.
    private const long MostOnes = 256 << 10;

    // Products of a word of x from which on copying it costs less than masks do.
    private const long WorthFraming = 128;

    private const string Chain = "chain", Framed = "framed";

    private readonly LaneForm _form;
    private readonly Conv2DExtents _e;
    private readonly Conv2DExtents? _unframed; // the sizes before x was framed; null where it is not
    private readonly bool _withBias;
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int O) _y;

    private readonly IReadOnlyList<Setting> _settings;

    private Conv2DWeightGradientLane(Conv2DExtents e, bool withBias, LaneForm form, bool framed, IReadOnlyList<Setting>? settings = null)
    {
        (_e, _unframed) = framed ? (FrameOf(e), e) : (e, null);
        (_withBias, _form, _x, _y, _settings) = (withBias, form, _e.X.Nhwc, _e.Y.Nhwc, settings ?? []);
    }

    /// <summary>The variants that fit, the faster one on paper first.</summary>
    public static IEnumerable<Variant> Variants(Conv2DExtents extents, bool withBias, DeviceLimits limits)
    {
        if (LaneForm.Of(limits) is not { } form || !Conv3DExtents.Fits(extents, form) || extents.X.Count == 0 || extents.Y.Count == 0 || extents.W.Count == 0)
            return [];
        var isPadded = extents.Geometry.Padding != Padding2D.Valid && extents.Steps is null;
        var products = (long)extents.Pixels * extents.Taps * extents.OutputsOfGroup / extents.PixelsOfX;
        return ((bool[])[products >= WorthFraming, products < WorthFraming]).Where(framed => !framed || isPadded).Select(framed => new Conv2DWeightGradientLane(extents, withBias, form, framed))
            .Where(lane => lane.Fits).Select(lane => lane.Variant with { Tunables = lane.Tunables() });
    }

    /// <summary>The variant with rows of a tile, terms of a chunk or the kibibytes of a slice set; null where they do not fit.</summary>
    public static Variant? Tuned(Conv2DExtents extents, bool withBias, Variant variant, IReadOnlyList<Setting> settings) =>
        new Conv2DWeightGradientLane(extents, withBias, LaneForm.Of(variant), IsFramed(variant), settings) is { Fits: true } lane ? lane.Variant with { Settings = settings } : null;

    /// <summary>What the variant dispatches.</summary>
    public static KernelPlan Plan(Conv2DExtents extents, bool withBias, Variant variant) =>
        new Conv2DWeightGradientLane(extents, withBias, LaneForm.Of(variant), IsFramed(variant), variant.Settings).Plan();

    private static bool IsFramed(Variant variant) => variant.Name.StartsWith(Framed, StringComparison.Ordinal);

    // The same windows over an x that has its border of zeros.
    private static Conv2DExtents FrameOf(Conv2DExtents e)
    {
        var (pad, (n, h, w, c)) = (e.Geometry.Padding, e.X.Nhwc);
        return e with { Geometry = e.Geometry with { Padding = Padding2D.Valid }, X = (n, pad.Top + h + pad.Bottom, pad.Left + w + pad.Right, c) };
    }

    private Variant Variant => new(Family.Lane, _form.NameOf(_unframed is null ? Chain : Framed), Subgroups * LaneTerms.Lanes, Constants(ones: false), "Conv2DWeightGradient.lane.comp",
        _e.Steps is null ? null : [Conv3DExtents.Depth], _form.Table);

    private uint? Set(string name)
    {
        foreach (var setting in _settings)
            if (setting.Name == name)
                return setting.Value;
        return null;
    }

    private List<Tunable> Tunables()
    {
        var tunables = LaneTerms.RowsTunable(WeightRows, Tile, r => With("rows", r).Fits).ToList();
        Add("terms", MostTerms, [48, 64, 72], other => other.Chunk != Chunk);
        Add("slice", SliceBytes >> 10, [128, 256, 1024, 2048], other => other.Subgroups != Subgroups);
        return tunables;

        Conv2DWeightGradientLane With(string name, uint value) => new(_unframed ?? _e, _withBias, _form, _unframed is not null, [new(name, value)]);

        void Add(string name, uint usual, uint[] values, Func<Conv2DWeightGradientLane, bool> differs)
        {
            uint[] others = [.. values.Where(v => With(name, v) is { Fits: true } other && differs(other))];
            if (others.Length > 0) tunables.Add(new(name, [usual, .. others]));
        }
    }

    private int Weights => _e.Taps * _e.ChannelsOfGroup; // of one output channel
    private uint Vectors => _e.OutputsOfGroup > 8 ? 2u : 1;
    private uint Panels => (uint)_e.Geometry.Groups * LaneTerms.Tiles((uint)_e.OutputsOfGroup, 8 * Vectors);
    private uint WeightRows => (uint)Weights + (MergesBias ? 1u : 0);
    private uint Tile => Set("rows") ?? LaneTerms.Rows(WeightRows, (uint)(Chunk.Rows * Chunk.Q * Subgroups));
    private int Rows => _y.N * _y.P;
    private long Size => (long)Weights * _y.O + (_withBias ? _y.O : 0);
    private int Chunks => (Rows + Chunk.Rows - 1) / Chunk.Rows * Parts;
    private int Parts => (_y.Q + Chunk.Q - 1) / Chunk.Q;
    private uint Slices => (uint)((Chunks + Subgroups - 1) / Subgroups);

    // The bias's gradient as one weight more, whose pixels are a block of ones: almost free, where a pass of its own reads all of dy again.
    private bool MergesBias => _withBias && !IsPadded && Slices > 1 && OnesBytes <= MostOnes;
    private long OnesBytes => 4 * ((Chunk.Q - 1L) * _e.Geometry.Stride.W * _x.C + 1);
    private bool IsPadded => _e.Geometry.Padding != Padding2D.Valid || _e.Steps is { Front: > 0 } or { Back: > 0 };

    // The sum over slices works on runs of sixteen.
    private bool Fits => Size >= 16 && Panels <= LaneTerms.MaxAxis && Size < int.MaxValue / 4 && Slices <= MostSlices && LaneTerms.Tiles(WeightRows, Tile) <= LaneTerms.MaxAxis;

    // Pixels of a chunk: a part of a row, or several rows; rows that divide all rows need no mask.
    private (int Rows, int Q) Chunk
    {
        get
        {
            var longest = (int)(Set("terms") ?? MostTerms);
            if (_y.Q > longest)
            {
                var parts = (_y.Q + Math.Min(longest, MostOfRow) - 1) / Math.Min(longest, MostOfRow);
                return (1, (_y.Q + parts - 1) / parts);
            }
            var most = Math.Min(Rows, longest / _y.Q);
            var even = Enumerable.Range(1, most).Last(r => Rows % r == 0);
            // Rows of whole images need no look where one ends, so that a few terms more are no more code.
            var whole = longest * 9 / 8 / (_y.P * _y.Q) * _y.P;
            if (!IsPadded && _e.Steps is null && 2 * whole >= most && whole <= Rows) return (whole, _y.Q);
            return (2 * even >= most ? even : most, _y.Q);
        }
    }

    private uint Subgroups
    {
        get
        {
            var chunkBytes = 4L * Chunk.Rows * (_x.W * _x.C * _e.Geometry.Stride.H + _y.Q * _y.O) / Parts;
            var wanted = Math.Max((Set("slice") * 1024L ?? SliceBytes) / Math.Max(1, chunkBytes), Math.Max(Chunks * Size * 4 / MostPartial, Chunks / MostSlices));
            var most = (int)Math.Clamp(wanted, Math.Min(8, Chunks), Math.Min((int)_form.MostSubgroups, Chunks));
            // Slices of equal length, so that no subgroup idles, where that costs few of them.
            return (uint)Enumerable.Range((most + 1) / 2, most / 2 + 1).LastOrDefault(s => Chunks % s == 0, most);
        }
    }

    private uint[] Constants(bool ones)
    {
        var (g, chunk) = (_e.Geometry, Chunk);
        var skipRows = (Rows + chunk.Rows - 1) / chunk.Rows * chunk.Rows - Rows;
        // Pixels of a row whose window starts left of x, or ends right of it.
        var left = (g.Padding.Left + g.Stride.W - 1) / g.Stride.W;
        var reach = (_e.W[1] - 1) * g.Dilation.W - g.Padding.Left;
        var right = _y.Q - 1 - (reach < _x.W ? Math.Min((_x.W - 1 - reach) / g.Stride.W, _y.Q - 1) : -1);
        return
        [
            Subgroups * LaneTerms.Lanes, ones ? 1 : Tile, (uint)_x.C, (uint)_y.O, (uint)_e.W[1], (uint)_y.P, (uint)_y.Q, (uint)chunk.Rows, (uint)chunk.Q,
            (uint)skipRows, (uint)(Parts * chunk.Q - _y.Q), (uint)g.Stride.W, IsPadded && !ones ? 1u : 0u,
            (uint)Math.Min(left, chunk.Q), (uint)Math.Min(right, chunk.Q), Slices * Subgroups == Chunks ? 0u : 1u, ones ? 1u : 0u, MergesBias && !ones ? 1u : 0u,
            LaneTerms.Digits(GridOf(ones)), IsJoined ? 1u : 0u, _form.Constant(Subgroups), (uint)(_e.Steps?.F ?? 1), (uint)_e.RowsOfWindow,
            (uint)_e.ChannelsOfGroup, (uint)_e.OutputsOfGroup, Vectors,
        ];
    }

    private Grid GridOf(bool ones) => new(Panels, ones ? 1 : LaneTerms.Tiles(WeightRows, Tile), Slices);

    // Whether the weights of a tile read neighbours in x, but for at most one jump from a row of taps to the next, which padding does not allow;
    // nor do clips, where some jumps are to the next frame. In groups a tap's channels end where the next group's begin.
    private bool IsJoined => _e.Geometry.Groups > 1 ? _e.ChannelsOfGroup % Tile == 0 : _e.Geometry.Dilation.W == 1 && _e.W[1] * _x.C >= Tile && ((!IsPadded && _e.Steps is null) || _e.W[1] * _x.C % Tile == 0);

    private KernelPlan Plan()
    {
        var (g, slices, size) = (_e.Geometry, Slices, (uint)Size);
        var weights = (uint)(Weights * _y.O);
        var direct = slices == 1;
        var scratch = new List<long>();
        if (!direct) scratch.Add(4L * slices * size);
        var x = _unframed is null ? Slot.Input(0) : Slot.Scratch(scratch.Count, written: false);
        List<Dispatch> dispatches = [];
        if (_unframed is { } unframed)
        {
            dispatches.AddRange(Frame(unframed, Slot.Scratch(scratch.Count)));
            scratch.Add(_e.X.Count * 4L);
        }
        dispatches.Add(Pass(ones: false));
        if (_withBias && !MergesBias) dispatches.Add(Pass(ones: true));
        if (!direct) dispatches.Add(SumOfSlices(slices, size, weights, _withBias, _form));
        return new KernelPlan(dispatches, scratch) { OnesBytes = MergesBias ? OnesBytes : 0 };

        // The bias's part of a slice lies behind the weights' part.
        Dispatch Pass(bool ones) => new(GridOf(ones),
        [
            0, (uint)_x.H, (uint)_x.W, ones ? 1 : WeightRows, (uint)Rows, size, ones && !direct ? weights : 0, (uint)g.Padding.Top, (uint)g.Padding.Left,
            (uint)g.Stride.H, (uint)g.Dilation.H, (uint)g.Dilation.W, (uint)(Rows - Chunk.Rows), (uint)Chunks, (uint)_e.X.Count,
            .. _e.Steps is { } s ? [(uint)s.D, (uint)s.Stride, (uint)s.Dilation, (uint)s.Front] : (uint[])[],
        ], [x, Slot.Input(1), direct ? Slot.Output(ones ? 1 : 0) : Slot.Scratch(0), MergesBias ? Slot.Ones : x], Constants: Constants(ones));
    }

    // Zeros everywhere, then x inside them.
    private IEnumerable<Dispatch> Frame(Conv2DExtents unframed, Slot frame)
    {
        var (_, height, width, c) = _x;
        var (pad, (n, h, w, _)) = (unframed.Geometry.Padding, unframed.X.Nhwc);
        var copy = new StridedCopy([n, h, w * c], [height * width * c, width * c, 1], (pad.Top * width + pad.Left) * c);
        var dispatches = copy.Beside(_form, "Pad", [Slot.Input(0), frame]);
        return dispatches.Select((dispatch, i) => i == 0 ? dispatch with { Fill = (frame, 0) } : dispatch);
    }

    /// <summary>Adds up the partial results of slices, scratch 0, with shaders/Sum.lane.comp.</summary>
    /// <param name="slices">How many there are.</param>
    /// <param name="size">Elements of each; at least 16.</param>
    /// <param name="weights">Elements that go to output 0; the rest go to output 1.</param>
    /// <param name="withBias">Whether there is an output 1.</param>
    /// <param name="form">The driver's form.</param>
    internal static Dispatch SumOfSlices(uint slices, uint size, uint weights, bool withBias, LaneForm form)
    {
        var rows = Math.Min(4, size / 16);
        // The chain takes short chunks; where each subgroup reads all tiles, fewer and longer ones.
        var subgroups = form.IsChained ? Math.Min((slices + 7) / 8, form.MostSubgroups) : (slices + 31) / 32;
        var terms = (slices + subgroups - 1) / subgroups;
        subgroups = (slices + terms - 1) / terms;
        var tiles = LaneTerms.Tiles(size, rows * 16);
        return new(new Grid(Math.Min(tiles, LaneTerms.MaxAxis), LaneTerms.Tiles(tiles, LaneTerms.MaxAxis)), [0, size, weights],
            [Slot.Scratch(0, written: false), Slot.Output(0), Slot.Output(withBias ? 1 : 0)], "Sum.lane.comp",
            [subgroups * LaneTerms.Lanes, rows, terms, subgroups * terms - slices, form.Constant(subgroups)]);
    }
}
