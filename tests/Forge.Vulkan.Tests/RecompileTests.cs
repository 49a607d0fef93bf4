using Forge.Core;
using Forge.Core.Reference;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests;

/// <summary>A model compiled again moves its weights between blocks of a device's memory.</summary>
public class RecompileTests
{
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void CompiledAgain_KeepsItsWeights_AndTrainsAsOnTheReference(string driver)
    {
        var expected = Trained(new ReferenceBackend());
        var losses = Trained(new VulkanBackend(Drivers.Open(driver)));
        for (var i = 0; i < expected.Count; i++) Assert.Equal(expected[i], losses[i], 2e-4 * expected[i]);
    }

    private static List<double> Trained(IBackend backend)
    {
        using var engine = new Engine(backend, new() { Seed = 5 });
        var model = new Sequential(new Input((8, 8, 1)), new Conv2D(3, 3, activation: "relu"), new MaxPooling2D(), new Flatten(), new Dense(4));
        var (x, y) = (SharedHash.Uniform(1, (6, 8, 8, 1), -1, 1), SharedHash.Uniform(2, (6, 4), -1, 1));
        List<double> losses = [];
        foreach (var optimizer in (Optimizer[])[new Adam(0.01f), new SGD(0.05f, momentum: 0.9f), new Adam(0.01f)])
        {
            var before = losses.Count == 0 ? null : model.Predict(x);
            model.Compile(engine, optimizer, Losses.MeanSquaredError);
            if (before is not null) Assert.Equal(before.Span<float>().ToArray(), model.Predict(x).Span<float>().ToArray());
            for (var i = 0; i < 3; i++) losses.Add(model.Trainer.TrainOnBatch(x, y));
        }
        return losses;
    }
}
