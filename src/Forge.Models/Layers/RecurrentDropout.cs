using Forge.Core;

namespace Forge.Models.Layers;

// What dropout leaves of the features and of the state: drawn once for a batch, and the same at every step.
public abstract partial class RecurrentLayer
{
    private void CheckRate(string what, float rate)
    {
        if (rate is not (>= 0 and < 1))
            throw new ShapeException($"Layer '{Name}': {what} rate {rate} must be at least 0 and less than 1.");
    }

    // Features times the kernel, for the rows of all sequences and steps at once: one product, or one a gate where each gate drops features of its own.
    private Tensor Projected(Tensor x, Tensor? kept)
    {
        var features = x.Shape[2];
        Tensor Rows(Tensor of) => of.Reshape(of.Shape[0] * of.Shape[1], features);
        if (kept is null) return Rows(x).MatMul(Kernel!);
        if (kept.Shape[2] == features) return Rows(x * kept).MatMul(Kernel!);
        return Tensor.Concat(1, [.. Enumerable.Range(0, Gates).Select(gate =>
            Rows(x * kept.SliceAxis(2, gate * features, features)).MatMul(((Tensor)Kernel!).SliceAxis(1, gate * Units, Units)))]);
    }

    /// <summary>What features and states are multiplied by: 0 where they are dropped, 1 / (1 − rate) elsewhere.</summary>
    /// <param name="Features">(n, 1, f), or (n, 1, gates · f) where each gate has draws of its own; null where nothing is dropped.</param>
    /// <param name="State">(n, gates · units), or null.</param>
    private readonly record struct Kept(Tensor? Features, Tensor? State)
    {
        /// <summary>Draws for a batch of a layer. Keras draws for every gate only where the state is dropped too.</summary>
        public static Kept Draw(RecurrentLayer layer, Tensor x)
        {
            var (n, features) = (x.Shape[0], x.Shape[2] * (layer.RecurrentDropout > 0 ? layer.Gates : 1));
            return new(Of((n, 1, features), layer.Dropout), Of((n, layer.Gates * layer.Units), layer.RecurrentDropout));

            Tensor? Of(Shape shape, float rate) => rate > 0 ? x.Graph.Full(new(DType.F32, shape), 1).Dropout(rate) : null;
        }
    }
}
