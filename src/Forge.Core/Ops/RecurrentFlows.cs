namespace Forge.Core.Ops;

/// <summary>Into which outputs of a <see cref="RecurrentOp"/> something flows: the inputs that its gradient op has.</summary>
/// <threadsafety>Immutable.</threadsafety>
[Flags]
public enum RecurrentFlows
{
    /// <summary>Into the states of all steps, (N,T,U).</summary>
    States = 1,

    /// <summary>Into the state after the final step, (N,U).</summary>
    Last = 2,

    /// <summary>Into the cell after the final step, (N,U).</summary>
    LastCell = 4,
}
