using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Puts the value itself in the place of one with a gradient of its own: the mark has done its work, and chains would end at it.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class DropCustomGradients : IPass
{
    /// <inheritdoc/>
    public string Name => "drop custom gradients";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced) => traced.Rewrite(at => at.Node.Op is CustomGradientOp ? [at.Inputs[0]] : null);
}
