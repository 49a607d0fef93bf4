using Forge.Core;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests;

/// <summary>Four training steps of a small classifier of (12, 12, 2) images in three classes, on seven made-up images.</summary>
internal static class FourSteps
{
    /// <summary>The losses, and what ran.</summary>
    public static (float[] Losses, IExecutable Executable) Of(Engine engine, Model model, Optimizer optimizer)
    {
        var step = engine.Compile((x, y) =>
        {
            var loss = Losses.CategoricalCrossentropyOfLogits(y, model.Call(x, training: true));
            optimizer.Minimize(loss, model.Parameters);
            return loss;
        });
        var labels = new HostTensor(new(DType.F32, (7, 3)));
        for (var i = 0; i < 7; i++) labels.Span<float>()[i * 3 + i * 5 % 3] = 1;
        var images = SharedHash.Uniform(1, (7, 12, 12, 2), 0, 1);
        return ([.. Enumerable.Range(0, 4).Select(_ => step.Run(images, labels).Scalar())], step.Executable!);
    }
}
