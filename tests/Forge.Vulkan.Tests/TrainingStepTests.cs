using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Models;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests;

/// <summary>Training steps as models make them: a small convolutional net with Adam over packed weights, and a step that diverges.</summary>
public class TrainingStepTests
{
    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void SmallCnn_AgreesWithTheReference_InSilenceUnderTheValidationLayer(string driver) =>
        Agree(driver, new() { Mode = BufferMode.Descriptor, Validation = true });

    [MesaTheory, MemberData(nameof(Drivers.OtherSubgroupSizes), MemberType = typeof(Drivers))]
    public void SmallCnn_AgreesWithTheReference_AtOtherSubgroupSizes(string driver) => Agree(driver, new() { Mode = BufferMode.Address });

    // What a GPU with a watchdog does with a long step; software drivers have none, so the budget is narrowed.
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void SmallCnn_SplitIntoSubmissions_GivesTheSameBits(string driver)
    {
        Executable? whole = null;
        var expected = Losses(new VulkanBackend(Drivers.Open(driver)), e => whole = e);
        Assert.Equal(1, whole!.Counts.Submissions);
        var flops = whole.Steps.Select(s => s.Flops).ToArray();
        foreach (var budget in (double[])[1, flops.Max(), flops.Sum() / 3, flops.Sum()])
        {
            Executable? split = null;
            var losses = Losses(new VulkanBackend(Drivers.Open(driver, new() { Narrow = l => l with { SubmissionFlops = budget } })), e => split = e);
            Assert.Equal(expected, losses);
            Assert.Equal(Submissions(flops, budget), split!.Counts.Submissions);
            Assert.Equal((whole.Counts.Dispatches, whole.Counts.Barriers), (split.Counts.Dispatches, split.Counts.Barriers));
        }
        Assert.True(Submissions(flops, 1) > 10, "one step a submission is many");
        Assert.Equal(1, Submissions(flops, flops.Sum()));
    }

    // As few as hold whole steps in order, each within the budget or a step alone; steps that count no operations join those before them.
    private static int Submissions(double[] flops, double budget)
    {
        var (count, sum) = (1, 0.0);
        foreach (var step in flops)
        {
            if (sum > 0 && sum + step > budget) (count, sum) = (count + 1, 0);
            sum += step;
        }
        return count;
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void StepThatDiverges_NamesTheNode_AndChangesNothing(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        var w = new Parameter("w", new(DType.F32, new Shape(3)), _ => HostTensor.From([1f, 2f, 3f], new Shape(3)));
        var step = engine.Compile(x =>
        {
            var graph = Graph.Current;
            Tensor weight = w;
            var score = (x * weight).Log().Named("score");
            var finite = graph.Finite = new FiniteOp().On(score);
            graph.Assign(w, finite.Select(weight + score, weight));
            return score.Sum();
        });
        var problem = Assert.Throws<DivergedException>(() => step.Run(HostTensor.From([1f, -1f, 1f], new Shape(3))));
        Assert.Equal("score", problem.Node);
        Assert.Contains("Log 'score'", problem.Message, StringComparison.Ordinal);
        Assert.Equal([1f, 2f, 3f], engine.State.Read(w).Span<float>().ToArray());
        step.Run(HostTensor.From([1f, 1f, 1f], new Shape(3)));
        Assert.NotEqual([1f, 2f, 3f], engine.State.Read(w).Span<float>().ToArray());
    }

    private static void Agree(string driver, DeviceOptions options)
    {
        var expected = Losses(new ReferenceBackend());
        var losses = Losses(new VulkanBackend(Drivers.Open(driver, options)));
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], losses[i], 2e-4f * expected[i]);
        Assert.NotEqual(losses[0], losses[^1]);
    }

    private static float[] Losses(IBackend backend, Action<Executable>? look = null)
    {
        using var engine = new Engine(backend, new() { Seed = 5 });
        var model = new Sequential(
            new Input((12, 12, 2)), new Conv2D(5, 3, activation: "relu"), new BatchNormalization(), new MaxPooling2D(), new Conv2D(6, 2, activation: "relu"),
            new Flatten(), new Dropout(0.25f), new Dense(9, activation: "relu"), new Dense(3));
        var (losses, executable) = FourSteps.Of(engine, model, new Adam(1e-2f));
        if (backend is VulkanBackend)
        {
            var recorded = Assert.IsType<Executable>(executable);
            HazardChecker.Check(recorded.Steps, recorded.BarrierBefore);
            look?.Invoke(recorded);
        }
        return losses;
    }
}
