using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Has the kernel that makes a cross-entropy's gradient make the loss too, added up over the batch: both walk the same rows.</summary>
/// <remarks>Only where the losses are read by their sum or mean alone, where what flows back does not depend on it, and for batches that one workgroup walks.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed class FuseLoss : IPass
{
    // Elements of logits past which one workgroup is too few.
    private const int Most = 1 << 15;

    /// <inheritdoc/>
    public string Name => "fuse loss";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var (uses, live) = (traced.UseCounts(), traced.LiveNodes());
        var gradients = live.Where(n => n.Op is SoftmaxCrossEntropyGradOp { Loss: null }).GroupBy(n => (n.Inputs[0], n.Inputs[1])).ToDictionary(g => g.Key, g => g.First());
        var made = new Dictionary<Node, Node>();        // gradient → fused node
        return traced.Rewrite(at =>
        {
            if (made.TryGetValue(at.Node, out var fused)) return [fused.Outputs[0]];
            if (at.Node.Op is not ReduceOp { Kind: Reduction.Sum or Reduction.Mean } total || at.Node.Outputs[0].Type.Count != 1) return null;
            var loss = at.Node.Inputs[0].Node;
            if (loss.Op is not SoftmaxCrossEntropyOp || uses[at.Node.Inputs[0]] != 1 || loss.Inputs[0].Shape.Count > Most) return null;
            if (!gradients.TryGetValue((loss.Inputs[0], loss.Inputs[1]), out var gradient) || at.Map(gradient.Outputs[0]) is not null) return null;
            var dloss = gradient.Inputs[2];
            if ((at.Map(dloss) ?? (dloss.Node.Op is LeafOp leaf ? at.Graph.Add(leaf).Outputs[0] : null)) is not { } known) return null;
            fused = made[gradient] = at.Graph.Add(new SoftmaxCrossEntropyGradOp(total.Kind), at.Map(loss.Inputs[0])!, at.Map(loss.Inputs[1])!, known);
            fused.Name ??= gradient.Name;
            return [fused.Outputs[1].Reshape(at.Node.Outputs[0].Shape)];
        });
    }
}
