using Forge.Core;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Gan;
using Forge.Models.Optimizers;
using Forge.Models.Video;

namespace Forge.Vulkan.Tests;

/// <summary>Whole training steps of the models that Forge ships, on so few samples that a driver under watch gets through them.</summary>
internal static class SmallPlans
{
    private const int Classes = 4, Batch = 2, Steps = 2;

    private static readonly Dictionary<string, Func<Engine, (CompiledFunction Step, IReadOnlyList<HostTensor> Data)>> s_plans = new()
    {
        ["cnn28"] = e => Of(e, BenchNets.Cnn28 with { Batch = Batch }),
        ["article"] = e => Of(e, ArticleCnn.Build((ArticleCnn.SmallestSide, ArticleCnn.SmallestSide, 3), Classes, dropout: 0.25f), (ArticleCnn.SmallestSide, ArticleCnn.SmallestSide, 3)),
        ["rnn"] = e => Of(e, BenchNets.Rnn with { Batch = Batch }),
        ["lstm"] = e => Of(e, BenchNets.Lstm with { Batch = Batch }),
        ["gru"] = e => Of(e, BenchNets.Gru with { Batch = Batch }),
        ["gan"] = e => Of(e, new BenchGan("dcgan", Batch)),
        ["conv3d"] = e => OfClips(e, "conv3d"),
        ["cnn-lstm"] = e => OfClips(e, "cnn-lstm"),
    };

    /// <summary>The names of the plans.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_plans.Keys];

    /// <summary>Compiles a plan and runs it twice.</summary>
    /// <returns>What was recorded.</returns>
    public static Executable Run(string name, Engine engine)
    {
        var (step, data) = s_plans[name](engine);
        for (var i = 0; i < Steps; i++)
            foreach (var loss in step.Run([.. data]))
                Assert.True(float.IsFinite(loss.Scalar()), $"{name}: the loss of step {i} is {loss.Scalar()}");
        return Assert.IsType<Executable>(step.Executable);
    }

    private static (CompiledFunction, IReadOnlyList<HostTensor>) Of(Engine engine, BenchNet net) => (net.CompileStep(engine), net.Data());

    private static (CompiledFunction, IReadOnlyList<HostTensor>) OfClips(Engine engine, string model)
    {
        Shape clip = new(VideoDesign.FewestFrames, VideoDesign.SmallestSide, VideoDesign.SmallestSide, 3);
        return Of(engine, new VideoDesign(model).Build(clip, Classes), clip);
    }

    private static (CompiledFunction, IReadOnlyList<HostTensor>) Of(Engine engine, Sequential model, Shape sample)
    {
        var adam = new Adam(1e-3f);
        var step = engine.Compile((x, y) =>
        {
            var loss = Losses.CategoricalCrossentropy(y, model.Call(x, training: true));
            adam.Minimize(loss, model.Parameters);
            return loss;
        });
        var labels = new HostTensor(new(DType.F32, (Batch, Classes)));
        for (var i = 0; i < Batch; i++) labels.Span<float>()[i * Classes + i] = 1;
        return (step, [SharedHash.Uniform(1, new Shape([Batch, .. sample]), 0, 1), labels]);
    }
}
