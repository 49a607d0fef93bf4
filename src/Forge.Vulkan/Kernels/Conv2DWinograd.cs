using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>
/// The Winograd variant of Conv2D and of its input gradient: shaders/Conv2D.winograd.lane.comp, after a small dispatch that transforms the weights.
/// </summary>
/// <remarks>
/// For windows of 3x3, stride and dilation 1, one group, channels in whole blocks of eight, 16 output channels or more (the gradient: input channels),
/// and results of 2 x 4 pixels or more. docs/decisions/0008-winograd.md says why it has this form.
/// </remarks>
internal sealed record Conv2DWinograd
{
    /// <summary>The variant's name.</summary>
    public const string Name = "winograd";

    private const uint MostSubgroups = 128;

    // Workgroups that share a panel of transformed weights: fewer don't earn back what the transform costs.
    private const uint FewWorkgroups = 32;

    // Channels of a chunk, the default first: four products each, unrolled. 32 run up to a fifth faster where all else is equal, and take three times as long to compile.
    private static readonly uint[] s_chunks = [16, 24, 32, 8];

    private readonly bool _gradient;
    private readonly Epilogue _epilogue;

    // Pixels before the first of x along either axis; negative where the gradient crops.
    private readonly int _top, _left;

    // x (N,H,W,C) into y (N,P,Q,O): for the gradient x is dy and y is dx.
    private readonly (int N, int H, int W, int C) _x;
    private readonly (int N, int P, int Q, int O) _y;

    private readonly uint _tiles, _channels; // of a run; of a chunk

    private Conv2DWinograd(Conv2DExtents e, Epilogue epilogue, bool gradient, IReadOnlyList<Setting>? settings)
    {
        var g = e.Geometry;
        (_gradient, _epilogue) = (gradient, epilogue);
        (_x, _y) = gradient ? (e.Y.Nhwc, e.X.Nhwc) : (e.X.Nhwc, e.Y.Nhwc);
        (_top, _left) = gradient ? (2 - g.Padding.Top, 2 - g.Padding.Left) : (g.Padding.Top, g.Padding.Left);
        _channels = Set("channels") ?? s_chunks.FirstOrDefault(c => _x.C % c == 0, 8u);
        _tiles = Set("tiles") ?? new uint[] { 6, 5, 4, 3, 2 }.MinBy(tiles => 2 * tiles <= _y.Q ? Work(tiles) : ulong.MaxValue);

        uint? Set(string name)
        {
            foreach (var setting in settings ?? [])
                if (setting.Name == name)
                    return setting.Value;
            return null;
        }
    }

    /// <summary>The kernel for some sizes; null where it does not fit them, or the settings do not.</summary>
    /// <param name="e">The sizes.</param>
    /// <param name="epilogue">What happens to each sum.</param>
    /// <param name="gradient">Whether x and y change places: the input gradient.</param>
    /// <param name="settings">Values of tunables that are not at their defaults.</param>
    public static Conv2DWinograd? Offered(Conv2DExtents e, Epilogue epilogue, bool gradient, IReadOnlyList<Setting>? settings = null) =>
        e.Geometry is { Groups: 1 } g && g.Stride == 1 && g.Dilation == 1 && e.W[0] == 3 && e.W[1] == 3
        && new Conv2DWinograd(e, epilogue, gradient, settings) is { Fits: true } winograd ? winograd : null;

    /// <summary>The variant, with what else it may try.</summary>
    public Variant Variant => new(Family.Lane, Name, LaneTerms.Lanes * Subgroups, Shader: "Conv2D.winograd.lane.comp", LaneTable: LaneTerms.Table, Constants:
        [LaneTerms.Lanes * Subgroups, _tiles, (uint)_x.C, (uint)_y.O, _channels, IsScattered ? 1u : 0u, .. EpilogueConstants.Of(_epilogue), LaneTerms.Digits(Grid)], Tunables: Tunables);

    /// <summary>Whether it takes a quarter less than the direct kernel, on paper.</summary>
    /// <param name="direct">Instructions of the direct kernel for the whole batch and a panel.</param>
    public bool Beats(ulong direct)
    {
        var workgroups = (ulong)_y.N * Pairs * Runs(_tiles);
        return workgroups >= FewWorkgroups && 5 * (ulong)_y.N * Pairs * Work(_tiles) <= 4 * direct;
    }

    /// <summary>What the variant dispatches.</summary>
    public KernelPlan Plan() => new(
    [
        new(new Grid((uint)_x.C, Panels + 1), [(uint)_x.C, (uint)_y.O, Panels], [Slot.Input(1), Slot.Scratch(0)], "Conv2D.winograd.pack.comp",
            [LaneTerms.Lanes, _gradient ? 1u : 0u], LaneTable: 0),
        new(Grid, [0, (uint)_x.H, (uint)_x.W, (uint)_y.P, (uint)_y.Q, (uint)_top, (uint)_left],
            [Slot.Input(0), Slot.Scratch(0, written: false), Slot.Input(_epilogue.HasBias ? 2 : 1), Slot.Output(0)]),
    ], [4L * (256 * Panels * _x.C + (_x.C + 15) / 16 * 16)]);

    private uint Subgroups => 4 * (uint)_x.C / _channels;
    private uint Panels => LaneTerms.Tiles((uint)_y.O, 16);
    private uint Pairs => LaneTerms.Tiles((uint)_y.P, 2);
    private Grid Grid => new(Runs(_tiles), Pairs, (uint)_y.N * Panels);
    private uint Runs(uint tiles) => LaneTerms.Tiles((uint)_y.Q, 2 * tiles);

    private bool IsScattered => _top > 0 || _left > 0 || _y.P - _top + 2 > _x.H || _y.Q - _left + 2 > _x.W;

    private bool Fits => _x.N > 0 && _x.C > 0 && _y.O >= 16 && _y.P >= 2 && _y.Q >= 2 * _tiles && _x.C % _channels == 0 && Subgroups <= MostSubgroups
        && Runs(_tiles) <= LaneTerms.MaxAxis && Pairs <= LaneTerms.MaxAxis && _y.N * (long)Panels <= LaneTerms.MaxAxis && 256L * Panels * _x.C < int.MaxValue / 4;

    // Instructions for a pair of rows and a panel, about. Of each channel: 16 times the products of the tiles, a broadcast each and two loads of weights,
    // and the transforms; of each chunk, its place in the chain and what it adds to the sums; of each pixel, its store.
    private ulong Work(uint tiles) =>
        Runs(tiles) * ((ulong)_x.C * (16 * (5 * tiles + 3) + 7 * tiles + 3) + Subgroups * (450 + 50 * tiles) + 4 * 80 * tiles);

    private IReadOnlyList<Tunable> Tunables
    {
        get
        {
            List<Tunable> tunables = [];
            uint[] tiles = [.. new uint[] { 6, 5, 4, 3 }.Where(t => t != _tiles && 2 * t <= _y.Q)];
            uint[] channels = [.. s_chunks.Where(c => c != _channels && _x.C % c == 0 && 4 * (uint)_x.C / c <= MostSubgroups)];
            if (tiles.Length > 0) tunables.Add(new("tiles", [_tiles, .. tiles]));
            if (channels.Length > 0) tunables.Add(new("channels", [_channels, .. channels]));
            return tunables;
        }
    }
}
