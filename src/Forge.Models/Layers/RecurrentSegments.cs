using Forge.Core;

namespace Forge.Models.Layers;

// Long sequences in parts: where gradients stop.
public abstract partial class RecurrentLayer
{
    private (Tensor States, IReadOnlyList<Tensor> Last) Segments(Tensor x, IReadOnlyList<Tensor> initial, Tensor? mask, bool reverse)
    {
        var steps = x.Shape[1];
        if (TruncateSteps is not { } most || most >= steps) return Over(x, initial, mask, reverse);
        List<Tensor> parts = [];
        for (var done = 0; done < steps; done += most)
        {
            var count = Math.Min(most, steps - done);
            var start = reverse ? steps - done - count : done;
            if (done > 0) initial = [.. initial.Select(s => s.StopGradient())];
            (var states, initial) = Over(x.SliceAxis(1, start, count), initial, mask?.SliceAxis(1, start, count), reverse);
            parts.Add(states);
        }
        if (reverse) parts.Reverse();
        return (Tensor.Concat(1, [.. parts]), initial);
    }

    private (Tensor States, IReadOnlyList<Tensor> Last) Over(Tensor x, IReadOnlyList<Tensor> initial, Tensor? mask, bool reverse)
    {
        // One product over the rows of all sequences and steps.
        var (n, t) = (x.Shape[0], x.Shape[1]);
        var projections = x.Reshape(n * t, x.Shape[2]).MatMul(Kernel!);
        if (ProjectionBias is { } bias) projections += bias;
        return Cell(projections.Reshape(n, t, Gates * Units), initial, mask, reverse);
    }
}
