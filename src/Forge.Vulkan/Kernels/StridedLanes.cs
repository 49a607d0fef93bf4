namespace Forge.Vulkan.Kernels;

/// <summary>A <see cref="StridedCopy"/> by the lane shaders of Slice, Transpose, Concat and Pad: shaders/include/strided-lane.glsl.</summary>
/// <remarks>Offered where the innermost axis has 16 words or more, and up to five axes are left after joining.</remarks>
internal sealed record StridedLanes
{
    private const int Pair = 16, MostAxes = 5;

    // Words of a tile, all unrolled. Where words lie apart a run is one line of the dense side, and tiles are longer: what neighbours are on the other side
    // is then read, or written, while its lines are in the first cache.
    private const int TileWords = 512, TileWordsApart = 2048, RunApart = 16;

    // Subgroups of a workgroup at most.
    private const uint MostSubgroups = 16;

    private readonly (int Extent, int Stride)[] _axes;
    private readonly int[] _dense;
    private readonly int _offset, _b;

    private StridedLanes(IReadOnlyList<(int Extent, int Stride)> axes, int offset)
    {
        (_axes, _offset) = ([.. axes], offset);
        _dense = new int[_axes.Length];
        for (var (i, count) = (0, 1); i < _axes.Length; count *= _axes[i++].Extent) _dense[i] = count;
        // Where words of A lie apart, the axis whose words lie closest together; else the next.
        _b = _axes.Length == 1 ? 0 : !IsApart ? 1 : Enumerable.Range(1, _axes.Length - 1).MinBy(i => Math.Abs((long)_axes[i].Stride));
    }

    /// <summary>The copy, if it fits the shaders.</summary>
    /// <param name="axes">Extents and strides, innermost first.</param>
    /// <param name="offset">The place of the first word.</param>
    public static StridedLanes? Of(IReadOnlyList<(int Extent, int Stride)> axes, int offset) =>
        axes[0].Extent >= Pair && axes.All(a => a.Extent > 0) && axes.Count <= MostAxes && new StridedLanes(axes, offset) is { Groups: <= LaneTerms.MaxAxis * (long)LaneTerms.MaxAxis } copy ? copy : null;

    private bool IsApart => _axes[0].Stride != 1;
    private int A => _axes[0].Extent;
    private int B => _b == 0 ? 1 : _axes[_b].Extent;
    private IEnumerable<int> Rest => Enumerable.Range(1, _axes.Length - 1).Where(i => i != _b);

    private int Run => LaneTerms.Run(A, IsApart && B > 1 ? RunApart : TileWords);
    private int Rows => Math.Clamp((IsApart ? TileWordsApart : TileWords) / Run, 1, B);
    private uint TilesA => LaneTerms.Tiles((uint)A, (uint)Run);
    private uint TilesB => LaneTerms.Tiles((uint)B, (uint)Rows);
    private long Tiles => Rest.Aggregate((long)TilesA * TilesB, (n, i) => n * _axes[i].Extent);
    private uint Subgroups => LaneTerms.SubgroupsFor(Tiles, IsApart ? MostSubgroups / 4 : MostSubgroups);
    private long Groups => (Tiles + Subgroups - 1) / Subgroups;

    /// <summary>The variant.</summary>
    public Variant Variant => new(Family.Lane, "tiles", 8 * Subgroups, Constants, LaneTable: LaneTerms.Table);

    private uint[] Constants => [8 * Subgroups, Subgroups, (uint)Run, (uint)Rows, (uint)Rest.Count(), IsApart ? 1u : 0];

    /// <summary>The dispatch.</summary>
    /// <param name="bindings">X and Y.</param>
    public Dispatch Dispatch(IReadOnlyList<Slot>? bindings)
    {
        var (a, rest) = (_axes[0], Rest.ToArray());
        var (stepB, denseB) = _b == 0 ? (0, 0) : (_axes[_b].Stride, _dense[_b]);
        uint[] words =
        [
            (uint)Tiles, (uint)a.Extent, (uint)B, (uint)a.Stride, (uint)stepB, (uint)denseB, (uint)_offset,
            TilesA, .. Divisor.Words((int)TilesA), TilesB, .. Divisor.Words((int)TilesB), .. Words(0), .. Words(1), .. Steps(2),
        ];
        return new(LaneTerms.Folded(Groups), words, bindings, Constants: Constants, Defines: []);

        uint[] Words(int i) => i < rest.Length ? [(uint)_axes[rest[i]].Extent, .. Divisor.Words(_axes[rest[i]].Extent), .. Steps(i)] : new uint[5];
        uint[] Steps(int i) => i < rest.Length ? [(uint)_axes[rest[i]].Stride, (uint)_dense[rest[i]]] : new uint[2];
    }
}
