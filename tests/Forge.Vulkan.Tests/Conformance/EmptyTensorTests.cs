using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>
/// Every op on tensors without elements, through whole plans: a sampled case loses one axis, or as few axes together as the op accepts, and what is
/// left of its outputs must be what the reference gives.
/// </summary>
public sealed class EmptyTensorTests(EmptyTensorTests.Engines engines) : IClassFixture<EmptyTensorTests.Engines>
{
    // Ops all of whose inputs have elements: a mean, or a row to choose from, needs some.
    private static readonly string[] s_never = ["BatchNormalization", "BatchNormalizationGrad"];

    // Descriptor mode runs under the validation layer, where that is installed: binding, copying and dispatching nothing are errors.
    public static TheoryData<string, string, BufferMode> OpsDriversAndModes()
    {
        var data = new TheoryData<string, string, BufferMode>();
        foreach (var driver in Drivers.LongTier ? Drivers.Names() : Drivers.Names("mesa25", "swiftshader", "system"))
            foreach (var mode in (BufferMode[])[BufferMode.Address, BufferMode.Checked, BufferMode.Descriptor])
                foreach (var op in OpTable.Entries)
                    data.Add(op.Name, driver, mode);
        return data;
    }

    [DriverTheory, MemberData(nameof(OpsDriversAndModes))]
    public void Plan_AgreesWithTheReference_WhereTensorsAreEmpty(string op, string driver, BufferMode mode)
    {
        var cases = Enumerable.Range(0, Drivers.LongTier ? 60 : 16).SelectMany(n => Emptied(OpTable.Find(op)!.Sample(Draw.FromSeed((ulong)n + 1)))).ToList();
        Assert.Equal(s_never.Contains(op), cases.Count == 0);
        using var counted = DriverReport.Of(driver).Test();
        foreach (var (emptied, inputs) in cases)
        {
            var expected = ConformanceCases.Reference(emptied, inputs);
            using var step = engines.Open(driver, mode).Compile(inputs.Count, x => (x.Count > 0 ? Graph.Current.Add(emptied, [.. x]) : Graph.Current.Add(emptied)).Outputs);
            var results = step.Run([.. inputs.Select(i => i.ToHost())]);
            var problem = Closeness.For(ConformanceCases.AsPlanned(new(emptied, inputs)).Op)
                .Explain(emptied, inputs, expected, [.. Enumerable.Range(0, expected.Count).Select(o => results[o])]);
            Assert.True(problem is null, $"{emptied} on {string.Join(", ", inputs.Select(i => i.Type))}: {problem}");
        }
    }

    // The op on every smallest set of axes that may be empty together.
    private static IEnumerable<(Op Op, IReadOnlyList<ReferenceTensor> Inputs)> Emptied(OpCase drawn)
    {
        const int Own = -1;     // the shape that an op holds itself
        var axes = drawn.Inputs.Select(x => x.Shape.Rank).SelectMany((rank, i) => Axes(i, rank)).Concat(Axes(Own, RankOf(drawn.Op))).ToList();
        var found = new List<int>();
        foreach (var set in Enumerable.Range(1, (1 << axes.Count) - 1).Where(s => int.PopCount(s) <= 5).OrderBy(int.PopCount))
        {
            if (found.Exists(f => (f & set) == f)) continue;
            var chosen = axes.Where((_, a) => (set >> a & 1) != 0).ToList();
            ReferenceTensor[] inputs = [.. drawn.Inputs.Select((x, i) => chosen.Exists(c => c.Input == i) ? new ReferenceTensor(new(x.Type.DType, Without(x.Shape, i))) : x)];
            var op = Resized(drawn.Op);
            try
            {
                _ = op.Infer([.. inputs.Select(x => x.Type)]);
            }
            catch (ShapeException)
            {
                continue;
            }
            found.Add(set);
            yield return (op, inputs);

            Shape Without(Shape shape, int input) => new([.. shape.Select((extent, axis) => chosen.Contains((input, axis)) ? 0 : extent)]);
            Op Resized(Op op) => op switch
            {
                RandomUniformOp r => r with { Shape = Without(r.Shape, Own) },
                RandomNormalOp r => r with { Shape = Without(r.Shape, Own) },
                RandomBitsOp r => r with { Shape = Without(r.Shape, Own) },
                FusedElementwiseOp f => f with { Shape = Without(f.Shape, Own) },
                FusedReduceOp f => f with { Chain = f.Chain with { Shape = Without(f.Chain.Shape, Own) } },
                ReshapeOp r => r with { To = Without(r.To, Own) },
                BroadcastToOp b => b with { To = Without(b.To, Own) },
                SliceOp s => s with { Counts = [.. s.Counts.Select((count, axis) => chosen.Contains((Own, axis)) ? 0 : count)] },
                _ => op,
            };
        }
    }

    private static IEnumerable<(int Input, int Axis)> Axes(int input, int rank) => Enumerable.Range(0, rank).Select(axis => (input, axis));

    private static int RankOf(Op op) => op switch
    {
        RandomOp r => r.Shape.Rank,
        FusedElementwiseOp f => f.Shape.Rank,
        FusedReduceOp f => f.Chain.Shape.Rank,
        ReshapeOp r => r.To.Rank,
        BroadcastToOp b => b.To.Rank,
        SliceOp s => s.Counts.Count,
        _ => 0,
    };

    /// <summary>An engine on each driver in each mode, opened when first asked for.</summary>
    public sealed class Engines : IDisposable
    {
        private readonly Dictionary<(string, BufferMode), Engine> _open = [];

        internal Engine Open(string driver, BufferMode mode) => _open.TryGetValue((driver, mode), out var engine) ? engine
            : _open[(driver, mode)] = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = mode, Validation = mode == BufferMode.Descriptor && Needs.MissingValidation is null }, shared: true)));

        public void Dispose()
        {
            foreach (var engine in _open.Values) engine.Dispose();
        }
    }
}
