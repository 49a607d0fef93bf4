using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Has a recurrent cell save nothing for its gradient where no gradient reads it: a plan that does not train then has neither the memory nor the stores.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class DropSaved : IPass
{
    /// <inheritdoc/>
    public string Name => "drop saved";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced)
    {
        var uses = traced.UseCounts();
        return traced.Rewrite(at => at.Node.Op is RecurrentOp { Saves: true } cell && !at.Node.Outputs.Skip(cell.Results).Any(uses.ContainsKey)
            ? at.Graph.Add(cell with { Saves = false }, [.. at.Inputs]).Outputs : null);
    }
}
