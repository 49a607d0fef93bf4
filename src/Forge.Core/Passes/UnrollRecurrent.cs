using Forge.Core.Ops;

namespace Forge.Core.Passes;

/// <summary>Runs recurrent cells and their gradients step by step, by simpler ops, where the backend is faster so.</summary>
/// <remarks>Runs after differentiation, so that the gradients of matrices stay one product over all steps.</remarks>
/// <param name="prefersSteps">Whether an op, on inputs of these types, is.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class UnrollRecurrent(Func<Op, IReadOnlyList<TensorType>, bool> prefersSteps) : IPass
{
    /// <inheritdoc/>
    public string Name => "unroll recurrent";

    /// <summary>Applies what a backend prefers.</summary>
    /// <param name="traced">The function, as traced.</param>
    /// <param name="traits">What will run it.</param>
    public static StepGraph Lower(StepGraph traced, BackendTraits traits) =>
        traits.PrefersSteps is { } prefers && traced.Graph.Nodes.Any(n => n.Op is RecurrentOp) ? new PassPipeline(new DropSaved(), new UnrollRecurrent(prefers)).Run(traced) : traced;

    /// <inheritdoc/>
    public StepGraph Apply(StepGraph traced) => traced.Rewrite(at => at.Node.Op switch
    {
        RecurrentOp { IsFused: false } cell when prefersSteps(cell, at.Node.InputTypes) => cell.Unrolled(at.Inputs),
        RecurrentGradOp { IsFused: false } gradient when prefersSteps(gradient, at.Node.InputTypes) => gradient.Unrolled(at.Inputs),
        _ => null,
    });
}
