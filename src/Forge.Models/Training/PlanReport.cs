using Forge.Core;

namespace Forge.Models.Training;

/// <summary>What a planned step costs, known before it runs.</summary>
/// <param name="Flops">Floating-point operations of a step.</param>
/// <param name="Kernels">Kernels that a step runs.</param>
/// <param name="ArenaBytes">Activations and scratch at their peak.</param>
/// <param name="StateBytes">Weights and optimizer state.</param>
/// <param name="OtherBytes">Inputs, results, constants and packed gradients.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PlanReport(double Flops, int Kernels, long ArenaBytes, long StateBytes, long OtherBytes)
{
    /// <summary>All that the step keeps in the device's memory.</summary>
    public long PeakBytes => ArenaBytes + StateBytes + OtherBytes;

    /// <summary>The costs of a plan.</summary>
    public static PlanReport Of(Plan plan)
    {
        var arena = plan.RegionBytes.GetValueOrDefault(Region.Arena);
        return new(
            plan.Kernels.Sum(k => k.Node.Op.Cost(k.Node.InputTypes, k.Node.OutputTypes).Flops), plan.Kernels.Count(), arena,
            plan.State.Sum(s => s.Bytes), plan.RegionBytes.Values.Sum() - arena);
    }

    /// <summary>Two lines for people.</summary>
    public override string ToString() =>
        $" Step: {Flops / 1e9:0.00} GFLOP in {Kernels} kernels\n" +
        $" Memory: {ModelSummary.Size(PeakBytes)} ({ModelSummary.Size(ArenaBytes)} activations, {ModelSummary.Size(StateBytes)} weights and optimizer state, {ModelSummary.Size(OtherBytes)} inputs, gradients and constants)";
}
