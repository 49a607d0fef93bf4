using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tuning;

/// <summary>Values on which a variant is checked and timed: the same for every variant and every process.</summary>
internal static class TrialInputs
{
    /// <summary>One tensor for each input.</summary>
    /// <remarks>Reals in [-1, 1), so that slopes and signs vary; integers 0 or 1, which are indexes, classes and flags of anything; of rows of a table all there are.</remarks>
    /// <param name="use">The op and its types.</param>
    /// <param name="positive">Reals in [0.5, 1.5) instead: for what has no value left of 0.</param>
    public static IReadOnlyList<HostTensor> Of(OpUse use, bool positive = false)
    {
        var inputs = new HostTensor[use.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var (random, type) = (new SplitMix((ulong)i + 1), use.Inputs[i]);
            var (low, high) = positive ? (0.5f, 1.5f) : (-1f, 1f);
            if (IsRecurrentMatrix(use.Op, i))
            {
                // A larger one makes states chaotic: after some steps two right kernels agree in nothing.
                high = 1 / MathF.Sqrt(type.Shape[0]);
                low = positive ? 0 : -high;
            }
            if (use.Op is UpdateOp update && Fixed(update, i, use.Inputs.Count) is { } range)
                (low, high) = range;
            inputs[i] = Fill(type, random, low, high, (uint)(use.Op switch { GatherOp when i == 1 => use.Inputs[0].Shape[0], ScatterAddOp scatter when i == 0 => scatter.Rows, _ => 2 }));
            if (use.Op is UpdateOp && i == inputs.Length - 1)
                inputs[i] = HostTensor.From([1u], type.Shape); // the finite flag: a step that changes nothing would check nothing
        }
        return inputs;
    }

    private static bool IsRecurrentMatrix(Op op, int input) => (op is RecurrentOp && input == 1) || (op is RecurrentGradOp && input == 0);

    // Squares are not negative; rates and the like are what they are near a run's start.
    private static (float Low, float High)? Fixed(UpdateOp update, int input, int inputs)
    {
        if (input >= 2 && input < 2 + update.Slots.Count)
            return update.Slots[input - 2].Contains("square", StringComparison.Ordinal) ? (1f, 2f) : null;
        return input >= 2 + update.Slots.Count && input < inputs - 1 ? (0.25f, 0.5f) : null;
    }

    private static HostTensor Fill(TensorType type, SplitMix random, float low, float high, uint integers)
    {
        var tensor = new HostTensor(type);
        switch (type.DType)
        {
            case DType.F32:
                foreach (ref var x in tensor.Span<float>())
                    x = low + (high - low) * (float)random.NextUnit();
                return tensor;
            case DType.U32:
                foreach (ref var x in tensor.Span<uint>())
                    x = (uint)(random.Next() % Math.Max(1, integers));
                return tensor;
            case DType.I32:
                foreach (ref var x in tensor.Span<int>())
                    x = (int)(random.Next() % Math.Max(1, integers));
                return tensor;
            case DType.U8:
                foreach (ref var x in tensor.Span<byte>())
                    x = (byte)random.Next();
                return tensor;
            default:
                var values = new ReferenceTensor(type);
                for (var i = 0; i < values.Elements.Length; i++)
                    values[i] = low + (high - low) * random.NextUnit();
                return values.ToHost();
        }
    }
}
