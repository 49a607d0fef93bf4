using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

public sealed class FitTests
{
    // Two classes told apart by the sign of a weighted sum; 22 rows make two batches of 8 and one of 6.
    private static readonly HostTensor s_x = Engines.Uniform(21, (22, 6), -1, 1);

    private static readonly HostTensor s_y = Engines.OneHot(22, 2, row => Enumerable.Range(0, 6).Sum(i => (i - 2.4) * s_x[row * 6 + i]) > 0 ? 1 : 0);

    private static Sequential Net(float dropout = 0) => new(
        new Input(new Shape(6)), new Dense(8, activation: "tanh", kernelRegularizer: Regularizer.OfL2(0.001f)), new BatchNormalization(momentum: 0.8f),
        new Dropout(dropout), new Dense(2, activation: "softmax"));

    private static Trainer Compile(Engine engine, float dropout = 0, float rate = 0.05f, Precision? precision = null) =>
        new(engine, Net(dropout), new Adam(rate) { LossScaling = new() { GrowthInterval = 2 } }, Losses.CategoricalCrossentropy, [BatchMetric.Accuracy], precision: precision);

    private static TensorBatches Data(bool shuffle = true) => new(s_x, s_y, batchSize: 8, shuffle, seed: 3);

    private sealed class Watch(Action<FitRun, double>? batch = null) : Callback
    {
        internal List<string> Told { get; } = [];

        public override void OnTrainBegin(FitRun run) => Told.Add("begin");

        public override void OnEpochBegin(FitRun run) => Told.Add($"epoch {run.Epoch}");

        public override void OnBatchEnd(FitRun run, double loss) => batch?.Invoke(run, loss);

        public override void OnEpochEnd(FitRun run, EpochLog log) => Told.Add($"end of {log.Epoch}");

        public override void OnWarning(FitRun run, string warning) => Told.Add("warning: " + warning);

        public override void OnTrainEnd(FitRun run, FitEnd outcome) => Told.Add(outcome.ToString());
    }

    // Data whose batches end with one that cannot be read.
    private sealed class Breaking(IBatches data, int good) : PassedBatches(data)
    {
        private readonly IBatches _data = data;
        private int _taken;

        public override Batch NextBatch(CancellationToken cancellation = default) =>
            _taken++ < good ? _data.NextBatch(cancellation) : throw new DataException("half a picture.png: truncated");
    }

    [Fact]
    public void Fit_SeparableData_LossFallsAndAccuracyRises()
    {
        using var engine = Engines.Reference();
        var (trainer, watch) = (Compile(engine), new Watch());
        var run = trainer.Fit(Data(), new() { Epochs = 12, Validation = Data(shuffle: false), Callbacks = [watch] });
        Assert.Equal(12, run.History.Count);
        Assert.True(run.History[^1].Loss < 0.4 * run.History[0].Loss, $"{run.History[0].Loss} -> {run.History[^1].Loss}");
        Assert.True(run.History[^1]["val_accuracy"] >= 0.95);
        Assert.Equal(["loss", "accuracy", "val_loss", "val_accuracy"], run.History[0].Values.Select(v => v.Key));
        Assert.Equal(36, trainer.Optimizer.Iterations);
        Assert.Equal(["begin", "epoch 0", "end of 0", "epoch 1"], watch.Told[..4]);
        Assert.Equal("Completed", watch.Told[^1]);
    }

    [Fact]
    public void Fit_EpochMean_WeighsBatchesByTheirExamples()
    {
        using var engine = Engines.Reference();
        var batches = new List<double>();
        var run = Compile(engine).Fit(Data(), new() { Callbacks = [new Watch((_, loss) => batches.Add(loss))] });
        Assert.Equal(3, batches.Count);
        Assert.Equal((8 * batches[0] + 8 * batches[1] + 6 * batches[2]) / 22, run.History[0].Loss, 1e-12);
    }

    [Fact]
    public void Evaluate_WholePass_EqualsPredictionsJudgedOnTheHost()
    {
        using var engine = Engines.Reference();
        var trainer = Compile(engine);
        trainer.Fit(Data(), new() { Epochs = 2 });
        var evaluation = trainer.Evaluate(s_x, s_y, batchSize: 5);
        var p = trainer.Predict(s_x, batchSize: 7);
        Assert.Equal((22, 2), p.Shape);
        var right = Enumerable.Range(0, 22).Count(i => p[2 * i + 1] > p[2 * i] == (s_y[2 * i + 1] > 0));
        Assert.Equal(right / 22.0, evaluation["accuracy"]!.Value, 1e-12);
        var kernel = engine.State.Read(trainer.Model.Parameters[0]).Doubles();
        var loss = -Enumerable.Range(0, 22).Average(i => Math.Log(p[2 * i + (s_y[2 * i] > 0 ? 0 : 1)])) + 0.001 * kernel.Sum(w => w * w);
        Assert.Equal(loss, evaluation.Loss, 1e-5);
        Assert.Equal(22, evaluation.Examples);
    }

    [Theory]
    [InlineData(2)]   // inside the first epoch
    [InlineData(3)]   // at its last step
    [InlineData(7)]   // inside the third
    [InlineData(2, "mixed-bf16")]
    [InlineData(2, "mixed-f16")]   // the loss scale is about to grow
    [InlineData(7, "mixed-f16")]
    [InlineData(0)]   // before the first step
    public void Fit_CancelledAndResumed_EndsWithTheSameBits(int stepsBeforeCancel, string precision = "strict32")
    {
        using var folder = new TemporaryFolder();
        FitRun Run(FitOptions options, Engine engine, CancellationToken cancellation, TensorBatches data) =>
            Compile(engine, dropout: 0.3f, precision: Precision.Find(precision)).Fit(data, options with { Epochs = 4, Validation = Data(shuffle: false) }, cancellation);

        using var whole = Engines.Reference();
        var expected = Run(new() { Callbacks = [new ReduceRateOnPlateau("loss", patience: 1, factor: 0.5)] }, whole, default, Data());

        using (var first = Engines.Reference())
        using (var stop = new CancellationTokenSource())
        {
            var steps = 0;
            if (stepsBeforeCancel == 0) stop.Cancel();
            var counter = new Watch((_, _) =>
            {
                if (++steps == stepsBeforeCancel) stop.Cancel();
            });
            Assert.ThrowsAny<OperationCanceledException>(() => Run(
                new() { Callbacks = [new SaveCheckpoints(folder.Path), new ReduceRateOnPlateau("loss", patience: 1, factor: 0.5), counter] }, first, stop.Token, Data()));
            Assert.Equal("Cancelled", counter.Told[^1]);
        }
        using var second = Engines.Reference();
        var saved = Checkpoint.Load(folder["last.safetensors"]);
        var resumed = Run(new() { Resume = saved, Callbacks = [new ReduceRateOnPlateau("loss", patience: 1, factor: 0.5)] }, second, default, Data());

        Assert.Equal(expected.History[^1].Values, resumed.History[^1].Values);
        foreach (var (a, b) in expected.Trainer.Model.Parameters.Zip(resumed.Trainer.Model.Parameters))
            Assert.Equal(whole.State.Read(a).Bytes.ToArray(), second.State.Read(b).Bytes.ToArray());
        foreach (var (name, value) in expected.Trainer.Optimizer.ReadState(whole.State))
            Assert.Equal(value.Bytes.ToArray(), resumed.Trainer.Optimizer.ReadState(second.State)[name].Bytes.ToArray());
        Assert.Equal(expected.Trainer.Optimizer.Rate, resumed.Trainer.Optimizer.Rate);
        Assert.Equal(whole.RandomStep, second.RandomStep);
    }

    [Fact]
    public void Fit_ResumedWithAnotherPrecision_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using (var first = Engines.Reference())
            Compile(first, precision: Precision.Mixed16(DType.F16)).Fit(Data(), new() { Callbacks = [new SaveCheckpoints(folder.Path)] });
        using var second = Engines.Reference();
        var problem = Assert.Throws<CheckpointException>(() => Compile(second).Fit(Data(), new() { Epochs = 2, Resume = Checkpoint.Load(folder["last.safetensors"]) }));
        Assert.Contains("mixed-f16, but this run has strict32", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fit_DivergesInAStep_SaysWhereAndSavesTheStateBeforeIt()
    {
        using var folder = new TemporaryFolder();
        using var engine = Engines.Reference();
        var x = HostTensor.From(s_x.Span<float>(), s_x.Shape);
        x.Span<float>()[6 * 17] = float.NaN;    // row 17: the third batch of an unshuffled pass
        using var data = new TensorBatches(x, s_y, 8, shuffle: false);
        var problem = Assert.Throws<DivergedException>(() => Compile(engine).Fit(data, new() { Callbacks = [new SaveCheckpoints(folder.Path)] }));
        Assert.Contains("Epoch 1, step 3", problem.Message, StringComparison.Ordinal);
        var saved = Checkpoint.Load(folder["last.safetensors"]);
        Assert.Equal((2, 2L, new BatchPosition(0, 2)), (saved.StepInEpoch, saved.Step, saved.Data));
        Assert.All(saved.Weights.Values, w => Assert.All(w.Doubles(), v => Assert.True(double.IsFinite(v))));
    }

    [Theory]
    [InlineData(1)]   // inside the first epoch
    [InlineData(4)]   // inside the second
    public void Fit_DataThatCannotBeRead_SavesTheStateBeforeThem(int good)
    {
        using var folder = new TemporaryFolder();
        using (var first = Engines.Reference())
        {
            var (watch, saver) = (new Watch(), new SaveCheckpoints(folder.Path));
            using var data = new Breaking(Data(), good);
            Assert.Throws<DataException>(() => Compile(first).Fit(data, new() { Epochs = 3, Callbacks = [saver, watch] }));
            Assert.Equal("BadData", watch.Told[^1]);
            Assert.True(saver.SavedAtEnd);
        }
        var saved = Checkpoint.Load(folder["last.safetensors"]);
        Assert.Equal((good, good % 3), ((int)saved.Step, saved.StepInEpoch));

        using var whole = Engines.Reference();
        using var second = Engines.Reference();
        var expected = Compile(whole).Fit(Data(), new() { Epochs = 3 });
        var resumed = Compile(second).Fit(Data(), new() { Epochs = 3, Resume = saved });
        foreach (var (a, b) in expected.Trainer.Model.Parameters.Zip(resumed.Trainer.Model.Parameters))
            Assert.Equal(whole.State.Read(a).Bytes.ToArray(), second.State.Read(b).Bytes.ToArray());
    }

    [Fact]
    public void Fit_DataThatCannotBeReadAtAll_SavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var engine = Engines.Reference();
        using var data = new Breaking(Data(), 0);
        var saver = new SaveCheckpoints(folder.Path);
        Assert.Throws<DataException>(() => Compile(engine).Fit(data, new() { Callbacks = [saver] }));
        Assert.False(saver.SavedAtEnd);
        Assert.False(File.Exists(saver.LastPath));
    }

    [Fact]
    public void Fit_ACallbackThatFails_IsNotTakenForBadData()
    {
        using var engine = Engines.Reference();
        var watch = new Watch((_, _) => throw new DataException("the log cannot be written"));
        Assert.Throws<DataException>(() => Compile(engine).Fit(Data(), new() { Callbacks = [watch] }));
        Assert.Equal("Failed", watch.Told[^1]);
    }

    [Theory]
    [InlineData("nothing", ""), InlineData("device", "it was saved on llvmpipe, this is"), InlineData("version", "it was saved by Forge 0.0.9, this is")]
    public void Fit_ResumedElsewhere_WarnsOnce(string changed, string words)
    {
        using var folder = new TemporaryFolder();
        using (var first = Engines.Reference())
            Compile(first).Fit(Data(), new() { Callbacks = [new SaveCheckpoints(folder.Path)] });
        var saved = Checkpoint.Load(folder["last.safetensors"]);
        if (changed == "device") saved = saved with { VariantTable = "on llvmpipe\ntuned off" };
        if (changed == "version") saved = saved with { Notes = new Dictionary<string, string>(saved.Notes) { ["forge"] = "0.0.9" } };
        using var second = Engines.Reference();
        var watch = new Watch();
        Compile(second).Fit(Data(), new() { Epochs = 3, Resume = saved, Callbacks = [watch] });
        var warnings = watch.Told.Where(t => t.StartsWith("warning", StringComparison.Ordinal)).ToList();
        Assert.Equal(changed == "nothing" ? 0 : 1, warnings.Count);
        if (changed != "nothing") Assert.Contains(words, warnings[0], StringComparison.Ordinal);
        Assert.Equal("Completed", watch.Told[^1]);
    }

    [Fact]
    public void Fit_StepsPerEpoch_WrapsOverTheData()
    {
        using var engine = Engines.Reference();
        var (data, trainer) = (Data(), Compile(engine));
        trainer.Fit(data, new() { Epochs = 2, StepsPerEpoch = 5 });
        Assert.Equal(10, trainer.Optimizer.Iterations);
        Assert.Equal(new BatchPosition(3, 1), data.Position);
    }

    [Fact]
    public void EarlyStopping_NoImprovement_StopsAndPutsTheBestBack()
    {
        using var engine = Engines.Reference();
        // A rate of 40 makes things worse after the first epochs.
        var trainer = Compile(engine, rate: 0.1f);
        var losses = new List<double>();
        var spoil = new Watch((run, _) => trainer.Optimizer.RateFactor = run.Epoch < 2 ? 1 : 400);
        var run = trainer.Fit(Data(), new() { Epochs = 30, Validation = Data(shuffle: false), Callbacks = [spoil, new EarlyStopping("val_loss", patience: 1, restoreBest: true)] });
        Assert.InRange(run.History.Count, 3, 12);
        Assert.Contains("val_loss", run.StopReason, StringComparison.Ordinal);
        Assert.Equal("Stopped", spoil.Told[^1]);
        Assert.Equal(run.History.Min(h => h["val_loss"]!.Value), trainer.Evaluate(s_x, s_y).Loss, 1e-6);
    }

    [Fact]
    public void ReduceRateOnPlateau_NoImprovement_LowersTheRateDownToItsFloor()
    {
        using var engine = Engines.Reference();
        var trainer = Compile(engine, rate: 0);
        trainer.Optimizer.LearningRate = 1f;
        // Judged by a value that never improves: the learning rate is far too high to matter, the frozen model is.
        trainer.Model.Trainable = false;
        trainer.Model.Layers[^1].Trainable = true;
        var plateau = new ReduceRateOnPlateau(new WatchedValue("loss", HigherIsBetter: false, MinDelta: 1e9), factor: 0.5, patience: 2, minRate: 0.3);
        var run = trainer.Fit(Data(), new() { Epochs = 8, Callbacks = [plateau] });
        Assert.Equal([1, 1, 1, 0.5, 0.5, 0.3, 0.3, 0.3], run.History.Select(h => h.LearningRate));
    }

    [Fact]
    public void WatchedValue_UnknownName_ListsWhatThereIs()
    {
        using var engine = Engines.Reference();
        var problem = Assert.Throws<ForgeException>(() => Compile(engine).Fit(Data(), new() { Callbacks = [new EarlyStopping("val_loss")] }));
        Assert.Contains("loss, accuracy", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SaveCheckpoints_BestAndLast_LoadIntoANewModel()
    {
        using var folder = new TemporaryFolder();
        using var engine = Engines.Reference();
        var (trainer, saver) = (Compile(engine), new SaveCheckpoints(folder.Path, "val_loss", every: 2));
        var run = trainer.Fit(Data(), new() { Epochs = 3, Validation = Data(shuffle: false), Callbacks = [saver] });
        Assert.Equal(run.History.Min(h => h["val_loss"]!.Value), saver.Best);

        using var other = Engines.Reference(seed: 99);
        var loaded = Compile(other);
        loaded.LoadWeights(Checkpoint.Load(saver.LastPath), saver.LastPath);
        Assert.Equal(trainer.Predict(s_x).Bytes.ToArray(), loaded.Predict(s_x).Bytes.ToArray());
        loaded.LoadWeights(Checkpoint.Load(saver.BestPath), saver.BestPath);
        Assert.Equal(saver.Best, loaded.Evaluate(s_x, s_y).Loss, 1e-6);

        var wrong = new Trainer(other, new Sequential(new Input(new Shape(6)), new Dense(3)), new SGD(), Losses.MeanSquaredError);
        Assert.Contains("dense/kernel", Assert.Throws<CheckpointException>(() => wrong.LoadWeights(Checkpoint.Load(saver.LastPath), saver.LastPath)).Message, StringComparison.Ordinal);
        Assert.Contains("seed 7", Assert.Throws<CheckpointException>(() => loaded.Fit(Data(), new() { Resume = Checkpoint.Load(saver.LastPath) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_AsInput_AreScaledOnTheDevice()
    {
        using var engine = Engines.Reference();
        var model = new Sequential(new Input(new Shape(3)), new Dense(1, kernelInitializer: Initializer.Ones));
        var trainer = new Trainer(engine, model, new SGD(), Losses.MeanSquaredError);
        Assert.Equal((51 + 102 + 255) / 255.0, trainer.Predict(HostTensor.From((byte[])[51, 102, 255], (1, 3)))[0], 1e-6);
    }

    [Theory]
    [InlineData(FillMode.Nearest, 1)]
    [InlineData(FillMode.Constant, 1)]
    [InlineData(FillMode.Reflect, 1)]
    [InlineData(FillMode.Wrap, 1)]
    [InlineData(FillMode.Nearest, 0)]
    public void Warp_OnTheDevice_GivesTheImagesOfTheHost(FillMode fill, int order)
    {
        using var engine = Engines.Reference();
        var pixels = Engines.Uniform(50, new Shape(6 * 9 * 8 * 3), 0, 256).Doubles().Select(v => (byte)v).ToArray();
        var images = new LabelledImages(pixels, 6, 9, 8, 3, [0, 1, 0, 1, 0, 1], ["a", "b"]);
        // Whole pixels for order 0: a coordinate halfway is rounded by its last bit, which differs between f32 and f64 matrices.
        var generator = order == 0
            ? new ImageDataGenerator { HorizontalFlip = true, VerticalFlip = true, Rescale = 1 / 255f, InterpolationOrder = 0, FillMode = fill }
            : new ImageDataGenerator { ShearRange = 20, ZoomRange = 0.4, RotationRange = 30, HorizontalFlip = true, WidthShiftRange = 0.3, Rescale = 1 / 255f, FillMode = fill, FillValue = 77 };
        using var host = generator.Flow(images, new() { BatchSize = 6, Seed = 4 });
        using var device = generator.Flow(images, new() { BatchSize = 6, Seed = 4, Warp = WarpPlace.Device });
        var (expected, batch) = (host.NextBatch(), device.NextBatch());
        var warped = engine.Compile((x, m) => batch.Warp!.On(x, m)).Run(batch.Images, batch.Matrices!)[0];
        // Where a coordinate ends inside or outside by its last bit, a pixel may be another one: few are.
        var wrong = expected.Images.Doubles().Zip(warped.Doubles(), (a, b) => Math.Abs(a - b) > 1e-4).Count(w => w);
        Assert.InRange(wrong, 0, fill is FillMode.Constant or FillMode.Wrap ? 6 : 0);
    }

    [Fact]
    public void Fit_ImagesWarpedOnTheDevice_LearnsAsWithTheHost()
    {
        var pixels = Engines.Uniform(51, new Shape(8 * 6 * 6), 0, 128).Doubles().Select((v, i) => (byte)(v + (i / 36 % 2 == 0 ? 0 : 120))).ToArray();
        var images = new LabelledImages(pixels, 8, 6, 6, 1, [0, 1, 0, 1, 0, 1, 0, 1], ["dark", "light"]);
        double[] EpochLosses(WarpPlace place)
        {
            using var engine = Engines.Reference();
            var model = new Sequential(new Input((6, 6, 1)), new Conv2D(3, 3, activation: "relu"), new GlobalAveragePooling2D(), new Dense(2, activation: "softmax"));
            var trainer = model.Compile(engine, new Adam(0.05f), Losses.CategoricalCrossentropy);
            using var data = new ImageDataGenerator { ShearRange = 10, ZoomRange = 0.2, HorizontalFlip = true, Rescale = 1 / 255f }.Flow(images, new() { BatchSize = 3, Seed = 4, Warp = place });
            return [.. trainer.Fit(data, new() { Epochs = 6 }).History.Select(h => h.Loss)];
        }

        var (host, device) = (EpochLosses(WarpPlace.Host), EpochLosses(WarpPlace.Device));
        Engines.AssertClose(host, device, 1e-4);
        Assert.True(device[^1] < device[0]);
    }

    [Fact]
    public void Metrics_OnTheDevice_CountAsOnTheHost()
    {
        using var engine = Engines.Reference();
        var (target, scores) = (Engines.OneHot(5, 4, i => i % 4), Engines.Uniform(30, (5, 4), 0, 1));
        var results = engine.Compile(2, a => [BatchMetric.Accuracy.Sum(a[0], a[1]), BatchMetric.TopK(2).Sum(a[0], a[1]), BatchMetric.BinaryAccuracy.Sum(a[0], a[1])]).Run(target, scores);
        int Rank(int row) => Enumerable.Range(0, 4).Count(c => scores[row * 4 + c] > scores[row * 4 + row % 4]);
        Assert.Equal(Enumerable.Range(0, 5).Count(i => Rank(i) == 0), results[0].Scalar());
        Assert.Equal(Enumerable.Range(0, 5).Count(i => Rank(i) < 2), results[1].Scalar());
        Assert.Equal(Enumerable.Range(0, 20).Count(i => scores[i] > 0.5 == target[i] > 0.5) / 4.0, results[2].Scalar(), 1e-6);
    }
}
