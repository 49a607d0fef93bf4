namespace Forge.Vulkan.Tests;

/// <summary>Checks a recording's barriers by the definition, pair by pair; it shares no code with BarrierSchedule.</summary>
internal static class HazardChecker
{
    /// <summary>Throws where two steps conflict with no barrier between them, or where a barrier separates nothing.</summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="before">Whether a barrier stands before each.</param>
    public static void Check(IReadOnlyList<RecordedStep> steps, IReadOnlyList<bool> before)
    {
        if (Missing(steps, before) is { } hazard)
            throw new InvalidOperationException(hazard);
        for (var k = 0; k < steps.Count; k++)
            if (before[k] && Missing(steps, [.. before.Select((b, i) => b && i != k)]) is null)
                throw new InvalidOperationException($"The barrier before '{steps[k].Name}' (step {k}) separates nothing.");
    }

    /// <summary>
    /// The first two steps that conflict with no barrier between them. Null proves that none is missing: a barrier orders all that stands before it
    /// against all that stands after it, so every pair that conflicts is ordered.
    /// </summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="before">Whether a barrier stands before each.</param>
    public static string? Missing(IReadOnlyList<RecordedStep> steps, IReadOnlyList<bool> before)
    {
        var since = 0;  // the last barrier: what stands before it is ordered
        for (var later = 0; later < steps.Count; later++)
        {
            if (before[later]) since = later;
            for (var earlier = since; earlier < later; earlier++)
                if (Conflict(steps[earlier], steps[later]))
                    return $"'{steps[later].Name}' (step {later}) needs a barrier after '{steps[earlier].Name}' (step {earlier}).";
        }
        return null;
    }

    /// <summary>What is wrong with a whole recording: run twice, one after the other, its results then read by the host. Null where nothing is.</summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="before">Whether a barrier stands before each; the first is the one that opens the recording.</param>
    /// <param name="closed">Whether the barrier at the end makes what was written visible to the host.</param>
    public static string? MissingInReplays(IReadOnlyList<RecordedStep> steps, IReadOnlyList<bool> before, bool closed)
    {
        if (Missing([.. steps, .. steps], [.. before, .. before]) is { } hazard)
            return hazard;
        var seen = steps.SelectMany(s => s.Accesses).FirstOrDefault(a => a.Written && a.Slice.Buffer.IsMapped);
        return closed || seen.Slice.Buffer is null ? null : $"The host may read {seen.Slice.Buffer.Name} before it is written: no barrier ends the recording.";
    }

    private static bool Conflict(RecordedStep a, RecordedStep b)
    {
        foreach (var x in a.Accesses)
            foreach (var y in b.Accesses)
            {
                if (!x.Written && !y.Written || x.Slice.Buffer != y.Slice.Buffer)
                    continue;
                var (start, end) = (Math.Max(x.Slice.Offset, y.Slice.Offset), Math.Min(x.Slice.Offset + x.Slice.Bytes, y.Slice.Offset + y.Slice.Bytes));
                if (start < end)
                    return true;
            }
        return false;
    }
}
