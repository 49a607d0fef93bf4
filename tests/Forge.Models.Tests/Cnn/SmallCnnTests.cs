using Forge.Core.Ops;
using Forge.Models.Cnn;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Models.Tests.Cnn;

public sealed class SmallCnnTests
{
    [Fact]
    public void FiveSteps_FromTheSharedWeights_ArePyTorchsLosses()
    {
        using var engine = Engines.Reference();
        var model = new Sequential(
            new Input((14, 14, 2)),
            new Conv2D(4, 3, activation: "relu", kernelInitializer: new SharedHashGlorot(10)), new MaxPooling2D(),
            new Conv2D(6, 3, activation: "relu", kernelInitializer: new SharedHashGlorot(11)), new MaxPooling2D(),
            new Flatten(),
            new Dense(8, activation: "relu", kernelInitializer: new SharedHashGlorot(12)),
            new Dense(3, activation: "softmax", kernelInitializer: new SharedHashGlorot(13)));
        var adam = new Adam(1e-2f, epsilon: 1e-7f, form: UpdateForm.PyTorch);
        var step = engine.Compile((x, y) =>
        {
            var loss = Losses.CategoricalCrossentropy(y, model.Call(x, training: true));
            adam.Minimize(loss, model.Parameters);
            return loss;
        });
        var (images, labels) = (Engines.Uniform(1, (4, 14, 14, 2), 0, 1), Engines.OneHot(4, 3, i => i * 7 % 3));
        var losses = Enumerable.Range(0, 5).Select(_ => (double)step.Run(images, labels).Scalar()).ToArray();
        Engines.AssertClose(Engines.Oracle.GetProperty("small_cnn").Doubles(), losses, 2e-5);
    }
}
