using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Checking;

/// <summary>The cases of an op. What a case draws comes from the op's name and the case's number, so that a new case changes no other.</summary>
internal static class CheckCases
{
    /// <summary>What a case draws. Zeros, of which the last need not be written, draw the smallest case: it is number 0 of every seed.</summary>
    /// <param name="op">The op's name.</param>
    /// <param name="number">The case's number.</param>
    /// <param name="seed">Decides every case but number 0.</param>
    public static int[] Draws(string op, int number, ulong seed = 1) =>
        number == 0 ? [] : Draw.Tape(Hash(seed == 1 ? $"{op}/{number}" : string.Create(CultureInfo.InvariantCulture, $"{op}/{number}/{seed}")));

    /// <summary>A case of an op in the form in which it reaches a device.</summary>
    public static OpCase Of(OpEntry op, IReadOnlyList<int> draws) => AsPlanned(op.Sample(new Draw(draws)));

    /// <summary>A case in the form in which it reaches a device: an elementwise op is a chain of one.</summary>
    public static OpCase AsPlanned(OpCase drawn) =>
        drawn.Op is ElementwiseOp op ? drawn with { Op = FusedElementwiseOp.Of(op, [.. drawn.Inputs.Select(i => i.Type)]) } : drawn;

    // FNV-1a, 64 bits; string.GetHashCode differs from run to run.
    private static ulong Hash(string text)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var c in text)
            hash = (hash ^ c) * 0x100000001b3;
        return hash;
    }
}
