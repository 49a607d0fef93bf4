using Forge.Core.Ops;

namespace Forge.Core;

// Rows along the last axis, and rows of tables.
public sealed partial class Tensor
{
    /// <inheritdoc cref="SoftmaxOp"/>
    /// <param name="axis">Along which axis; the last when left out.</param>
    public Tensor Softmax(int axis = -1) => AlongLast(axis, x => new SoftmaxOp().On(x));

    /// <inheritdoc cref="LogSoftmaxOp"/>
    /// <param name="axis">Along which axis; the last when left out.</param>
    public Tensor LogSoftmax(int axis = -1) => AlongLast(axis, x => new LogSoftmaxOp().On(x));

    /// <summary>The loss of each row of these logits against one-hot or other targets: see <see cref="SoftmaxCrossEntropyOp"/>.</summary>
    public Tensor SoftmaxCrossEntropy(Tensor targets) => new SoftmaxCrossEntropyOp().On(this, targets);

    /// <summary>The loss of each row of these logits against u32 labels: see <see cref="SparseSoftmaxCrossEntropyOp"/>.</summary>
    public Tensor SparseSoftmaxCrossEntropy(Tensor labels) => new SparseSoftmaxCrossEntropyOp().On(this, labels);

    /// <inheritdoc cref="OneHotOp"/>
    public Tensor OneHot(int classes) => new OneHotOp(classes).On(this);

    /// <summary>Rows of this table by index: see <see cref="GatherOp"/>.</summary>
    public Tensor Gather(Tensor index) => new GatherOp().On(this, index);

    private Tensor AlongLast(int axis, Func<Tensor, Tensor> map)
    {
        var own = Shape.Axis(axis);
        if (own == Shape.Rank - 1) return map(this);
        int[] order = [.. Enumerable.Range(0, Shape.Rank)];
        (order[own], order[^1]) = (order[^1], order[own]);      // a swap undoes itself
        return map(Transpose(order)).Transpose(order);
    }
}
