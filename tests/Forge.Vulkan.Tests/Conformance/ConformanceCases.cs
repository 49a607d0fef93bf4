using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>The cases of an op. A case's seed comes from the op's name and the case's number, so that a new case changes no other.</summary>
internal static class ConformanceCases
{
    /// <summary>Cases of an op in a test: FORGE_TEST_CASES, or else 10.</summary>
    public static int Count => int.TryParse(Environment.GetEnvironmentVariable("FORGE_TEST_CASES"), CultureInfo.InvariantCulture, out var count) ? count : 10;

    /// <summary>Numbers and seeds of the cases; the one seed of FORGE_TEST_SEED (hexadecimal) where that is set.</summary>
    public static IEnumerable<(int Number, ulong Seed)> Seeds(string op) =>
        ulong.TryParse(Environment.GetEnvironmentVariable("FORGE_TEST_SEED"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var only)
            ? [(0, only)]
            : Enumerable.Range(0, Count).Select(n => (n, Seed(op, n)));

    /// <summary>A case in the form in which it reaches a device: an elementwise op is a chain of one.</summary>
    public static OpCase AsPlanned(OpCase drawn) =>
        drawn.Op is ElementwiseOp op ? drawn with { Op = FusedElementwiseOp.Of(op, [.. drawn.Inputs.Select(i => i.Type)]) } : drawn;

    /// <summary>What the op's reference gives.</summary>
    public static IReadOnlyList<ReferenceTensor> Reference(Op op, IReadOnlyList<ReferenceTensor> inputs) => Closeness.Reference(op, inputs);

    // FNV-1a, 64 bits; string.GetHashCode differs from run to run.
    private static ulong Seed(string op, int number)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var c in $"{op}/{number}")
            hash = (hash ^ c) * 0x100000001b3;
        return hash;
    }
}
