using Forge.Core;

namespace Forge.Models.Training;

public sealed partial class Trainer
{
    /// <summary>Trains on long sequences chunk by chunk (truncated backpropagation through time): states go on from chunk to chunk, gradients do not.</summary>
    /// <param name="x">Sequences (n, t, ...), f32 or u8.</param>
    /// <param name="y">A target for every step, (n, t, ...).</param>
    /// <param name="steps">Steps of a chunk, a divisor of t: memory is needed for so many alone.</param>
    /// <param name="into">Where losses and metrics are added.</param>
    /// <returns>The mean of the chunks' losses.</returns>
    /// <remarks>The model's recurrent layers carry their states: see <see cref="Layers.RecurrentLayer.StatefulBatch"/>. They begin at zero.</remarks>
    /// <exception cref="ShapeException">The sequences do not fit each other, or the chunks.</exception>
    /// <exception cref="ForgeException">No layer carries a state.</exception>
    /// <exception cref="DivergedException">Loss or gradients are not finite; the chunk changed nothing.</exception>
    public double TrainOnChunks(HostTensor x, HostTensor y, int steps, RunningMeans? into = null)
    {
        if (x.Shape.Rank < 2 || y.Shape.Rank < 2 || x.Shape[0] != y.Shape[0] || x.Shape[1] != y.Shape[1])
            throw new ShapeException($"Sequences {x.Shape} and targets {y.Shape} must begin with the same two extents, (batch, steps): a target for every step.");
        if (steps < 1 || x.Shape[1] == 0 || x.Shape[1] % steps != 0)
            throw new ShapeException($"Sequences of {x.Shape[1]} steps do not divide into chunks of {steps}. Use a divisor, or pad the sequences.");
        if (!Model.IsStateful)
            throw new ForgeException($"No layer of model '{Model.Name}' carries its state from chunk to chunk. Set StatefulBatch of its recurrent layers to {x.Shape[0]}.");
        Model.ResetStates(Engine);
        var (sum, chunks) = (0.0, x.Shape[1] / steps);
        for (var i = 0; i < chunks; i++) sum += TrainOnBatch(x.Steps(i * steps, steps), y.Steps(i * steps, steps), into);
        return sum / chunks;
    }
}
