namespace Forge.Vulkan.Tests;

/// <summary>Checks a recording's barriers by the definition, pair by pair; it shares no code with BarrierSchedule.</summary>
internal static class HazardChecker
{
    /// <summary>Throws where two steps conflict with no barrier between them, or where a barrier separates nothing.</summary>
    /// <param name="steps">The steps, in order.</param>
    /// <param name="before">Whether a barrier stands before each.</param>
    public static void Check(IReadOnlyList<RecordedStep> steps, IReadOnlyList<bool> before)
    {
        for (var later = 0; later < steps.Count; later++)
            for (var earlier = 0; earlier < later; earlier++)
                if (Conflict(steps[earlier], steps[later]) && !Enumerable.Range(earlier + 1, later - earlier).Any(k => before[k]))
                    throw new InvalidOperationException($"'{steps[later].Name}' (step {later}) needs a barrier after '{steps[earlier].Name}' (step {earlier}).");
        for (var k = 0; k < steps.Count; k++)
        {
            if (!before[k])
                continue;
            var since = Enumerable.Range(0, k).Where(i => before[i]).DefaultIfEmpty(0).Max();
            if (!Enumerable.Range(since, k - since).Any(i => Conflict(steps[i], steps[k])))
                throw new InvalidOperationException($"The barrier before '{steps[k].Name}' (step {k}) separates nothing.");
        }
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
