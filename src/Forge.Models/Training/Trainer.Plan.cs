using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Training;

public sealed partial class Trainer
{
    /// <summary>Plans the training step for a batch without running it.</summary>
    /// <param name="x">The type of the inputs (n, ...).</param>
    /// <param name="y">The type of the targets (n, ...).</param>
    /// <param name="warp">What the device does with images first; null for nothing.</param>
    /// <exception cref="MemoryException">It does not fit the device; the message names a batch size that does, if any.</exception>
    public PlanReport PlanStep(TensorType x, TensorType y, AffineWarpOp? warp = null)
    {
        try
        {
            return PlanReport.Of(Prepare(x, y, warp));
        }
        catch (MemoryException problem)
        {
            var batch = LargestBatch(x, y, warp, problem);
            throw new MemoryException(problem.Message + (batch > 0 ? $" A batch of {batch} fits." : " Not even a batch of one fits."), problem);
        }
        catch (ShapeException problem) when (x.Shape[0] > 1)
        {
            // Tensors of 2^31 elements and more; where no batch fits, the shapes are wrong for another reason.
            if (LargestBatch(x, y, warp, problem) is var batch && batch == 0) throw;
            throw new MemoryException($"{problem.Message} A batch of {batch} fits.", problem);
        }
    }

    /// <summary>The model's table and the costs of a training step.</summary>
    /// <param name="x">The type of the inputs (n, ...).</param>
    /// <param name="y">The type of the targets (n, ...).</param>
    public string Summary(TensorType x, TensorType y) => $"{ModelSummary.Of(Model)}\n{PlanStep(x, y)}";

    private Plan Prepare(TensorType x, TensorType y, AffineWarpOp? warp) => warp is null
        ? StepOf(training: true, null).Prepare(x, y)
        : StepOf(training: true, warp).Prepare(x, y, new(DType.F32, (x.Shape[0], 2, 3)));

    // Activations grow with the batch almost in a line: the estimate is planned, and made smaller until it fits.
    private int LargestBatch(TensorType x, TensorType y, AffineWarpOp? warp, Exception problem)
    {
        var batch = x.Shape[0] - 1;
        if (problem.Data["arena"] is long arena and > 0 && problem.Data["available"] is long available)
            batch = (int)Math.Clamp((double)x.Shape[0] * available / arena, 0, batch);
        for (; batch > 0; batch = batch * 9 / 10)
        {
            try
            {
                Prepare(x with { Shape = x.Shape.With(0, batch) }, y with { Shape = y.Shape.With(0, batch) }, warp);
                return batch;
            }
            catch (Exception still) when (still is MemoryException or ShapeException)
            {
                // Smaller still.
            }
        }
        return 0;
    }
}
