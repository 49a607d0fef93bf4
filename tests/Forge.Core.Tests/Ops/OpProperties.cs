using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;
using FsCheck;
using FsCheck.Fluent;

namespace Forge.Core.Tests.Ops;

/// <summary>What holds of every op, for cases drawn from lists of integers that FsCheck makes and shrinks.</summary>
public sealed class OpProperties
{
    private const double Step = 1e-4;

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
    public void Vjp_AgreesWithFiniteDifference_AlongARandomDirection(OpEntry op)
    {
        var steepest = 0.0;
        var slopes = 0;
        ForEachCase(op, 25, (sampled, _) => ForEachOutput(sampled, (c, backward) =>
        {
            slopes++;
            var differences = c.Difference(c.Outputs, Step);
            var forward = differences.Zip(c.Cotangents, (d, u) => d.Zip(c.Value(u).Elements, (x, y) => x * y).Sum()).Sum();
            var scale = c.Norm(c.Cotangents) * Math.Sqrt(differences.Sum(d => d.Sum(x => x * x))) + c.Norm(backward) * c.Norm(c.Directions);
            AreClose(forward, c.Value(CaseGraph.Dot(backward, c.Directions))[0], 1e-6 * scale + 1e-12);
            steepest = Math.Max(steepest, c.Norm(backward));
        }));
        Assert.True(slopes == 0 || steepest > 0 == !s_flat.Contains(op.Name), $"{op}: the largest gradient met is {steepest}");
    }

    // The gradient of <J'u, v> with respect to u is J v: the VJP of the VJP, so nothing here is approximate.
    [Theory, MemberData(nameof(EveryOp))]
    public void Vjp_IsTheAdjoint_OfItsOwnVjp(OpEntry op) => ForEachCase(op, 15, (sampled, _) => ForEachOutput(sampled, (c, backward) =>
    {
        var product = CaseGraph.Dot(backward, c.Directions);
        var pushed = Grad.Of(product, c.Cotangents);
        var scale = c.Norm(c.Cotangents) * c.Norm(pushed) + c.Norm(backward) * c.Norm(c.Directions);
        AreClose(c.Value(CaseGraph.Dot(c.Cotangents, pushed))[0], c.Value(product)[0], 1e-10 * scale + 1e-14);
        foreach (var (exact, difference) in pushed.Zip(c.Difference(c.Outputs, Step)))
            foreach (var (x, y) in c.Value(exact).Elements.Zip(difference)) AreClose(y, x, 1e-5 * (Math.Abs(x) + 1 + c.Norm([exact])));
    }));

    [Theory, MemberData(nameof(EveryOp))]
    public void SecondDerivative_AgreesWithFiniteDifferenceOfTheFirst(OpEntry op) => ForEachCase(op, 15, (sampled, _) => ForEachOutput(sampled, (c, backward) =>
    {
        Tensor[] weights = [.. c.Wrt.Select(x => c.Argument(c.Random(x.Shape)))];
        var weighted = CaseGraph.Dot(backward, weights);
        var second = Grad.Of(weighted, c.Wrt);
        var (difference, exact) = (c.Difference([weighted], Step)[0][0], c.Value(CaseGraph.Dot(second, c.Directions))[0]);
        AreClose(difference, exact, 1e-5 * (c.Norm(second) * c.Norm(c.Directions) + c.Norm(backward) * c.Norm(weights)) + 1e-12);
    }));

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

    /// <summary>The gradients of all outputs together, then of each on its own.</summary>
    private static void ForEachOutput(OpCase sampled, Action<CaseGraph, IReadOnlyList<Tensor>> check)
    {
        var outputs = sampled.Op.Infer([.. sampled.Inputs.Select(x => x.Type)]).Count;
        for (var output = outputs > 1 ? -1 : 0; output < outputs; output++)
        {
            var c = new CaseGraph(sampled, output < 0 ? null : output);
            if (!c.IsDifferentiable) continue;
            if (Declines(sampled.Op))
            {
                Assert.Throws<GraphException>(() => Grad.Of(CaseGraph.Dot(c.Outputs, c.Cotangents), c.Wrt));
                return;
            }
            check(c, Grad.Of(CaseGraph.Dot(c.Outputs, c.Cotangents), c.Wrt));
        }
    }

    /// <summary>Updates and the images' warp have no gradient; chains, epilogues, reductions and roundings come after differentiation.</summary>
    private static bool Declines(Op op) =>
        op is UpdateOp or AffineWarpOp or RoundToOp or FusedElementwiseOp or FusedReduceOp or MatMulOp { Epilogue.IsNone: false } or Conv2DOp { Epilogue.IsNone: false } or Conv3DOp { Epilogue.IsNone: false };

    private static void AreClose(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{expected:R} and {actual:R} differ by {Math.Abs(expected - actual):g3}, more than {tolerance:g3}");

    private static long[] Bits(double[] values) => [.. values.Select(BitConverter.DoubleToInt64Bits)];
}
