using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Has the kernel that makes a weight's gradient make the bias's too: both read the same cotangent.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class FuseBiasGradient : IPass
{
    /// <inheritdoc/>
    public string Name => "fuse bias gradient";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var live = traced.LiveNodes();
        var sums = live.Where(IsChannelSum).GroupBy(n => n.Inputs[0]).ToDictionary(g => g.Key, g => g.First());
        var pairs = new Dictionary<Node, Node>();       // weight gradient → sum
        foreach (var node in live)
            if (CotangentOf(node) is { } dy && sums.Remove(dy, out var sum)) pairs.Add(node, sum);
        var partners = pairs.ToDictionary(p => p.Value, p => p.Key);
        var made = new Dictionary<Node, Node>();        // weight gradient → fused node
        return traced.Rewrite(at =>
        {
            if (pairs.ContainsKey(at.Node)) return [Fused(at, at.Node)!.Outputs[0]];
            return partners.TryGetValue(at.Node, out var gradient) && Fused(at, gradient) is { } fused
                ? [fused.Outputs[1].Reshape(at.Node.Outputs[0].Shape)] : null;
        });

        Node? Fused(Rewriting at, Node gradient)
        {
            if (made.TryGetValue(gradient, out var fused)) return fused;
            if (at.Map(gradient.Inputs[0]) is not { } x || at.Map(gradient.Inputs[1]) is not { } dy) return null;
            Op op = gradient.Op switch
            {
                MatMulOp product => product with { WithColumnSums = true },
                Conv2DWeightGradientOp convolution => convolution with { WithBiasGradient = true },
                Conv3DWeightGradientOp convolution => convolution with { WithBiasGradient = true },
                _ => throw new InvalidOperationException($"{gradient} is no weight gradient"),
            };
            fused = made[gradient] = at.Graph.Add(op, x, dy);
            fused.Name ??= gradient.Name;
            return fused;
        }
    }

    // Σ over every axis but the last.
    private static bool IsChannelSum(Node node) =>
        node.Op is ReduceOp { Kind: Reduction.Sum } sum && node.Inputs[0].Shape.Rank >= 2
        && sum.Axes.SequenceEqual(Enumerable.Range(0, node.Inputs[0].Shape.Rank - 1));

    private static Tensor? CotangentOf(Node node) => node.Op switch
    {
        Conv2DWeightGradientOp { WithBiasGradient: false } or Conv3DWeightGradientOp { WithBiasGradient: false } => node.Inputs[1],
        // A sum of one column is no work to share, and its product's fastest kernels, which read a by the vector, make no sums.
        MatMulOp { TransposeA: true, TransposeB: false, WithColumnSums: false, Epilogue.IsNone: true } when node.Inputs.All(i => i.Shape.Rank == 2) && node.Inputs[1].Shape[-1] > 1
            => node.Inputs[1],
        _ => null,
    };
}
