using Forge.Core;

namespace Forge.Models.Layers;

// Long sequences in parts: where gradients stop, and what is computed again for them.
public abstract partial class RecurrentLayer
{
    private (Tensor States, IReadOnlyList<Tensor> Last) Segments(Tensor x, IReadOnlyList<Tensor> initial, Tensor? mask, Kept kept, bool reverse)
    {
        var steps = x.Shape[1];
        var (truncate, keep) = (TruncateSteps ?? steps, CheckpointSteps ?? steps);
        if (truncate >= steps && keep >= steps) return Over(x, initial, mask, kept, reverse);
        List<Tensor> parts = [];
        for (var done = 0; done < steps;)
        {
            var count = Math.Min(steps - done, Math.Min(truncate - done % truncate, keep - done % keep));
            var start = reverse ? steps - done - count : done;
            if (done > 0 && done % truncate == 0) initial = [.. initial.Select(s => s.StopGradient())];
            (var states, initial) = Segment(x.SliceAxis(1, start, count), initial, mask?.SliceAxis(1, start, count), kept, reverse);
            parts.Add(states);
            done += count;
        }
        if (reverse) parts.Reverse();
        return (Tensor.Concat(1, [.. parts]), initial);
    }

    private (Tensor States, IReadOnlyList<Tensor> Last) Segment(Tensor x, IReadOnlyList<Tensor> initial, Tensor? mask, Kept kept, bool reverse)
    {
        if (CheckpointSteps is null) return Over(x, initial, mask, kept, reverse);
        var results = Tensor.Checkpoint(
            own =>
            {
                var (states, last) = Over(own[0], [.. own.Skip(1).Take(States)], mask is null ? null : own[^1], kept, reverse);
                return [states, .. last];
            },
            mask is null ? [x, .. initial] : [x, .. initial, mask]);
        return (results[0], [.. results.Skip(1)]);
    }

    private (Tensor States, IReadOnlyList<Tensor> Last) Over(Tensor x, IReadOnlyList<Tensor> initial, Tensor? mask, Kept kept, bool reverse)
    {
        var projections = Projected(x, kept.Features);
        if (ProjectionBias is { } bias) projections += bias;
        return Cell(projections.Reshape(x.Shape[0], x.Shape[1], Gates * Units), initial, mask, kept.State, reverse);
    }
}
