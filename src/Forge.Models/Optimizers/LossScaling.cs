using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Optimizers;

/// <summary>
/// How the loss is scaled while gradients are f16: multiplied by a power of two before it is differentiated, so that small cotangents do not vanish;
/// the gradients are divided by it again, in f32 and exactly.
/// </summary>
/// <remarks>
/// A step with gradients that are not finite changes nothing else and halves the scale; so many good steps in a row double it. With a loss that is
/// not finite itself, or at a scale of 1, such a step is an error, as without scaling.
/// Used by <see cref="Core.Precision.Mixed16"/> with f16 alone. Source: Micikevicius et al. 2018; torch.amp.GradScaler's defaults.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record LossScaling
{
    /// <summary>The first scale: a power of two from 1 to <see cref="Largest"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Another number.</exception>
    public float Initial
    {
        get;
        init => field = IsPowerOfTwo(value) && value is >= 1 and <= Largest ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, $"The loss scale must be a power of two from 1 to {Largest}.");
    } = 65536;

    /// <summary>Good steps in a row after which the scale doubles; at least 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int GrowthInterval
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 2000;

    /// <summary>No scale grows past this.</summary>
    public const float Largest = 1 << 24;

    private static bool IsPowerOfTwo(float value) => float.IsFinite(value) && (BitConverter.SingleToUInt32Bits(value) & 0x7fffff) == 0;
}

/// <summary>The scale of one optimizer's loss: graph state, so that it replays, is saved and resumes like any other.</summary>
internal sealed class LossScale
{
    private readonly LossScaling _scaling;
    private readonly Parameter _scale, _goodSteps;

    public LossScale(string optimizer, LossScaling scaling)
    {
        _scaling = scaling;
        _scale = new($"{optimizer}/loss_scale", new(DType.F32, Shape.Scalar), _ => HostTensor.Of(scaling.Initial), trainable: false);
        _goodSteps = new($"{optimizer}/good_steps", new(DType.F32, Shape.Scalar), trainable: false);
    }

    /// <summary>What is saved.</summary>
    public IReadOnlyList<Parameter> State => [_scale, _goodSteps];

    /// <summary>The scale of this step.</summary>
    public Tensor Of(Graph graph) => graph.Read(_scale);

    /// <summary>A u32 scalar: 1 where this loss and its gradients are finite, or are not by the scale's fault: no error for either.</summary>
    public Tensor Tolerates(Graph graph, Tensor loss, Tensor own)
    {
        var none = graph.Full(own.Type, 0);
        return own.Select(graph.Full(own.Type, 1), new FiniteOp().On(loss).Select(graph.Read(_scale).Greater(1f), none));
    }

    /// <summary>The scale of the next step; that of this one where it ends in an error, or where another optimizer's gradients alone were not finite.</summary>
    /// <param name="graph">The graph being traced.</param>
    /// <param name="finite">Whether the step is.</param>
    /// <param name="own">Whether this optimizer's part of it is.</param>
    /// <param name="tolerated">What <see cref="Tolerates"/> said.</param>
    public IEnumerable<Assignment> Next(Graph graph, Tensor finite, Tensor own, Tensor tolerated)
    {
        // What others did wrong neither halves this scale nor counts as a good step.
        if (own != finite) tolerated = own.Select(graph.Full(own.Type, 0), tolerated);
        var (scale, before) = (graph.Read(_scale), graph.Read(_goodSteps));
        var good = before + 1f;
        var grows = good.GreaterEqual(_scaling.GrowthInterval);
        yield return new(_scale, finite.Select(grows.Select((scale * 2f).Minimum(LossScaling.Largest), scale), tolerated.Select(scale * 0.5f, scale)));
        yield return new(_goodSteps, finite.Select(grows.Select(0f, good), tolerated.Select(0f, before)));
    }
}
