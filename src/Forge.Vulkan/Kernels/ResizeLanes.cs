using Forge.Core.Ops;

namespace Forge.Vulkan.Kernels;

/// <summary>The lane variants of resizing and of its gradient (shaders/include/resize-lane.glsl): how rows of results are cut into segments, one a subgroup.</summary>
internal static class ResizeLanes
{
    // Channels of a run; loads of a subgroup at most, which are its code; pixels that a cell may gather from.
    private const int Run = 16, MostLoads = 160, MostPixels = 36;

    /// <summary>The variants; none where channels are no whole runs, or there are too many rows or places.</summary>
    /// <param name="images">What is resized.</param>
    /// <param name="limits">The device's.</param>
    public static IEnumerable<Variant> Variants(ResizedImages images, DeviceLimits limits)
    {
        var (result, gradient, blends) = (images.Result, images.IsGradient, images.Blends);
        if (!limits.HasLaneWords || result.Count == 0 || result[3] % Run != 0) yield break;
        uint[] gathered = gradient ? [Widest(images.Rows, images.Y[1], blends), Widest(images.Columns, images.Y[2], blends)] : [];
        var loads = gradient ? gathered[0] * (long)gathered[1] : blends ? 4 : 1;
        if (gradient && loads > MostPixels) yield break;
        var (ofPixel, ofRow) = (result[3] / Run, result[2] * result[3] / Run);
        // As much code as fits a subgroup, parts of a pixel or whole ones; then as many subgroups as divide the segments of all rows.
        var fits = Enumerable.Range(1, (int)Math.Max(1, MostLoads / (2 * loads))).Where(u => ofRow % u == 0 && (u % ofPixel == 0 || ofPixel % u == 0)).ToArray();
        var segments = ofRow / fits[^1] * (long)result[0] * result[1];
        foreach (var subgroups in (uint[])[8, 4, 2, 1])
            if (segments % subgroups == 0 && segments / subgroups <= LaneTerms.MaxAxis && limits.AllowsLanes(LaneTerms.Lanes * subgroups))
            {
                var units = fits.Reverse().Where(u => ofRow / u * (long)result[0] * result[1] is var all && all % subgroups == 0 && all / subgroups <= LaneTerms.MaxAxis).Select(u => (uint)u);
                yield return new(Family.Lane, $"runs{subgroups}", LaneTerms.Lanes * subgroups,
                    [LaneTerms.Lanes * subgroups, subgroups, (uint)result[3], (uint)fits[^1], blends ? 1u : 0, .. gathered], LaneTable: LaneTerms.Table, Tunables: [new("units", [.. units], Constant: 3)]);
                yield break;
            }
    }

    /// <summary>What a variant dispatches.</summary>
    /// <param name="images">What is resized.</param>
    /// <param name="variant">One of <see cref="Variants"/>.</param>
    public static Dispatch Over(ResizedImages images, Variant variant)
    {
        var (x, y, rows, columns, result) = (images.X, images.Y, images.Rows, images.Columns, images.Result);
        var (subgroups, segments) = (variant.Constants![1], (uint)(result[2] * result[3] / Run) / variant.Constants[3]);
        return new(new Grid((uint)(result[0] * result[1]) * segments / subgroups),
        [
            (uint)x[1], (uint)x[2], (uint)y[1], (uint)y[2], (uint)rows.Slope, (uint)rows.Offset, (uint)rows.Unit, (uint)columns.Slope, (uint)columns.Offset, (uint)columns.Unit,
            (uint)result[1], segments, .. Divisor.Words(rows.Unit, columns.Unit, rows.Slope, columns.Slope),
        ]);
    }

    // The most cells of the resized axis that one of `axis` is a part of, as shaders/include/resize-places.glsl counts them.
    private static uint Widest(ResizedAxis axis, int to, bool blends)
    {
        var widest = 0;
        for (var cell = 0; cell < axis.From; cell++)
            widest = Math.Max(widest, (cell == axis.From - 1 ? to : Math.Min(to, FirstFrom(cell + 1))) - (cell == 0 ? 0 : FirstFrom(cell - (blends ? 1 : 0))));
        return (uint)Math.Max(1, widest);

        int FirstFrom(int cells) => Math.Max(0, cells * axis.Unit - axis.Offset + axis.Slope - 1) / Math.Max(1, axis.Slope); // as Divisor has it: slope 0 puts all of y at one place
    }
}
