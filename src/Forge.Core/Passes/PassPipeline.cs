namespace Forge.Core.Passes;

/// <summary>A rewrite of a traced function that keeps its meaning.</summary>
/// <threadsafety>Immutable, as the passes that implement it are.</threadsafety>
public interface IPass
{
    /// <summary>For messages and dumps.</summary>
    string Name { get; }

    /// <summary>The rewritten function.</summary>
    StepGraph Apply(StepGraph traced);
}

/// <summary>Passes in order, with the verifier after each.</summary>
/// <param name="passes">The passes.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class PassPipeline(params IReadOnlyList<IPass> passes)
{
    /// <summary>What every plan goes through.</summary>
    public static PassPipeline Default { get; } = new(new DropCustomGradients(), new FoldConstants(), new SpreadOuterProducts(), new CopyMovedState(), new DropSaved(), new FuseEpilogue(), new FuseBiasGradient(), new FusePoolGradient(), new FuseLoss(), new FuseElementwise(), new FuseReduction());

    /// <summary>Runs the passes.</summary>
    /// <exception cref="GraphException">A pass broke the graph: the message names pass, node and rule.</exception>
    public StepGraph Run(StepGraph step)
    {
        foreach (var pass in passes)
        {
            step = pass.Apply(step);
            GraphVerifier.Check(step, pass.Name);
        }
        return step;
    }
}
