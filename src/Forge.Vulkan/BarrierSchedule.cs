namespace Forge.Vulkan;

/// <summary>Where barriers must stand between steps.</summary>
internal static class BarrierSchedule
{
    /// <summary>Says before which steps a barrier stands.</summary>
    /// <remarks>
    /// A barrier orders everything before it against everything after. One is placed before a step that reads what a step since the last barrier
    /// wrote, or writes what one read or wrote, compared by byte range; so steps that touch different bytes may overlap in time.
    /// </remarks>
    public static bool[] Before(IReadOnlyList<RecordedStep> steps)
    {
        var before = new bool[steps.Count];
        var pending = new Dictionary<DeviceBuffer, List<BufferAccess>>(ReferenceEqualityComparer.Instance);
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i].Accesses.Any(Conflicts))
            {
                before[i] = true;
                pending.Clear();
            }
            foreach (var access in steps[i].Accesses)
            {
                if (!pending.TryGetValue(access.Slice.Buffer, out var list))
                    pending[access.Slice.Buffer] = list = [];
                list.Add(access);
            }
        }
        return before;

        bool Conflicts(BufferAccess access) =>
            pending.TryGetValue(access.Slice.Buffer, out var earlier) && earlier.Exists(e => (e.Written || access.Written) && e.Slice.Overlaps(access.Slice));
    }
}
