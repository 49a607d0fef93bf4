using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;
using FsCheck;
using FsCheck.Fluent;

namespace Forge.Core.Tests.Ops;

/// <summary>What holds of every op, for cases drawn from lists of integers that FsCheck makes and shrinks.</summary>
public sealed class OpProperties
{
    // Their derivative is 0 wherever it exists.
    private static readonly string[] s_flat = ["Sign", "Floor"];

    public static TheoryData<OpEntry> EveryOp => [.. OpTable.Entries];

    [Theory, MemberData(nameof(EveryOp))]
    public void Reference_RunTwice_GivesTheSameBitsAndLeavesItsInputsAlone(OpEntry op) => ForEachCase(op, 25, (sampled, _) =>
    {
        var before = sampled.Inputs.Select(x => x.Elements.ToArray()).ToArray();
        var (first, second) = (Evaluation.Run(sampled.Op, sampled.Inputs), Evaluation.Run(sampled.Op, sampled.Inputs));
        foreach (var (a, b) in first.Zip(second)) Assert.Equal(Bits(a.Elements), Bits(b.Elements));
        foreach (var (x, was) in sampled.Inputs.Zip(before)) Assert.Equal(Bits(was), Bits(x.Elements));
    });

    [Theory, MemberData(nameof(EveryOp))]
    public void Add_EqualOpsOnEqualInputs_AreOneNode(OpEntry op) => ForEachCase(op, 25, (sampled, tape) =>
    {
        var again = op.Sample(new Draw(tape));
        Assert.Equal(sampled.Op, again.Op);
        Assert.Equal(sampled.Op.GetHashCode(), again.Op.GetHashCode());
        var graph = new Graph();
        Tensor[] inputs = [.. sampled.Inputs.Select((x, i) => graph.Add(new InputOp(i, x.Type)).Outputs[0])];
        Assert.Same(graph.Add(sampled.Op, inputs), graph.Add(again.Op, inputs));
    });

    [Theory, MemberData(nameof(EveryOp))]
    public void Cost_OfAnyCase_IsFiniteAndCountsWhatIsWritten(OpEntry op) => ForEachCase(op, 25, (sampled, _) =>
    {
        TensorType[] inputs = [.. sampled.Inputs.Select(x => x.Type)];
        var outputs = sampled.Op.Infer(inputs);
        var cost = sampled.Op.Cost(inputs, outputs);
        Assert.True(double.IsFinite(cost.Flops) && cost.Flops >= 0, $"{cost.Flops} operations");
        var least = sampled.Op.IsView || sampled.Op is PackOp ? 0 : outputs.Sum(o => o.Bytes);
        Assert.True(cost.Bytes >= least && double.IsFinite(cost.Bytes), $"{cost.Bytes} bytes; the outputs alone have {least}");
    });

    [Theory, MemberData(nameof(EveryOp))]
    public void Derivatives_AgreeWithFiniteDifferences_AndTheVjpIsAnAdjoint(OpEntry op)
    {
        var (differentiable, steepest) = (0, 0.0);
        ForEachCase(op, 25, (sampled, _) =>
        {
            if (DerivativeCheck.Declines(sampled.Op))
            {
                MustDecline(sampled);
                return;
            }
            if (DerivativeCheck.Of(sampled) is not { } gaps) return;
            Assert.True(gaps.Problem is null, gaps.Problem);
            differentiable++;
            steepest = Math.Max(steepest, gaps.Steepest);
        });
        Assert.True(differentiable == 0 || steepest > 0 == !s_flat.Contains(op.Name), $"{op}: the largest gradient met is {steepest}");
    }

    [Fact]
    public void DerivativeCheck_FindsAWrongVjp_AndASecondDerivativeThatIsLost()
    {
        var x = Draw.FromSeed(1).Uniform(new Shape(3, 4));
        Assert.Null(DerivativeCheck.Of(new(new CubeOp(CubeOp.Mistake.None), x))!.Problem);
        var (slope, curve) = (DerivativeCheck.Of(new(new CubeOp(CubeOp.Mistake.Slope), x))!, DerivativeCheck.Of(new(new CubeOp(CubeOp.Mistake.Curve), x))!);
        Assert.Contains("the VJP and finite differences", slope.Problem, StringComparison.Ordinal);
        Assert.True(curve.Vjp <= DerivativeCheck.VjpTolerance);
        Assert.Contains("the second derivative", curve.Problem, StringComparison.Ordinal);
    }

    // x^3, whose slope is wrong by a tenth, or right but held constant.
    private sealed record CubeOp(CubeOp.Mistake Planted) : ElementwiseOp
    {
        public enum Mistake { None, Slope, Curve }

        public override string Glsl => "a * a * a";

        public override int Arity => 1;

        public override double Apply(ReadOnlySpan<double> x) => x[0] * x[0] * x[0];

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
        {
            var x = node.Inputs[0];
            var slope = 3f * x * x;
            return [cotangents[0] * (Planted switch { Mistake.Slope => 1.1f * slope, Mistake.Curve => new StopGradientOp().On(slope), _ => slope })];
        }
    }

    // The pass is given the chain's steps as ops of their own, each stretched to the common shape; what it makes of them must mean the same.
    [Fact]
    public void FusedChain_MeansWhatItsStepsMean_AndSoDoesWhatFusionMakesOfThem() => ForEachCase(OpTable.Find("FusedElementwise")!, 200, (sampled, _) =>
    {
        var (chain, graph) = ((FusedElementwiseOp)sampled.Op, new Graph());
        List<Tensor> values = [.. sampled.Inputs.Select((x, i) => new BroadcastToOp(chain.Shape).On(graph.Add(new InputOp(i, x.Type)).Outputs[0]))];
        foreach (var step in chain.Steps)
            values.Add(step.Op is LiteralOp number ? graph.Full(new(number.DType, chain.Shape), number.Value) : step.Op.On([.. step.Operands.Select(o => values[o])]));
        var apart = new StepGraph(graph, [.. chain.Results.Select(r => values[chain.Arity + r])], [], [.. sampled.Inputs.Select(x => x.Type)]);
        var fused = PassPipeline.Default.Run(apart);
        Assert.All(fused.LiveNodes(), n => Assert.True(n.Op is LeafOp or FusedElementwiseOp or ReshapeOp, $"{n.Op.Name} was left"));
        foreach (var steps in (StepGraph[])[apart, fused])
        {
            var results = GraphEvaluator.Evaluate([.. steps.Roots], leaf => sampled.Inputs[((InputOp)leaf).Position]);
            foreach (var (expected, actual) in Evaluation.Run(chain, sampled.Inputs).Zip(results))
            {
                Assert.Equal(expected.Type, actual.Type);
                Assert.Equal(expected.Elements, actual.Elements);
            }
        }
    });

    [Fact]
    public void OpTable_OpsWithoutASampler_AreThoseThatNeedNone()
    {
        var sampled = OpTable.Entries.Select(e => e.Sample(new Draw([])).Op.GetType()).ToHashSet();
        var others = typeof(Op).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(Op)) && !t.IsAbstract && !sampled.Contains(t)).Select(t => t.Name).Order(StringComparer.Ordinal);
        // Leaves are bound, not computed; a literal is a part of a chain; the others are views whose gradient is a matter of choice.
        Assert.Equal(["ArgumentOp", "CheckpointOp", "ConstantOp", "CustomGradientOp", "FullOp", "InputOp", "LiteralOp", "ParameterOp", "RecomputedOp", "ScalarOp", "StopGradientOp"], others);
    }

    private static void ForEachCase(OpEntry op, int count, Action<OpCase, int[]> check)
    {
        // The seed comes from the name alone, so that a new op reshuffles nothing.
        var seed = op.Name.Aggregate(14695981039346656037ul, (hash, letter) => (hash ^ letter) * 1099511628211);
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), tape =>
        {
            var sampled = op.Sample(new Draw(tape));
            try
            {
                check(sampled, tape);
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                throw new InvalidOperationException($"{sampled.Op} on {string.Join(", ", sampled.Inputs.Select(x => x.Type))}, drawn from [{string.Join(", ", tape)}]: {e.Message}", e);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithStartSize(0).WithEndSize(100).WithReplay(seed, seed | 1));
    }

    private static void MustDecline(OpCase sampled)
    {
        var c = new CaseGraph(sampled);
        if (c.IsDifferentiable) Assert.Throws<GraphException>(() => Grad.Of(CaseGraph.Dot(c.Outputs, c.Cotangents), c.Wrt));
    }

    private static long[] Bits(double[] values) => [.. values.Select(BitConverter.DoubleToInt64Bits)];
}
