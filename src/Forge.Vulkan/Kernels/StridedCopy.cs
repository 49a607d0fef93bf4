using Forge.Core;

namespace Forge.Vulkan.Kernels;

/// <summary>A copy between a dense tensor and a box of places in another: what strided.glsl does.</summary>
/// <remarks>Axes that are walked as one are joined. What is left beyond six axes is enumerated here, a dispatch for each place along them.</remarks>
internal sealed class StridedCopy
{
    private const int MostAxes = 6;     // strided.glsl's arrays
    private readonly List<(int Extent, int Stride)> _axes = [(1, 1)];   // innermost first
    private readonly int _offset;

    /// <summary>A copy of a box.</summary>
    /// <param name="extents">The box, slowest first.</param>
    /// <param name="strides">The step between places along each axis, in elements; may be negative.</param>
    /// <param name="offset">The place of the box's first element.</param>
    public StridedCopy(IReadOnlyList<int> extents, IReadOnlyList<int> strides, int offset)
    {
        _offset = offset;
        for (var axis = extents.Count - 1; axis >= 0; axis--)
        {
            if (extents[axis] == 1) continue;
            if (_axes[^1] is var (extent, stride) && (extent == 1 || (long)extent * stride == strides[axis]))
                _axes[^1] = (extent * extents[axis], extent == 1 ? strides[axis] : stride);
            else
                _axes.Add((extents[axis], strides[axis]));
        }
    }

    /// <summary>The copy of a box of a tensor: places start + k · step along every axis.</summary>
    public static StridedCopy Box(Shape whole, IReadOnlyList<int> counts, ValueList<int> starts, ValueList<int> steps)
    {
        var strides = whole.Strides();
        return new(counts, [.. strides.Select((stride, axis) => stride * steps[axis])], strides.Select((stride, axis) => stride * starts[axis]).Sum());
    }

    /// <summary>Elements copied.</summary>
    public long Count => _axes.Aggregate(1L, (n, a) => n * a.Extent);

    /// <summary>The number of axes that the shader walks.</summary>
    private int Axes => Math.Min(_axes.Count, MostAxes);

    // Runs of four words that stay together and lie at multiples of four on both sides.
    private bool IsWide => _axes[0] is { Stride: 1 } inner && inner.Extent % 4 == 0 && _offset % 4 == 0 && _axes.Skip(1).All(a => a.Stride % 4 == 0);

    /// <summary>The lane variant where it fits, then portable ones: on GPUs wide words first where they fit; processors gain nothing by them.</summary>
    public IEnumerable<Variant> Variants(DeviceLimits limits)
    {
        if (limits.HasLaneWords && Lanes is { } lanes && limits.AllowsLanes(lanes.Variant.Lanes))
            yield return lanes.Variant;
        foreach (var width in !IsWide ? (int[])[1] : limits.Quirks.RunsOnProcessor ? [1, 4] : [4, 1])
            foreach (var variant in EachUnit.Variants(Units(width), limits, [(uint)Axes], [("WIDTH", $"{width}")], $"width{width}", isWide: width == 4))
                yield return variant;
    }

    private StridedLanes? Lanes => Count > 0 ? StridedLanes.Of(_axes, _offset) : null;

    /// <summary>The dispatches of one of these variants.</summary>
    /// <param name="variant">The variant; its axes and width need not be those of this copy.</param>
    /// <param name="portable">The portable shader, for a copy that the lane variant of another does not fit.</param>
    /// <param name="bindings">X and Y.</param>
    public IEnumerable<Dispatch> Dispatches(Variant variant, string portable, IReadOnlyList<Slot>? bindings = null)
    {
        if (variant.Family != Family.Lane)
            return Portable(variant, bindings);
        return Lanes is { } lanes ? [lanes.Dispatch(bindings)]
            : Portable(s_usual, bindings).Select(d => d with { Shader = portable, LaneTable = 0 });
    }

    /// <summary>The dispatches of this copy as a part of another op's lane kernel.</summary>
    /// <param name="form">That kernel's form.</param>
    /// <param name="stem">Pad, Slice: whose shaders copy.</param>
    /// <param name="bindings">X and Y.</param>
    public IEnumerable<Dispatch> Beside(LaneForm form, string stem, IReadOnlyList<Slot> bindings) =>
        form.Table == LaneTerms.Table && Lanes is { } lanes ? [lanes.Dispatch(bindings) with { Shader = $"{stem}.lane.comp" }]
            : Portable(s_usual, bindings).Select(d => d with { Shader = $"{stem}.comp", LaneTable = 0 });

    // What a small copy runs beside others in lanes.
    private static readonly Variant s_usual = new(Family.Portable, "lanes64each8", 64, [64, 8], Defines: [("WIDTH", "1")]);

    private IEnumerable<Dispatch> Portable(Variant variant, IReadOnlyList<Slot>? bindings)
    {
        var width = IsWide && variant.Defines!.Contains(("WIDTH", "4")) ? 4 : 1;
        var walked = _axes.Take(Axes).Select(a => (a.Extent, Stride: a.Stride / width)).ToArray();
        if (width == 4) walked[0] = (walked[0].Extent / 4, 1);
        if (Count == 0) yield break;

        var count = walked.Aggregate(1, (n, a) => n * a.Extent);
        var inner = walked[..^1];
        uint[] shape =
        [
            .. Five(inner.Select(a => (uint)a.Extent)), .. Five(inner.Select(a => Divisor.Words(a.Extent)[0])), .. Five(inner.Select(a => Divisor.Words(a.Extent)[1])),
            .. walked.Select(a => (uint)a.Stride), .. new uint[MostAxes - walked.Length],
        ];
        var first = 0;
        foreach (var place in Places(_axes.Count - 1, _offset))
        {
            yield return new(EachUnit.Grid(variant, count), [(uint)count, (uint)first, (uint)(place / width), .. shape], bindings,
                Constants: [variant.Lanes, variant.Constants![1], (uint)walked.Length], Defines: [("WIDTH", $"{width}")]);
            first += count;
        }

        static IEnumerable<uint> Five(IEnumerable<uint> values) => values.Concat(Enumerable.Repeat(0u, MostAxes)).Take(MostAxes - 1);
    }

    // Where the walked axes start, for each index of the axes beyond: slowest first, which is the order of the dense side.
    private IEnumerable<int> Places(int axis, int at) =>
        axis < MostAxes ? [at] : Enumerable.Range(0, _axes[axis].Extent).SelectMany(k => Places(axis - 1, at + k * _axes[axis].Stride));

    private long Units(int width) => _axes.Take(Axes).Aggregate(1L, (n, a) => n * a.Extent) / width;
}
