using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Checking;

/// <summary>NaN, infinities, denormals and zeros of either sign among an op's inputs, and what may become of them; docs/numerics.md says the same in words.</summary>
internal static class SpecialValues
{
    private const string NaN = "nan", Infinity = "infinity", Denormal = "denormal", SignedZero = "signed-zero";

    // Below it f32 numbers lose digits.
    private const double SmallestNormal = 1.17549435e-38;

    /// <summary>The names.</summary>
    public static IReadOnlyList<string> Names { get; } = [NaN, Infinity, Denormal, SignedZero];

    /// <summary>What a name means, for people.</summary>
    public static string Words(string name) => name switch
    {
        NaN => "with NaN among the inputs",
        Infinity => "with infinities among the inputs",
        Denormal => "with denormals among the inputs",
        _ => "with zeros of either sign among the inputs",
    };

    /// <summary>A case with some elements of each real input replaced; null where its op has none, or says nothing of such values.</summary>
    public static OpCase? Plant(OpCase drawn, string name)
    {
        var taken = Enumerable.Range(0, drawn.Inputs.Count).Where(i => drawn.Inputs[i].Type is { Count: > 0 } type && type.DType.IsFloat() && Takes(drawn.Op, i, name)).ToHashSet();
        if (taken.Count == 0)
            return null;
        return drawn with { Inputs = [.. drawn.Inputs.Select((x, i) => taken.Contains(i) ? Planted(x, name, (ulong)i) : x)] };
    }

    /// <summary>The inputs as a device may take them that has no denormals, no zero below zero, or neither; themselves first.</summary>
    public static IReadOnlyList<IReadOnlyList<ReferenceTensor>> Readings(IReadOnlyList<ReferenceTensor> inputs, string name) => name switch
    {
        // One input may meet an instruction that flushes, and another one that does not.
        Denormal => [inputs, Mapped(inputs, Flushed), Mapped(inputs, v => Flushed(v) + 0), .. Enumerable.Range(0, inputs.Count).Select(i => Mapped(inputs, Flushed, only: i))],
        SignedZero => [inputs, Mapped(inputs, v => v + 0), Mapped(inputs, v => v == 0 ? Math.CopySign(0, -1) : v)],
        _ => [inputs],
    };

    /// <summary>Whether an element is what one of the readings gives.</summary>
    /// <param name="prepared">The case.</param>
    /// <param name="outputs">The device's outputs.</param>
    /// <param name="readings">For each reading the reference's outputs, and its magnitudes.</param>
    public static Deviation Measure(PreparedCase prepared, IReadOnlyList<HostTensor> outputs, IReadOnlyList<(IReadOnlyList<ReferenceTensor> Expected, IReadOnlyList<ReferenceTensor>? Magnitudes)> readings)
    {
        Deviation? first = null;
        for (var o = 0; o < outputs.Count; o++)
        {
            var remaining = Enumerable.Range(0, prepared.OutputTypes[o].Count);
            foreach (var (expected, magnitudes) in readings)
            {
                var far = prepared.Closeness.Far(prepared.Op, prepared.Inputs, expected, outputs, magnitudes, o, remaining)
                    .Where(f => !IsExcused(prepared, expected[o][f.Index], outputs[o][f.Index])).ToList();
                if (far.Count == 0)
                {
                    remaining = [];
                    break;
                }
                first ??= far[0].Deviation;
                remaining = [.. far.Select(f => f.Index)];
            }
            if (remaining.Any())
                return first!.Value;
            first = null;
        }
        return new(0, 0, null);
    }

    // What mixes elements adds them up in an order of its own, and leaves out what is multiplied by zero or does not.
    private static bool IsExcused(PreparedCase prepared, double wanted, double got) =>
        prepared.Closeness.Scale != Closeness.Of.Element && !double.IsFinite(got)
        && (!double.IsFinite((float)wanted) ? !double.IsNaN(wanted) || double.IsNaN(got) || MultipliesZeros(prepared.Op) : MultipliesZeros(prepared.Op));

    // Padding, and pixels of weight zero: times an infinity they are NaN, times nothing they are not.
    private static bool MultipliesZeros(Op op) =>
        op is Conv2DOp or Conv2DInputGradientOp or Conv2DWeightGradientOp or Conv3DOp or Conv3DInputGradientOp or Conv3DWeightGradientOp or Resize2DOp or Resize2DGradientOp;

    private static bool Takes(Op op, int input, string name) => op switch
    {
        // Where a number becomes an index, what is none is nothing that any device defines.
        AffineWarpOp => input == 0,
        FusedElementwiseOp chain => name is Denormal or SignedZero || KeepsNaN(chain),
        FusedReduceOp reduce => name is Denormal or SignedZero || KeepsNaN(reduce.Chain),
        _ => true,
    };

    // Drivers' compilers take a - a for 0 and a / a for 1, across the steps of a chain too: of one step with different operands nothing is left to take.
    private static bool KeepsNaN(FusedElementwiseOp chain) =>
        chain.Steps is [{ Op: not LiteralOp } step] && step.Operands.Distinct().Count() == step.Operands.Count && !(step.Op is CastOp && !step.DType.IsFloat());

    private static ReferenceTensor Planted(ReferenceTensor x, string name, ulong input)
    {
        var (y, random) = (new ReferenceTensor(x.Type), new SplitMix(input + (ulong)x.Elements.Length));
        x.Elements.CopyTo(y.Elements, 0);
        // One in eight, one at least, of either sign in turn.
        for (var k = 0; k < (x.Elements.Length + 7) / 8; k++)
        {
            var sign = k % 2 == 0 ? 1 : -1;
            y[(int)(random.Next() % (ulong)x.Elements.Length)] = name switch
            {
                NaN => double.NaN,
                Infinity => sign * double.PositiveInfinity,
                // Exact in the type: a denormal of f32 is one of bf16, too; that of f16 is a normal f32.
                Denormal => sign * (x.Type.DType == DType.F16 ? 3 * Math.Pow(2, -24) : Math.Pow(2, -130)),
                _ => Math.CopySign(0, -sign),
            };
        }
        return y;
    }

    private static double Flushed(double v) => Math.Abs(v) < SmallestNormal ? Math.CopySign(0, v) : v;

    private static IReadOnlyList<ReferenceTensor> Mapped(IReadOnlyList<ReferenceTensor> inputs, Func<double, double> map, int? only = null) => [.. inputs.Select((x, input) =>
    {
        if (!x.Type.DType.IsFloat() || (only ?? input) != input)
            return x;
        var y = new ReferenceTensor(x.Type);
        for (var i = 0; i < y.Elements.Length; i++)
            y[i] = map(x[i]);
        return y;
    })];
}
