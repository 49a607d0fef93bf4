using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Copies the old value of one parameter before it is assigned to another, whose own old value may be moving too.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class CopyMovedState : IPass
{
    /// <inheritdoc/>
    public string Name => "copy moved state";

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced) => traced with
    {
        Assignments = [.. traced.Assignments.Select(a => IsOtherState(a) ? a with { Value = new IdentityOp().On(a.Value) } : a)],
    };

    private static bool IsOtherState(Assignment assignment)
    {
        var value = assignment.Value;
        while (value.Node.Op.IsView) value = value.Node.Inputs[value.Index];
        return value.Node.Op is ParameterOp read && read.Parameter != assignment.Parameter;
    }
}
