using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

public sealed class BatchNormalizationTests
{
    private static readonly HostTensor s_x = Engines.Uniform(8, (4, 3, 3, 5), -2, 3);

    private static (BatchNormalization Layer, IReadOnlyList<Parameter> Weights) Build(Engine engine, UpdateForm form)
    {
        var layer = new BatchNormalization(momentum: 0.99f, epsilon: 1e-3f, form: form);
        layer.Build((3, 3, 5));
        engine.State.Write(layer.Parameters[0], Engines.Uniform(9, new(5), 0.5, 1.5));
        engine.State.Write(layer.Parameters[1], Engines.Uniform(10, new(5), -1, 1));
        return (layer, layer.Parameters);
    }

    [Fact]
    public void Training_AndThenInference_ArePyTorchs()
    {
        using var engine = Engines.Reference();
        var (layer, weights) = Build(engine, UpdateForm.PyTorch);
        var expected = Engines.Oracle.GetProperty("batch_norm");
        var results = engine.Compile(2, a =>
        {
            var y = layer.Call(a[0], training: true);
            return [y, .. Grad.Of((y * a[1]).Sum(), [a[0], weights[0], weights[1]])];
        }).Run(s_x, Engines.Uniform(11, (4, 3, 3, 5), -1, 1));
        Engines.AssertClose(expected.GetProperty("y").Doubles(), results[0].Doubles()[..45], 2e-6);
        Engines.AssertClose(expected.GetProperty("gx").Doubles(), results[1].Doubles()[..45], 2e-6);
        Engines.AssertClose(expected.GetProperty("ggamma").Doubles(), results[2].Doubles(), 3e-6);
        Engines.AssertClose(expected.GetProperty("gbeta").Doubles(), results[3].Doubles(), 3e-6);
        Engines.AssertClose(expected.GetProperty("mean").Doubles(), engine.State.Read(weights[2]).Doubles(), 1e-6);
        Engines.AssertClose(expected.GetProperty("variance").Doubles(), engine.State.Read(weights[3]).Doubles(), 1e-6);
        var inferred = engine.Compile(x => layer.Call(x)).Run(s_x)[0];
        Engines.AssertClose(expected.GetProperty("inferred").Doubles(), inferred.Doubles()[..45], 2e-6);
    }

    [Fact]
    public void Training_KerasForm_KeepsTheBiasedVariance()
    {
        using var engine = Engines.Reference();
        var (layer, weights) = Build(engine, UpdateForm.Keras);
        engine.Compile(x => layer.Call(x, training: true)).Run(s_x);
        // PyTorch's running variance has n/(n-1) of the biased one: 36 values a channel.
        var unbiased = Engines.Oracle.GetProperty("batch_norm").GetProperty("variance").Doubles();
        Engines.AssertClose([.. unbiased.Select(v => 0.99 + (v - 0.99) * 35 / 36)], engine.State.Read(weights[3]).Doubles(), 1e-6);
    }

    [Fact]
    public void Frozen_InTraining_UsesRunningStatisticsAndKeepsThem()
    {
        using var engine = Engines.Reference();
        var (layer, weights) = Build(engine, UpdateForm.Keras);
        layer.Trainable = false;
        var y = engine.Compile(2, a => [layer.Call(a[0], training: true) - layer.Call(a[0])]).Run(s_x, s_x)[0];
        Assert.All(y.Doubles(), v => Assert.Equal(0, v));
        Assert.All(engine.State.Read(weights[3]).Doubles(), v => Assert.Equal(1, v));
    }

    [Fact]
    public void CalledTwiceInAStep_MovesItsStatisticsTwice()
    {
        using var engine = Engines.Reference();
        var layer = new BatchNormalization(momentum: 0.5f);
        layer.Build(new Shape(1));
        engine.Compile((a, b) => layer.Call(a, training: true) + layer.Call(b, training: true)).Run(HostTensor.From([4f, 4], (2, 1)), HostTensor.From([8f, 8], (2, 1)));
        Assert.Equal(0.5 * (0.5 * 0 + 0.5 * 4) + 0.5 * 8, engine.State.Read(layer.Parameters[2])[0], 1e-6);
    }
}
