using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Gan;
using Forge.Models.Optimizers;
using Forge.Models.Reports;

namespace Forge.Models.Tests.Gan;

public sealed class GanTests
{
    public static TheoryData<string> Losses() => [.. GanLoss.All.Select(l => l.Name)];

    private static DcGan Tiny(string loss = "nonsaturating", int classes = 0, int channels = 1) => new(new(28, channels, classes, loss, Width: 2, Latent: 5));

    private static MemoryBatches Data(int channels = 1)
    {
        var pixels = Engines.Uniform(9, (10, 28, 28, channels), 0, 255).Span<float>().ToArray().Select(v => (byte)v).ToArray();
        return new ImageDataGenerator().Flow(new LabelledImages(pixels, 10, 28, 28, channels, [.. Enumerable.Range(0, 10).Select(i => i % 2)], ["a", "b"]), new FlowOptions { BatchSize = 4, Shuffle = true, Seed = 3, Warp = WarpPlace.Nowhere });
    }

    [Theory, MemberData(nameof(Losses))]
    public void Loss_OfTwoRealAndTwoMade_IsAsPublished(string name)
    {
        using var engine = Engines.Reference();
        var loss = GanLoss.Find(name)!;
        var results = engine.Compile(2, x => [loss.Discriminator(x[0], x[1]), loss.Generator(x[1])]).Run(HostTensor.From([2f, -1f], (2, 1)), HostTensor.From([0.5f, -0.25f], (2, 1)));
        var (real, made) = (new[] { 2.0, -1 }, new[] { 0.5, -0.25 });
        static double Softplus(double v) => Math.Log(1 + Math.Exp(v));
        var expected = name switch
        {
            "nonsaturating" => (real.Average(r => Softplus(-r)) + made.Average(Softplus), made.Average(f => Softplus(-f))),
            "lsgan" => (real.Average(r => (r - 1) * (r - 1)) + made.Average(f => f * f), made.Average(f => (f - 1) * (f - 1))),
            "hinge" => (real.Average(r => Math.Max(0, 1 - r)) + made.Average(f => Math.Max(0, 1 + f)), -made.Average()),
            _ => (made.Average() - real.Average(), -made.Average()),
        };
        Assert.Equal(expected.Item1, results[0].Scalar(), 1e-6);
        Assert.Equal(expected.Item2, results[1].Scalar(), 1e-6);
    }

    [Fact]
    public void Penalty_OfALinearCritic_IsTenTimesItsSlopesDistanceFromOneSquared_AndTrains()
    {
        using var engine = Engines.Reference();
        var w = new Parameter("w", new(DType.F32, (3, 1)), _ => HostTensor.From([3f, 0, 4], (3, 1)));
        var sgd = new SGD(0.01f);
        var step = engine.Compile((real, fake) =>
        {
            var penalty = GanLoss.WassersteinPenalty.Penalty(x => x.Reshape((2, 3)).MatMul(w), real, fake)!;
            sgd.Minimize(penalty, [w]);
            return penalty;
        });
        var (real, fake) = (Engines.Uniform(2, (2, 1, 3, 1), -1, 1), Engines.Uniform(3, (2, 1, 3, 1), -1, 1));
        Assert.Equal(160, step.Run(real, fake).Scalar(), 1e-3f);                          // 10 (5 - 1)²
        Engines.AssertClose([3 - 0.48, 0, 4 - 0.64], engine.State.Read(w).Doubles(), 1e-5); // 20 (5 - 1) w / 5, times the rate
    }

    [Theory, MemberData(nameof(Losses))]
    public void Step_ChangesBothModels_AndResumesToTheSameBits(string loss)
    {
        Checkpoint Train(int steps, Checkpoint? from)
        {
            using var engine = Engines.Reference();
            using var data = Data();
            using var trainer = new GanTrainer(engine, Tiny(loss, classes: 2));
            if (from is not null) trainer.Restore(from, "x", data);
            for (var i = 0; i < steps; i++) Assert.True(trainer.Step(data) is var l && double.IsFinite(l.Discriminator) && double.IsFinite(l.Generator));
            return trainer.Capture(data);
        }

        var (before, whole) = (Train(0, null), Train(3, null));
        // What is added to every logit cancels in a difference of means.
        foreach (var (name, value) in before.Weights.Where(w => loss != "wgan-gp" || w.Key != "discriminator/dense/bias")) Assert.False(value.Bytes.SequenceEqual(whole.Weights[name].Bytes), $"{name} did not change");
        var resumed = Train(2, Train(1, null));
        Assert.Equal((whole.Step, whole.Data), (resumed.Step, resumed.Data));
        foreach (var (name, value) in whole.Weights.Concat(whole.OptimizerSlots)) Assert.True(value.Bytes.SequenceEqual((resumed.Weights.GetValueOrDefault(name) ?? resumed.OptimizerSlots[name]).Bytes), $"{name} differs");
        Assert.Equal(3 * GanLoss.Find(loss)!.DiscriminatorSteps, whole.Values["discriminator.iterations"]);
    }

    [Theory, InlineData(0), InlineData(2), InlineData(4), InlineData(8)]
    public void Step_InterruptedBetweenUpdatesOfTheDiscriminator_GoesOnWithTheRest(int batches)
    {
        Checkpoint Train(Checkpoint? from, int stopAfter)
        {
            using var engine = Engines.Reference();
            using var stop = new CancellationTokenSource();
            using var data = new StoppingBatches(Data(), stopAfter, stop);
            using var trainer = new GanTrainer(engine, Tiny("wgan-gp"));
            if (from is not null) trainer.Restore(from, "x", data);
            try
            {
                while (trainer.GeneratorOptimizer.Iterations < 2) trainer.Step(data, stop.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.True(stopAfter < 99);
            }
            return trainer.Capture(data);
        }

        var (whole, resumed) = (Train(null, 99), Train(Train(null, batches), 99));
        Assert.Equal(10, whole.Values["discriminator.iterations"]);
        Assert.Equal(whole.Values, resumed.Values);
        Assert.Equal(whole.Data, resumed.Data);
        foreach (var (name, value) in whole.Weights.Concat(whole.OptimizerSlots)) Assert.True(value.Bytes.SequenceEqual((resumed.Weights.GetValueOrDefault(name) ?? resumed.OptimizerSlots[name]).Bytes), $"{name} differs");
    }

    // Sets a token when so many batches were taken.
    private sealed class StoppingBatches(IBatches data, int after, CancellationTokenSource stop) : PassedBatches(data)
    {
        private readonly IBatches _data = data;
        private int _taken;

        public override Batch NextBatch(CancellationToken cancellation = default)
        {
            if (_taken++ == after) stop.Cancel();
            return _data.NextBatch(cancellation);
        }
    }

    [Fact]
    public void Fit_WritesGridsAnimationLogAndCheckpoint_AndMakesTheImagesOfItsClasses()
    {
        using var folder = new TemporaryFolder();
        using var engine = Engines.Reference();
        using var data = Data(3);
        using var trainer = new GanTrainer(engine, Tiny(classes: 2, channels: 3));
        var seen = new List<GanProgress>();
        var fit = new GanFit(trainer, data, new(folder.Path, Steps: 3) { SampleEvery = 2, AfterSample = seen.Add });
        fit.Run();
        Assert.Equal([2L, 3], seen.Select(s => s.Step));
        Assert.Equal(["step-000000.png", "step-000002.png", "step-000003.png"], Directory.EnumerateFiles(folder["samples"]).Select(Path.GetFileName).Order());
        Assert.Equal(3, File.ReadAllLines(folder["log.csv"]).Length);
        var (last, grid) = (new ImageDecoder().Decode(folder["samples", "step-000003.png"]), new ImageDecoder().Decode(fit.SamplesPath));
        Assert.Equal(last.Pixels, grid.Pixels);
        Assert.Equal((2 * 30 - 2, 32 * 30 - 2), (grid.Width, grid.Height));

        using var other = Engines.Reference();
        using var saved = SavedGan.Load(other, folder.Path);
        var noise = LatentNoise.Of(5, 5, seed: 4);
        var (first, second) = (saved.Make(noise, [0, 0, 0, 0, 0], batch: 2), saved.Make(noise, [0, 0, 0, 0, 1], batch: 5));
        Assert.Equal(SampleGrid.ImageOf(first, 3).Pixels, SampleGrid.ImageOf(second, 3).Pixels);
        Assert.NotEqual(SampleGrid.ImageOf(first, 4).Pixels, SampleGrid.ImageOf(second, 4).Pixels);
    }

    [Fact]
    public void Step_Of64Pixels_ChangesBothModels_AndMakesImagesOfThatSize()
    {
        using var engine = Engines.Reference();
        var pixels = Engines.Uniform(9, (4, 64, 64, 3), 0, 255).Span<float>().ToArray().Select(v => (byte)v).ToArray();
        using var data = new ImageDataGenerator().Flow(new LabelledImages(pixels, 4, 64, 64, 3, [0, 0, 0, 0], ["a"]), new FlowOptions { BatchSize = 2, Warp = WarpPlace.Nowhere });
        using var trainer = new GanTrainer(engine, new(new(64, 3, 0, "lsgan", Width: 2, Latent: 3)));
        var before = trainer.Parameters.Select(engine.State.Read).ToList();
        var losses = trainer.Step(data);
        Assert.True(double.IsFinite(losses.Discriminator) && double.IsFinite(losses.Generator));
        foreach (var (now, old) in trainer.Parameters.Select(engine.State.Read).Zip(before)) Assert.False(now.Bytes.SequenceEqual(old.Bytes));
        Assert.Equal(new Shape(2, 64, 64, 3), trainer.Make(LatentNoise.Of(2, 3, seed: 1)).Shape);
    }

    [Fact]
    public void FrechetDistance_OfMovedAndOfStretchedPoints_IsItsClosedForm()
    {
        var points = Engines.Uniform(5, (40, 2), -1, 1);
        HostTensor Of(Func<float, int, float> change) => HostTensor.From(points.Span<float>().ToArray().Select((v, i) => change(v, i % 2)).ToArray(), (40, 2));
        Assert.Equal(0, FrechetDistance.Between(points, points), 1e-9);
        Assert.Equal(25, FrechetDistance.Between(points, Of((v, axis) => v + (axis == 0 ? 3 : 4))), 1e-4);
        // C and 4 C: tr(C + 4 C - 2 · 2 C) = tr C, and the mean moves by itself.
        double[] means = [.. Enumerable.Range(0, 2).Select(axis => Enumerable.Range(0, 40).Average(i => points[i * 2 + axis]))];
        var spread = Enumerable.Range(0, 80).Sum(i => Math.Pow(points[i] - means[i % 2], 2)) / 39;
        Assert.Equal(means.Sum(m => m * m) + spread, FrechetDistance.Between(points, Of((v, _) => 2 * v)), 1e-4);
    }

    [Fact]
    public void Diverging_NamesBothLosses_AndKeepsTheState()
    {
        using var engine = Engines.Reference();
        using var data = Data();
        using var trainer = new GanTrainer(engine, Tiny());
        trainer.Step(data);
        var (position, iterations) = (data.Position, trainer.DiscriminatorOptimizer.Iterations);
        var poisoned = trainer.Gan.Generator.Parameters[^1];
        var value = engine.State.Read(poisoned);
        value.Span<float>().Fill(float.NaN);
        engine.State.Write(poisoned, value);
        var problem = Assert.Throws<DivergedException>(() => trainer.Step(data));
        Assert.Contains("Step 2: Discriminator loss NaN, generator loss NaN", problem.Message, StringComparison.Ordinal);
        Assert.Equal((position, iterations), (data.Position, trainer.DiscriminatorOptimizer.Iterations));
    }

    [Fact]
    public void Restore_OfAnotherSeedOrPrecision_SaysSo()
    {
        using var engine = Engines.Reference();
        using var otherSeed = Engines.Reference(seed: 8);
        using var data = Data();
        using var one = new GanTrainer(engine, Tiny());
        using var seeded = new GanTrainer(otherSeed, Tiny());
        using var mixed = new GanTrainer(engine, Tiny(), precision: Precision.Mixed16(DType.F16));
        var saved = one.Capture(data);
        Assert.Equal("x was trained with seed 7, but this run has seed 8. Resume with the same seed.", Assert.Throws<CheckpointException>(() => seeded.Restore(saved, "x", data)).Message);
        Assert.Contains("Resume with the same precision", Assert.Throws<CheckpointException>(() => mixed.Restore(saved, "x", data)).Message, StringComparison.Ordinal);
        Assert.Contains("Resume with the same precision", Assert.Throws<CheckpointException>(() => one.Restore(mixed.Capture(data), "x", data)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Restore_OfAnotherModel_SaysSo()
    {
        using var engine = Engines.Reference();
        using var data = Data();
        using var one = new GanTrainer(engine, Tiny());
        using var other = new GanTrainer(engine, Tiny(classes: 2));
        Assert.Contains("another model", Assert.Throws<CheckpointException>(() => other.Restore(one.Capture(data), "x", data)).Message, StringComparison.Ordinal);
        Assert.Null(DcGanConfig.FromJson("""{"builder":"ArticleCnn"}"""));
        Assert.Equal(one.Gan.Config, DcGanConfig.FromJson(one.Gan.Config.ToJson()));
    }

    [Theory, InlineData(1), InlineData(3)]
    public void Animation_DecodesToItsFirstFrame(int channels)
    {
        using var folder = new TemporaryFolder();
        // Noise: more runs than codes, so that the table is cleared and codes grow to 12 bits.
        PixelImage Frame(uint stream) => new(90, 100, channels, [.. Engines.Uniform(stream, new Shape(9000 * channels), 0, 256).Span<float>().ToArray().Select(v => (byte)(channels == 1 ? v : (int)(v / 86) * 127.5))]);
        var path = folder["x.gif"];
        GifFile.Save(path, [() => Frame(1), () => Frame(2)]);
        var decoded = new ImageDecoder().Decode(path, channels == 1 ? ColourMode.Grey : ColourMode.Rgb);
        Assert.Equal((90, 100), (decoded.Height, decoded.Width));
        for (var i = 0; i < decoded.Pixels.Length; i++) Assert.True(Math.Abs(decoded.Pixels[i] - Frame(1).Pixels[i]) <= (channels == 1 ? 0 : 26), $"pixel {i}");
    }

    [Fact]
    public void Between_StaysOnTheSphere_AndPassesEachCorner()
    {
        var corners = HostTensor.From([3f, 0, 0, 3], (2, 2));
        var path = LatentNoise.Between(corners, 8);
        for (var i = 0; i < 8; i++) Assert.Equal(3, Math.Sqrt(path[i * 2] * path[i * 2] + path[i * 2 + 1] * path[i * 2 + 1]), 1e-5);
        Assert.Equal((3f, 0f), (path.Span<float>()[0], path.Span<float>()[1]));
        Assert.Equal((0f, 3f), (path.Span<float>()[8], path.Span<float>()[9]));
    }
}
