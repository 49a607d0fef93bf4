using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Has a max pool's gradient also apply that of the ReLU whose output was pooled: one pass over the largest tensors less.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class FusePoolGradient : IPass
{
    /// <inheritdoc/>
    public string Name => "fuse pool gradient";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var uses = traced.UseCounts();
        return traced.Rewrite(at =>
        {
            if (at.Node.Op is not ReluGradOp) return null;
            var (y, dy) = (at.Node.Inputs[0], at.Node.Inputs[1]);
            if (dy.Node.Op is not MaxPool2DGradientOp { ThroughRelu: false } pool || dy.Node.Inputs[0] != y || uses[dy] != 1) return null;
            return at.Graph.Add(pool with { ThroughRelu = true }, at.Inputs[0], at.Map(dy.Node.Inputs[1])!).Outputs;
        });
    }
}
