using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

/// <summary>Recurrent cells: PyTorch's numbers, two paths of one meaning, masks, and what plans need.</summary>
public sealed class RecurrentOpTests
{
    private static readonly string[] s_cells = ["SimpleRnn", "Lstm", "Gru"];

    public static TheoryData<string, RecurrentPath> TorchCells
    {
        get
        {
            var data = new TheoryData<string, RecurrentPath>();
            foreach (var name in TorchCell.Names)
                foreach (var path in Enum.GetValues<RecurrentPath>()) data.Add(name, path);
            return data;
        }
    }

    public static TheoryData<string> Cells => [.. s_cells];

    [Theory, MemberData(nameof(TorchCells))]
    public void Cell_OutputsAndGradients_EqualTorch(string name, RecurrentPath path)
    {
        var (cell, graph) = (new TorchCell(name), new Graph());
        HostTensor[] inputs = [.. cell.Inputs.Values];
        var results = cell.Trace([.. inputs.Select((x, i) => graph.Add(new InputOp(i, x.Type)).Outputs[0])], path);
        var values = GraphEvaluator.Evaluate([.. results.Values], leaf => ReferenceTensor.From(inputs[((InputOp)leaf).Position]));
        foreach (var (result, value) in results.Keys.Zip(values)) cell.Check(result, value.Elements, 1e-12);
    }

    // The kernel's op and its composition from simpler ops are two statements of one meaning, backward too.
    [Theory, MemberData(nameof(Cells))]
    public void Unrolled_OfTheOpAndOfItsGradient_MeansTheSame(string cell)
    {
        foreach (var entry in (OpEntry[])[OpTable.Find(cell)!, OpTable.Find($"{cell}Grad")!])
            for (var seed = 0ul; seed < 12; seed++)
            {
                var (op, inputs) = entry.Sample(Draw.FromSeed(seed));
                var graph = new Graph();
                Tensor[] arguments = [.. inputs.Select((x, i) => graph.Add(new InputOp(i, x.Type)).Outputs[0])];
                var unrolled = op is RecurrentOp forward ? forward.Unrolled(arguments) : ((RecurrentGradOp)op).Unrolled(arguments);
                var expected = Run(op, inputs);
                var actual = GraphEvaluator.Evaluate(unrolled, leaf => inputs[((InputOp)leaf).Position]);
                Assert.Equal(expected.Select(e => e.Type), actual.Select(a => a.Type));
                foreach (var (e, a) in expected.Zip(actual))
                    for (var i = 0; i < e.Elements.Length; i++) Assert.Equal(e[i], a[i], 1e-12);
            }
    }

    [Fact]
    public void Mask_OverTheEnd_IsTheShorterSequence_AndInTheMiddleCarriesTheState()
    {
        var draw = Draw.FromSeed(3);
        var (projections, recurrent, h0, c0) = (draw.Uniform((1, 5, 8)), draw.Uniform((2, 8)), draw.Uniform((1, 2)), draw.Uniform((1, 2)));
        var all = Run(new LstmOp(HasMask: true, Saves: false), projections, recurrent, h0, c0, Mask(1, 1, 1, 0, 0));
        var cut = Run(new LstmOp(Saves: false), Values((1, 3, 8), projections.Elements.AsSpan(0, 24)), recurrent, h0, c0);
        Assert.Equal(cut[1].Elements, all[1].Elements);
        Assert.Equal(cut[2].Elements, all[2].Elements);
        Assert.Equal(cut[1].Elements, all[0].Elements[^2..]);

        var skipped = Run(new LstmOp(HasMask: true, Saves: false), projections, recurrent, h0, c0, Mask(0, 1, 0, 1, 1));
        Assert.Equal(h0.Elements, skipped[0].Elements[..2]);
        Assert.Equal(skipped[0].Elements[2..4], skipped[0].Elements[4..6]);

        static ReferenceTensor Mask(params ReadOnlySpan<double> values)
        {
            var mask = new ReferenceTensor(new(DType.U32, (1, values.Length)));
            values.CopyTo(mask.Elements);
            return mask;
        }
    }

    [Fact]
    public void Reverse_IsTheSequenceTurnedRound()
    {
        var draw = Draw.FromSeed(4);
        var (projections, recurrent, bias, h0) = (draw.Uniform((2, 4, 6)), draw.Uniform((2, 6)), draw.Uniform(new Shape(6)), draw.Uniform((2, 2)));
        var graph = new Graph();
        Tensor[] x = [.. new[] { projections, recurrent, h0, bias }.Select((v, i) => graph.Add(new InputOp(i, v.Type)).Outputs[0])];
        var backwards = x[0].Gru(x[1], x[2], x[3], reverse: true);
        var turned = x[0].Flip(1).Gru(x[1], x[2], x[3]);
        var values = GraphEvaluator.Evaluate([backwards.States, turned.States.Flip(1), backwards.Last, turned.Last], leaf => ((ReferenceTensor[])[projections, recurrent, h0, bias])[((InputOp)leaf).Position]);
        Assert.Equal(values[1].Elements, values[0].Elements);
        Assert.Equal(values[3].Elements, values[2].Elements);
    }

    [Theory, MemberData(nameof(Cells))]
    public void UnrollRecurrent_WhereStepsAreFaster_LeavesNoKernelOverAllSteps_UnlessItIsAskedFor(string cell)
    {
        var (op, inputs) = OpTable.Find(cell)!.Sample(Draw.FromSeed(5));
        var recurrent = (RecurrentOp)op with { Saves = true };
        foreach (var isFused in (bool[])[false, true])
        {
            var graph = new Graph();
            var node = graph.Add(recurrent with { IsFused = isFused }, [.. inputs.Select((x, i) => graph.Add(new InputOp(i, x.Type)).Outputs[0])]);
            var gradient = Grad.Of(node.Outputs[0].SumSquares(), node.Inputs[1]);
            var traced = new StepGraph(graph, [gradient], [], [.. inputs.Select(x => x.Type)]);
            var unrolled = UnrollRecurrent.Lower(traced, new() { PrefersSteps = (_, _) => true });
            Assert.Equal(isFused, unrolled.LiveNodes().Any(n => n.Op is RecurrentOp));
            Assert.Equal(isFused, unrolled.LiveNodes().Any(n => n.Op is RecurrentGradOp));
            double[][] values = [.. new[] { traced, unrolled }.Select(s => GraphEvaluator.Evaluate(s.Outputs, leaf => inputs[((InputOp)leaf).Position])[0].Elements)];
            for (var i = 0; i < values[0].Length; i++) Assert.Equal(values[0][i], values[1][i], 1e-10);
        }
    }

    [Theory, MemberData(nameof(Cells))]
    public void Plan_ThatDoesNotTrain_SavesNothing(string cell)
    {
        var untrained = Planned(cell, steps: 20, trains: false);
        Assert.All(untrained.Kernels.Select(k => k.Node.Op).OfType<RecurrentOp>(), op => Assert.False(op.Saves));
        Assert.True(untrained.RegionBytes[Region.Arena] * 2 < Planned(cell, steps: 20, trains: true).RegionBytes[Region.Arena]);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Plan_OfTraining_GrowsWithTheSteps_AndNoFaster(string cell)
    {
        long[] bytes = [.. new[] { 50, 100, 200 }.Select(steps => Planned(cell, steps, trains: true).RegionBytes[Region.Arena])];
        Assert.InRange((double)(bytes[2] - bytes[1]) / (bytes[1] - bytes[0]), 1.95, 2.05);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Gradient_OfAGradient_IsNeverASilentZero(string cell)
    {
        var (op, inputs) = OpTable.Find($"{cell}Grad")!.Sample(Draw.FromSeed(9));
        var graph = new Graph();
        Tensor[] arguments = [.. inputs.Select((x, i) => graph.Add(new InputOp(i, x.Type)).Outputs[0])];
        var again = Grad.Of(graph.Add(op, arguments).Outputs[0].SumSquares(), arguments[0]);
        Assert.True(GraphEvaluator.Evaluate([again], leaf => inputs[((InputOp)leaf).Position])[0].Elements.Max(Math.Abs) > 1e-6);
    }

    [Fact]
    public void Inputs_ThatDoNotFit_AreNamed()
    {
        Assert.Contains("the recurrent matrix is (3, 8), but 4 gates need (U, 4 U)", Refusal(new LstmOp(), (2, 5, 12), (3, 8), (2, 3), (2, 3)), StringComparison.Ordinal);
        Assert.Contains("the projections have 8 columns for 4 gates of 3 units", Refusal(new LstmOp(), (2, 5, 8), (3, 12), (2, 3), (2, 3)), StringComparison.Ordinal);
        Assert.Contains("the cell before is f32 (2, 4)", Refusal(new LstmOp(), (2, 5, 12), (3, 12), (2, 3), (2, 4)), StringComparison.Ordinal);
        Assert.Contains("the sequence has no steps", Refusal(new GruOp(false), (2, 0, 9), (3, 9), (2, 3)), StringComparison.Ordinal);
        Assert.Contains("the mask is f32 (2, 5)", Refusal(new SimpleRnnOp(ActivationKind.Relu, HasMask: true), (2, 5, 3), (3, 3), (2, 3), (2, 5)), StringComparison.Ordinal);
        Assert.Contains("Gru takes 4 inputs, not 3", Refusal(new GruOp(), (2, 5, 9), (3, 9), (2, 3)), StringComparison.Ordinal);
        Assert.Contains("must be Tanh or Relu", Assert.Throws<ShapeException>(() => new SimpleRnnOp(ActivationKind.Silu)).Message, StringComparison.Ordinal);
    }

    private static Plan Planned(string cell, int steps, bool trains)
    {
        const int Rows = 4, Units = 16;
        using var backend = new ReferenceBackend();
        using var engine = new Engine(backend);
        var gates = cell switch { "Lstm" => 4, "Gru" => 3, _ => 1 };
        var recurrent = new Parameter("recurrent", new(DType.F32, (Units, gates * Units)));
        var step = engine.Compile((Tensor projections, Tensor h0) =>
        {
            var last = cell switch
            {
                "Lstm" => projections.Lstm(recurrent, h0, h0).Last,
                "Gru" => projections.Gru(recurrent, h0, null).Last,
                _ => projections.SimpleRnn(recurrent, h0).Last,
            };
            return trains ? Grad.Of(last.SumSquares(), [recurrent])[0] : last;
        });
        return step.Prepare(new(DType.F32, (Rows, steps, gates * Units)), new(DType.F32, (Rows, Units)));
    }
}
