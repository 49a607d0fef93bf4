using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

public sealed class SummaryTests
{
    [Fact]
    public void Summary_OfTheArticlesModel_ShowsShapesAndCounts()
    {
        var text = ModelSummary.Of(ArticleCnn.Build((150, 150, 3), 10));
        foreach (var part in (string[])["conv2d_2 (Conv2D)", "(None, 34, 34, 128)", "4,735,104", "Total params: 4,829,642 (18.42 MB)", "Trainable params: 4,829,642", "Non-trainable params: 0 (0 B)"])
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Single(text.Split('\n')[1..^3].Select(l => l.TrimEnd('\r').Length).Distinct());
    }

    [Fact]
    public void PlanStep_OfADenseNet_CountsFlopsAndMemory()
    {
        using var engine = Engines.Reference();
        var trainer = new Trainer(engine, new Sequential(new Input(new Shape(100)), new Dense(50)), new Adam(), Losses.MeanSquaredError);
        var report = trainer.PlanStep(new(DType.F32, (8, 100)), new(DType.F32, (8, 50)));
        // Forward and the kernel's gradient: two products of 2·8·100·50; the rest is streaming.
        Assert.InRange(report.Flops, 160_000, 260_000);
        Assert.True(report.StateBytes >= 3 * 4 * 5050, "weights and two moments");
        Assert.Contains("GFLOP", trainer.Summary(new(DType.F32, (8, 100)), new(DType.F32, (8, 50))), StringComparison.Ordinal);
    }

    [Fact]
    public void PlanStep_TooLargeForTheDevice_NamesABatchThatFits()
    {
        using var engine = new Engine(new SmallDevice(2_000_000));
        var trainer = new Trainer(engine, new Sequential(new Input((32, 32, 3)), new Conv2D(8, 3, activation: "relu"), new GlobalAveragePooling2D(), new Dense(4)), new SGD(), Losses.MeanSquaredError);
        TensorType X(int n) => new(DType.F32, (n, 32, 32, 3));
        TensorType Y(int n) => new(DType.F32, (n, 4));
        var problem = Assert.Throws<MemoryException>(() => trainer.PlanStep(X(64), Y(64)));
        var fits = int.Parse(problem.Message.Split("A batch of ")[1].Split(' ')[0]);
        Assert.InRange(fits, 1, 63);
        Assert.True(trainer.PlanStep(X(fits), Y(fits)).PeakBytes <= 2_000_000);
        Assert.Throws<MemoryException>(() => trainer.PlanStep(X(2 * fits + 1), Y(2 * fits + 1)));
    }

    /// <summary>The reference with little memory.</summary>
    private sealed class SmallDevice(long bytes) : OverReference
    {
        public override BackendTraits Traits => new(MemoryBytes: bytes);
    }
}
