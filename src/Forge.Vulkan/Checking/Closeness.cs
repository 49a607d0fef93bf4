using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Checking;

/// <summary>How far a device's result may be from the fp64 reference, in units of 2^-24 of a scale.</summary>
/// <param name="Ulps">How many.</param>
/// <param name="Scale">Of what.</param>
internal readonly record struct Closeness(double Ulps, Closeness.Of Scale)
{
    /// <summary>What an error is measured by.</summary>
    /// <threadsafety>Immutable.</threadsafety>
    public enum Of
    {
        /// <summary>The element itself: for functions of one element.</summary>
        Element,

        /// <summary>The largest element of the output: for what mixes elements in ways that cancel.</summary>
        Tensor,

        /// <summary>The largest element of the output or of any input: for means of values far from 0.</summary>
        Tensors,

        /// <summary>The op's result on the inputs' magnitudes: the condition of a sum of products.</summary>
        Magnitudes,

        /// <summary>The largest element of the output or of the op's result on the inputs' magnitudes: for sums that go on from step to step and may cancel in any.</summary>
        Steps,
    }

    /// <summary>What is asked of an op. Integers are always exact.</summary>
    public static Closeness For(Op op) => op switch
    {
        ReduceOp { Kind: Reduction.Max or Reduction.Min } => new(0, Of.Element),
        ReduceOp => new(16, Of.Magnitudes),
        FusedReduceOp { Kind: Reduction.Max or Reduction.Min } => new(32, Of.Element),
        FusedReduceOp => new(32, Of.Magnitudes),
        TransposeOp or SliceOp or ConcatOp or PadOp or FromBytesOp or NarrowOp or WidenOp or MaxPool2DOp or MaxPool2DPickOp => new(0, Of.Element),
        MatMulOp { Epilogue.Activation: ActivationKind.None } or Conv2DOp { Epilogue.Activation: ActivationKind.None }
            or Conv3DOp { Epilogue.Activation: ActivationKind.None } => new(32, Of.Magnitudes),
        Conv2DInputGradientOp or Conv2DWeightGradientOp or Conv3DInputGradientOp or Conv3DWeightGradientOp or AvgPool2DOp or AvgPool2DGradientOp => new(32, Of.Magnitudes),
        MaxPool2DGradientOp => new(16, Of.Tensor), // magnitudes would have other winners
        FusedElementwiseOp { Steps: [{ Op: RoundToOp }] } => new(0, Of.Element),
        // Slopes that cross zero: their two terms cancel there, and each is rounded at its own size.
        FusedElementwiseOp chain when chain.Steps.Any(s => s.Op is GeluGradOp or SiluGradOp) => new(32, Of.Tensor),
        FusedElementwiseOp => new(32, Of.Element),
        BatchNormalizationOp => new(32, Of.Tensors),
        RecurrentGradOp => new(32, Of.Steps),
        _ => new(128, Of.Tensor),
    };

    /// <summary>What the op's fp64 reference gives.</summary>
    public static IReadOnlyList<ReferenceTensor> Reference(Op op, IReadOnlyList<ReferenceTensor> inputs)
    {
        ReferenceTensor[] outputs = [.. op.Infer([.. inputs.Select(i => i.Type)]).Select(t => new ReferenceTensor(t))];
        op.Reference(inputs, outputs);
        return outputs;
    }

    /// <summary>The op's result on its inputs' magnitudes, where errors are measured by it; else null.</summary>
    public IReadOnlyList<ReferenceTensor>? Magnitudes(Op op, IReadOnlyList<ReferenceTensor> inputs) =>
        Scale is Of.Magnitudes or Of.Steps ? Reference(op, [.. inputs.Select(Magnitude)]) : null;

    /// <summary>Says where and how a result is too far from the reference; null where it is close enough.</summary>
    /// <param name="op">The op.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="expected">The reference's outputs.</param>
    /// <param name="actual">The device's outputs.</param>
    /// <param name="magnitudes">What <see cref="Magnitudes"/> gives, where many results of the same inputs are looked at.</param>
    public string? Explain(
        Op op, IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> expected, IReadOnlyList<HostTensor> actual, IReadOnlyList<ReferenceTensor>? magnitudes = null) =>
        Measure(op, inputs, expected, actual, magnitudes).Problem;

    /// <summary>How far a result is from the reference.</summary>
    /// <inheritdoc cref="Explain"/>
    public Deviation Measure(
        Op op, IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> expected, IReadOnlyList<HostTensor> actual, IReadOnlyList<ReferenceTensor>? magnitudes = null)
    {
        magnitudes ??= Magnitudes(op, inputs) ?? expected;
        var (worst, overall) = (0.0, 0.0);
        for (var o = 0; o < expected.Count; o++)
        {
            var (reference, device) = (expected[o], actual[o]);
            var largest = WholeScale(reference, inputs, magnitudes[o]);
            var (errors, scales) = (0.0, 0.0);
            for (var i = 0; i < reference.Elements.Length; i++)
            {
                var (wanted, got) = (reference[i], device[i]);
                var scale = largest ?? Math.Abs(magnitudes[o][i]);
                if (!IsClose(reference.Type.DType, wanted, got, scale, out var limit, out var rounded))
                    return Far(reference, o, expected.Count, i, wanted, got, scale, limit, rounded);
                if (!double.IsFinite(rounded) || limit == 0) continue;
                worst = Math.Max(worst, Units(got - wanted, scale));
                errors += (got - wanted) * (got - wanted);
                scales += scale * scale;
            }
            overall = Math.Max(overall, Units(Math.Sqrt(errors), Math.Sqrt(scales)));
            // Errors of single elements may be near the limit by bad luck; errors of many may not.
            var whole = Math.Sqrt(errors) - Limit(Math.Sqrt(scales)) / 2;
            if (reference.Type.DType.IsFloat() && reference.Elements.Length >= 64 && whole > 0)
                return new(worst, overall, $"output {o}'s error is {Math.Sqrt(errors):G3} in all; its magnitude {Math.Sqrt(scales):G3} allows {Limit(Math.Sqrt(scales)) / 2:G3}.");
        }
        return new(worst, overall, null);
    }

    /// <summary>Which of some elements of an output are too far from the reference, and how.</summary>
    internal IReadOnlyList<(int Index, Deviation Deviation)> Far(
        Op op, IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> expected, IReadOnlyList<HostTensor> actual, IReadOnlyList<ReferenceTensor>? magnitudes, int output, IEnumerable<int> elements)
    {
        magnitudes ??= Magnitudes(op, inputs) ?? expected;
        var (reference, device, far) = (expected[output], actual[output], new List<(int, Deviation)>());
        var largest = WholeScale(reference, inputs, magnitudes[output]);
        foreach (var i in elements)
        {
            var scale = largest ?? Math.Abs(magnitudes[output][i]);
            if (!IsClose(reference.Type.DType, reference[i], device[i], scale, out var limit, out var rounded))
                far.Add((i, Far(reference, output, expected.Count, i, reference[i], device[i], scale, limit, rounded)));
        }
        return far;
    }

    // What all elements of an output are measured by; null where each has a scale of its own.
    private double? WholeScale(ReferenceTensor output, IReadOnlyList<ReferenceTensor> inputs, ReferenceTensor magnitudes) => Scale switch
    {
        Of.Tensor => Largest(output),
        Of.Tensors => Math.Max(Largest(output), inputs.Max(Largest)),
        Of.Steps => Math.Max(Largest(output), Largest(magnitudes)),
        _ => null,
    };

    // A NaN passes only for a NaN, an infinity only for what rounds to it.
    private bool IsClose(DType type, double wanted, double got, double scale, out double limit, out double rounded)
    {
        limit = type.IsFloat() ? Limit(scale) : 0;
        rounded = type == DType.F32 ? (float)wanted : wanted;
        return double.IsNaN(wanted) ? double.IsNaN(got)
            : !double.IsFinite(rounded) ? got == rounded
            : limit == 0 ? got == rounded
            : Math.Abs(got - wanted) <= limit;
    }

    private static Deviation Far(ReferenceTensor reference, int output, int outputs, int i, double wanted, double got, double scale, double limit, double rounded) =>
        new(double.IsFinite(got) && double.IsFinite(rounded) ? Units(got - wanted, scale) : double.PositiveInfinity, double.PositiveInfinity,
            $"{(outputs > 1 ? $"output {output}" : "y")}{Place(reference.Shape, i)} is {got:G9} on the device, {wanted:G9} in fp64 (limit {limit:G3}).");

    // An error in units of 2^-24 of a scale; what may be flushed to zero counts nothing.
    private static double Units(double error, double scale) => Math.Max(0, Math.Abs(error) - Smallest) is > 0 and var left ? left / scale * (1 << 24) : 0;

    // Below the smallest normal number devices may flush to zero.
    private double Limit(double scale) => Ulps == 0 ? 0 : Ulps * scale / (1 << 24) + Smallest;

    private const double Smallest = 1.2e-38;

    private static double Largest(ReferenceTensor x) => x.Elements.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();

    private static ReferenceTensor Magnitude(ReferenceTensor x)
    {
        var y = new ReferenceTensor(x.Type);
        for (var i = 0; i < y.Elements.Length; i++) y[i] = Math.Abs(x[i]);
        return y;
    }

    /// <summary>Where an element is: (1, 2, 0).</summary>
    internal static string Place(Shape shape, int index)
    {
        var strides = shape.Strides();
        return $"({string.Join(", ", strides.Select((stride, axis) => index / stride % shape[axis]))})";
    }
}

/// <summary>How far a result is from the reference.</summary>
/// <param name="Units">The largest error of an element, in the units of its <see cref="Closeness"/>; infinite where a number stands for none or none for one.</param>
/// <param name="Normalised">The error of the whole output by the norm of its scales, in the same units.</param>
/// <param name="Problem">Where it is too far, and how; null where it is close enough.</param>
internal readonly record struct Deviation(double Units, double Normalised, string? Problem);
