using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Models.Tests.Optimizers;

/// <summary>Several models and optimizers in one traced function.</summary>
public sealed class AdversarialStepTests
{
    private static HostTensor Noise => Engines.Uniform(2, (6, 3), -1, 1);

    private static HostTensor Real => Engines.Uniform(3, (6, 4), -1, 1);

    [Fact]
    public void SecondLoss_ReadsWhatTheFirstOptimizerLearnt_AsTwoStepsAfterEachOther()
    {
        var (together, apart) = (new Pair(), new Pair());
        var both = together.Engine.Compile(2, x =>
        {
            var critic = together.Critic(x[0], x[1]);
            together.ForDiscriminator.Minimize(critic, together.Discriminator.Parameters);
            var artist = together.Artist(x[1]);
            together.ForGenerator.Minimize(artist, together.Generator.Parameters);
            return [critic, artist];
        });
        var first = apart.Engine.Compile((real, noise) =>
        {
            var loss = apart.Critic(real, noise);
            apart.ForDiscriminator.Minimize(loss, apart.Discriminator.Parameters);
            return loss;
        });
        var second = apart.Engine.Compile(noise =>
        {
            var loss = apart.Artist(noise);
            apart.ForGenerator.Minimize(loss, apart.Generator.Parameters);
            return loss;
        });
        for (var i = 0; i < 4; i++)
        {
            var losses = both.Run(Real, Noise);
            Assert.Equal(first.Run(Real, Noise).Scalar(), losses[0].Scalar(), 1e-6f);
            Assert.Equal(second.Run(Noise).Scalar(), losses[1].Scalar(), 1e-6f);
            foreach (var (one, other) in apart.Weights().Zip(together.Weights())) Engines.AssertClose(one, other, 1e-6); // state is f32; between two updates in one step the reference keeps f64
        }
        // One plan, replayed: both updates are in it.
        Assert.Single(both.Built);
        var updated = both.Plan!.Steps.OfType<KernelStep>().Where(s => s.Node.Op is UpdateOp).SelectMany(s => s.Outputs).Select(o => o.Block).ToHashSet();
        foreach (var parameter in together.Discriminator.Parameters.Concat(together.Generator.Parameters).Where(p => p.Trainable))
            Assert.Contains(together.Engine.State.PlaceOf(parameter).Block, updated);
    }

    [Theory, InlineData(false), InlineData(true)]
    public void ThroughAnotherModel_GradientsReachTheGenerator_AndLeaveTheOtherAsItWas(bool frozen)
    {
        var pair = new Pair();
        pair.Discriminator.Trainable = !frozen;
        var step = pair.Engine.Compile(noise =>
        {
            var loss = pair.Artist(noise);
            pair.ForGenerator.Minimize(loss, pair.Generator.Parameters);
            return loss;
        });
        var (theirs, mine) = (Pair.Bits(pair.Engine, pair.Discriminator), Pair.Bits(pair.Engine, pair.Generator));
        var before = step.Run(Noise).Scalar();
        for (var i = 0; i < 20; i++) step.Run(Noise);
        Assert.Equal(theirs, Pair.Bits(pair.Engine, pair.Discriminator));
        foreach (var (was, now) in mine.Zip(Pair.Bits(pair.Engine, pair.Generator))) Assert.NotEqual(was, now);
        Assert.True(step.Run(Noise).Scalar() < before, "the generator learnt nothing through the other model");
    }

    [Fact]
    public void EachOptimizer_HasItsOwnScheduleAndState()
    {
        using var engine = Engines.Reference();
        Parameter w = new("w", new(DType.F32, Shape.Scalar)), u = new("u", new(DType.F32, Shape.Scalar));
        var (one, two) = (new SGD(new StepDecay(1, Every: 1, Factor: 0.5)), new SGD(0.25f));
        var step = engine.Compile(a =>
        {
            var first = a * w;
            one.Minimize(first, [w]);
            var second = a * u + w;
            two.Minimize(second, [u]);
            return second;
        });
        // w falls by 1, 1/2, 1/4, u by 1/4 each time; the loss shows the new w beside the old u.
        Assert.Equal([-1, -1.75, -2.25], Enumerable.Range(0, 3).Select(_ => (double)step.Run(HostTensor.Of(1)).Scalar()));
        Assert.Equal((-1.75, -0.75), (engine.State.Read(w)[0], engine.State.Read(u)[0]));
    }

    [Fact]
    public void Overflow_OfOneLossScale_LeavesTheOther()
    {
        using var engine = Engines.Reference();
        Parameter Weight(string name) => new(name, new(DType.F32, (2, 1)), _ => HostTensor.From([0.25f, -0.5f], (2, 1)));
        var (w, u) = (Weight("w"), Weight("u"));
        SGD Optimizer(string name) => new(1f / 64, name: name) { LossScaling = new() { Initial = 4096, GrowthInterval = 2 } };
        var (one, two) = (Optimizer("one"), Optimizer("two"));
        var step = engine.Compile((a, factors) =>
        {
            var first = (a.MatMul(w) * factors.SliceAxis(0, 0, 1)).Sum();
            one.Minimize(first, [w]);
            var second = (a.MatMul(u) * factors.SliceAxis(0, 1, 1)).Sum();
            two.Minimize(second, [u]);
            return first + second;
        }, Precision.Mixed16(DType.F16));
        double Scale(Optimizer optimizer) => optimizer.ReadState(engine.State)[$"{optimizer.Name}/loss_scale"][0];
        (double, double) After(float first, float second)
        {
            step.Run(HostTensor.From([1f, 2f, -1f, 0.5f], (2, 2)), HostTensor.From([first, second], new(2)));
            return (Scale(one), Scale(two));
        }

        Assert.Equal((4096, 4096), After(1, 1));
        var (w1, u1) = (engine.State.Read(w).Doubles(), engine.State.Read(u).Doubles());
        Assert.Equal((2048, 4096), After(30, 1));   // more than an f16 holds, in the first alone: nothing is updated
        Assert.Equal((2048, 2048), After(1, 30));
        Assert.Equal(w1, engine.State.Read(w).Doubles());
        Assert.Equal(u1, engine.State.Read(u).Doubles());
        Assert.Equal((1, 1), (one.Iterations, two.Iterations));
        Assert.Equal((2048, 2048), After(1, 1));
        Assert.Equal((4096, 4096), After(1, 1));
        Assert.Equal((3, 3), (one.Iterations, two.Iterations));
    }

    [Fact]
    public void NotFinite_InTheSecondLoss_UndoesTheFirstUpdateToo_AndTellsBothLosses()
    {
        var pair = new Pair();
        var step = pair.Engine.Compile(2, x =>
        {
            var critic = pair.Critic(x[0], x[0].SliceAxis(1, 0, 3));
            pair.ForDiscriminator.Minimize(critic, pair.Discriminator.Parameters);
            var artist = pair.Artist(x[1]);
            pair.ForGenerator.Minimize(artist, pair.Generator.Parameters);
            return [critic, artist];
        });
        step.Run(Real, Noise);
        var before = pair.Bits();
        var bad = Noise;
        bad.Span<float>()[0] = float.NaN;
        var problem = Assert.Throws<DivergedException>(() => step.Run(Real, bad));
        Assert.Equal(before, pair.Bits());
        Assert.Equal((1, 1), (pair.ForDiscriminator.Iterations, pair.ForGenerator.Iterations));
        Assert.Equal(2, problem.Results!.Count);
        Assert.True(float.IsFinite(problem.Results[0].Scalar()) && float.IsNaN(problem.Results[1].Scalar()));
    }

    [Fact]
    public void OneOptimizerTwice_SaysSo()
    {
        var pair = new Pair();
        var step = pair.Engine.Compile(noise =>
        {
            var loss = pair.Artist(noise);
            pair.ForGenerator.Minimize(loss, pair.Generator.Parameters);
            pair.ForGenerator.Minimize(loss, pair.Generator.Parameters);
            return loss;
        });
        Assert.Contains("once in a traced function", Assert.Throws<GraphException>(() => step.Run(Noise)).Message, StringComparison.Ordinal);
    }

    /// <summary>A small generator and discriminator and their optimizers.</summary>
    private sealed class Pair
    {
        public Engine Engine { get; } = Engines.Reference();

        public Sequential Generator { get; } = new("generator", new Input(new Shape(3)), new Dense(8, activation: "relu"), new Dense(4));

        public Sequential Discriminator { get; } = new("discriminator", new Input(new Shape(4)), new Dense(8), new LeakyReLU(0.2f), new Dense(1));

        public Adam ForGenerator { get; } = new(0.01f, beta1: 0.5f, name: "g");

        public Adam ForDiscriminator { get; } = new(0.02f, beta1: 0.5f, name: "d");

        public Tensor Critic(Tensor real, Tensor noise) => Score(Discriminator.Call(real, training: true), 1) + Score(Discriminator.Call(Generator.Call(noise, training: true), training: true), 0);

        public Tensor Artist(Tensor noise) => Score(Discriminator.Call(Generator.Call(noise, training: true), training: true), 1);

        public IEnumerable<double[]> Weights() => Generator.Parameters.Concat(Discriminator.Parameters).Select(p => Engine.State.Read(p).Doubles());

        public byte[][] Bits() => [.. Bits(Engine, Generator), .. Bits(Engine, Discriminator)];

        public static byte[][] Bits(Engine engine, Model model) => [.. model.Parameters.Select(p => engine.State.Read(p).Bytes.ToArray())];

        private static Tensor Score(Tensor logits, float target) => Losses.BinaryCrossentropyOfLogits(logits.Graph.Full(logits.Type, target), logits);
    }
}
