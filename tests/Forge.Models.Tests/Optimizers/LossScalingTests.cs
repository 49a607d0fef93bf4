using Forge.Core;
using Forge.Models.Optimizers;

namespace Forge.Models.Tests.Optimizers;

/// <summary>What f16 gradients need: a scale that gives way to overflow, grows back, and changes nothing else.</summary>
public sealed class LossScalingTests
{
    private static readonly HostTensor s_a = HostTensor.From([1f, 2f, -1f, 0.5f], (2, 2));

    [Fact]
    public void Overflow_HalvesTheScaleAndChangesNothingElse_UntilGradientsFit()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(1f / 8), Weight());
        var step = Step(engine, sgd, w);
        var before = engine.State.Read(w).Doubles();
        // A cotangent of 3 times 65536, and times 32768, is more than an f16 holds; times 16384 it fits.
        foreach (var scale in (double[])[32768, 16384])
        {
            Assert.Equal(3 * (before[0] + 2 * before[1] - before[0] + 0.5 * before[1]), step.Run(s_a, HostTensor.Of(3)).Scalar(), 1e-6);
            Assert.Equal(scale, Scale(engine, sgd));
            Assert.Equal(before, engine.State.Read(w).Doubles());
            Assert.Equal(0, sgd.Iterations);
        }
        step.Run(s_a, HostTensor.Of(3));
        Assert.Equal((16384, 1), (Scale(engine, sgd), sgd.Iterations));
        // dw = aᵗ · 3: all of it exact in f16, so the unscaled gradient is, too.
        Assert.Equal([before[0] - 0, before[1] - 3 * 2.5 / 8], engine.State.Read(w).Doubles());
    }

    [Fact]
    public void GoodSteps_DoubleTheScale_AndAnOverflowBeginsTheCountAgain()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(1e-3f) { LossScaling = new() { Initial = 1024, GrowthInterval = 3 } }, Weight());
        var step = Step(engine, sgd, w);
        double[] scales = [.. Enumerable.Range(0, 5).Select(_ => Run(3))];
        Assert.Equal([1024, 1024, 2048, 2048, 2048], scales);
        Assert.Equal(1024, Run(1000));
        Assert.Equal([1024, 1024, 2048], [Run(3), Run(3), Run(3)]);

        double Run(float factor)
        {
            step.Run(s_a, HostTensor.Of(factor));
            return Scale(engine, sgd);
        }
    }

    [Fact]
    public void LossThatIsNotFinite_IsAnError_AndKeepsTheScale()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(0.1f), Weight());
        var step = Step(engine, sgd, w);
        Assert.Throws<DivergedException>(() => step.Run(s_a, HostTensor.Of(float.NaN)));
        Assert.Equal(65536, Scale(engine, sgd));
    }

    [Fact]
    public void Overflow_AtAScaleOfOne_IsAnError()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(0.1f) { LossScaling = new() { Initial = 2 } }, Weight());
        var step = Step(engine, sgd, w);
        step.Run(s_a, HostTensor.Of(1e5f));
        Assert.Equal(1, Scale(engine, sgd));
        Assert.Throws<DivergedException>(() => step.Run(s_a, HostTensor.Of(1e5f)));
        Assert.Equal(1, Scale(engine, sgd));
    }

    [Fact]
    public void Clipping_LimitsTheGradientsThemselves()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(1f, clipping: Clipping.ByGlobalNorm(0.5f)) { LossScaling = new() { Initial = 256 } }, Weight());
        var before = engine.State.Read(w).Doubles();
        Step(engine, sgd, w).Run(s_a, HostTensor.Of(3));
        Engines.AssertClose([before[0], before[1] - 0.5], engine.State.Read(w).Doubles(), 1e-6);
    }

    [Theory, InlineData("strict32"), InlineData("mixed-bf16")]
    public void OtherPrecisions_KeepNoScale(string precision)
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(0.1f), Weight());
        var step = Step(engine, sgd, w, Precision.Find(precision));
        step.Run(s_a, HostTensor.Of(3));
        Assert.Empty(sgd.ReadState(engine.State));
        Assert.Throws<DivergedException>(() => step.Run(s_a, HostTensor.Of(float.PositiveInfinity)));
    }

    [Fact]
    public void ReadState_IntoAnother_GoesOnWithTheScale()
    {
        using var first = Engines.Reference();
        using var second = Engines.Reference();
        var (one, w, other, v) = (new SGD(0.1f), Weight(), new SGD(0.1f), Weight());
        Step(first, one, w).Run(s_a, HostTensor.Of(3));
        other.Prepare([v]);
        other.WriteState(second.State, one.ReadState(first.State));
        Assert.Equal(32768, Scale(second, other));
        Step(second, other, v).Run(s_a, HostTensor.Of(3));
        Assert.Equal(16384, Scale(second, other));
    }

    [Theory, InlineData(0), InlineData(3), InlineData(float.PositiveInfinity), InlineData(1 << 25)]
    public void Initial_OutOfRange_IsRefused(float scale) => Assert.Throws<ArgumentOutOfRangeException>(() => new LossScaling { Initial = scale });

    private static Parameter Weight() => new("w", new(DType.F32, (2, 1)), _ => HostTensor.From([0.25f, -0.5f], (2, 1)));

    private static double Scale(Engine engine, Optimizer optimizer) => optimizer.ReadState(engine.State)[$"{optimizer.Name}/loss_scale"][0];

    private static CompiledFunction Step(Engine engine, Optimizer optimizer, Parameter w, Precision? precision = null) => engine.Compile((a, factor) =>
    {
        var loss = (a.MatMul(w) * factor).Sum();
        optimizer.Minimize(loss, [w]);
        return loss;
    }, precision ?? Precision.Mixed16(DType.F16));
}
