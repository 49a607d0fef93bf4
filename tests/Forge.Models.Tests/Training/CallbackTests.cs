using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

/// <summary>How fits begin again and end: callbacks, what is saved, what is freed.</summary>
public sealed class CallbackTests
{
    private static readonly HostTensor s_x = Engines.Uniform(61, (10, 3), -1, 1);

    private static readonly HostTensor s_y = Engines.OneHot(10, 2, row => s_x[row * 3] > 0 ? 1 : 0);

    private static Trainer Compile(Engine engine, float rate = 0.5f) =>
        new(engine, new Sequential(new Input(new Shape(3)), new Dense(2, activation: "softmax")), new SGD(rate), Losses.CategoricalCrossentropy);

    private static TensorBatches Data(bool shuffle = true) => new(s_x, s_y, batchSize: 4, shuffle, seed: 5);

    private static double[] Weights(Trainer trainer) => [.. trainer.Model.Parameters.SelectMany(p => trainer.Engine.State.Read(p).Doubles())];

    private static double[] Weights(Trainer trainer, Checkpoint saved) => [.. trainer.Model.Parameters.SelectMany(p => saved.Weights[p.Name].Doubles())];

    private sealed class Watch(Action<FitRun>? batch = null, Action<FitRun>? epoch = null, Action<FitEnd>? end = null) : Callback
    {
        public override void OnBatchEnd(FitRun run, double loss) => batch?.Invoke(run);

        public override void OnEpochEnd(FitRun run, EpochLog log) => epoch?.Invoke(run);

        public override void OnTrainEnd(FitRun run, FitEnd outcome) => end?.Invoke(outcome);
    }

    private sealed class Numbered(double number) : Callback
    {
        public double? Restored { get; private set; }

        public override IEnumerable<KeyValuePair<string, double>> Save() => [new("number", number)];

        public override void Restore(Func<string, double?> value) => Restored = value("number");
    }

    // The reference, counting what it built and has not been given back.
    private sealed class Counting : OverReference
    {
        public int Alive { get; private set; }

        public override IExecutable Build(Plan plan)
        {
            Alive++;
            return new Counted(base.Build(plan), () => Alive--);
        }

        private sealed class Counted(IExecutable inner, Action gone) : IExecutable
        {
            public IReadOnlyList<string> VariantTable => inner.VariantTable;

            public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs) => inner.Run(inputs);

            public void Dispose()
            {
                inner.Dispose();
                gone();
            }
        }
    }

    [Fact]
    public void End_CallbackThrows_TheOthersAreToldAndItsErrorIsThrown()
    {
        using var engine = Engines.Reference();
        var told = new List<FitEnd>();
        var problem = Assert.Throws<InvalidTimeZoneException>(() => Compile(engine).Fit(Data(), new()
        {
            Callbacks = [new Watch(end: _ => throw new InvalidTimeZoneException("first")), new Watch(end: _ => throw new InvalidDataException("second")), new Watch(end: told.Add)],
        }));
        Assert.Equal("first", problem.Message);
        Assert.Equal([FitEnd.Completed], told);
    }

    [Fact]
    public void End_CallbackThrowsAfterTheFitFailed_TheFitsErrorIsThrown()
    {
        using var engine = Engines.Reference();
        var told = new List<FitEnd>();
        Assert.Throws<InvalidDataException>(() => Compile(engine).Fit(Data(), new()
        {
            Callbacks = [new Watch(batch: _ => throw new InvalidDataException()), new Watch(end: _ => throw new InvalidTimeZoneException()), new Watch(end: told.Add)],
        }));
        Assert.Equal([FitEnd.Failed], told);
    }

    [Fact]
    public void Validation_OfAFewShuffledBatches_TakesTheSameEveryEpoch()
    {
        using var engine = Engines.Reference();
        // A rate of 0: only other batches could change the value.
        var run = Compile(engine, rate: 0).Fit(Data(), new() { Epochs = 3, Validation = Data(), ValidationSteps = 1 });
        Assert.Single(run.History.Select(h => h["val_loss"]!.Value).Distinct());
    }

    [Fact]
    public void Validation_OnTheTrainingBatches_LeavesThemWhereTheyStood()
    {
        using var engine = Engines.Reference();
        var data = Data();
        Compile(engine).Fit(data, new() { Epochs = 2, StepsPerEpoch = 2, Validation = data, ValidationSteps = 1 });
        Assert.Equal(new BatchPosition(1, 1), data.Position);
    }

    [Fact]
    public void Stopped_AfterAnEpoch_LastHoldsWhatWasTrainedNotTheBest()
    {
        using var folder = new TemporaryFolder();
        using var engine = Engines.Reference();
        var (trainer, trained) = (Compile(engine), Array.Empty<double>());
        var watch = new Watch(epoch: _ => trained = Weights(trainer));
        // Never better than the first epoch: its weights are put back after the second.
        var stopping = new EarlyStopping(new WatchedValue("loss", HigherIsBetter: false, MinDelta: 1e9), restoreBest: true);
        trainer.Fit(Data(), new() { Epochs = 9, Callbacks = [watch, stopping, new SaveCheckpoints(folder.Path)] });
        var saved = Checkpoint.Load(folder["last.safetensors"]);
        Assert.Equal((2, 0), (saved.Epoch, saved.StepInEpoch));
        Assert.Equal(trained, Weights(trainer, saved));
        Assert.NotEqual(trained, Weights(trainer));
    }

    [Fact]
    public void Stopped_InsideAnEpoch_LastHoldsWhatWasTrainedNotTheBest()
    {
        using var folder = new TemporaryFolder();
        using var engine = Engines.Reference();
        var (trainer, trained) = (Compile(engine), Array.Empty<double>());
        var stop = new Watch(batch: run =>
        {
            trained = Weights(trainer);
            if (run.Epoch == 1) run.Stop("enough");
        });
        trainer.Fit(Data(), new() { Epochs = 9, Callbacks = [stop, new EarlyStopping("loss", restoreBest: true), new SaveCheckpoints(folder.Path)] });
        var saved = Checkpoint.Load(folder["last.safetensors"]);
        Assert.Equal((1, 1), (saved.Epoch, saved.StepInEpoch));
        Assert.Equal(trained, Weights(trainer, saved));
        Assert.NotEqual(trained, Weights(trainer));
    }

    [Theory]
    [InlineData(true, 3)]    // the best weights went with the other process: a new best is looked for
    [InlineData(false, 1)]   // nothing to put back: the best stands
    public void EarlyStopping_Resumed_CountsABestOnlyWhereItCanPutItBack(bool restoreBest, int epochs)
    {
        using var engine = Engines.Reference();
        var stopping = new EarlyStopping("loss", restoreBest: restoreBest);
        stopping.Restore(name => name == "best" ? 1e-9 : 0);
        Assert.Equal(epochs, Compile(engine, rate: 0.1f).Fit(Data(shuffle: false), new() { Epochs = 3, Callbacks = [stopping] }).History.Count);
    }

    [Fact]
    public void Resume_TwoCallbacksOfOneType_EachGetItsOwnNumbers()
    {
        using var engine = Engines.Reference();
        var trainer = Compile(engine);
        var saved = trainer.Fit(Data(), new() { Callbacks = [new Numbered(1), new Numbered(2)] }).Capture();
        Numbered[] callbacks = [new(0), new(0), new(0)];
        trainer.Fit(Data(), new() { Resume = saved, Callbacks = callbacks });
        Assert.Equal([1, 2, null], callbacks.Select(c => c.Restored));
    }

    [Fact]
    public void Dispose_FreesEveryStep()
    {
        var backend = new Counting();
        using var engine = new Engine(backend);
        var trainer = Compile(engine);
        trainer.Fit(Data());
        trainer.Evaluate(s_x, s_y);
        trainer.Predict(s_x);
        Assert.InRange(backend.Alive, 3, 100);
        trainer.Dispose();
        Assert.Equal(0, backend.Alive);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-4)]
    public void Predict_BatchSizeBelowOne_Throws(int batchSize)
    {
        using var engine = Engines.Reference();
        var trainer = Compile(engine);
        Assert.Equal("batchSize", Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Predict(s_x, batchSize)).ParamName);
    }

    [Fact]
    public void ClippingByValue_InfiniteGradient_IsStillFound()
    {
        using var engine = Engines.Reference();
        var (w, sgd) = (new Parameter("w", new(DType.F32, new Shape(2))), new SGD(1, clipping: Clipping.ByValue(1)));
        var step = engine.Compile(() =>
        {
            var loss = ((Tensor)w).Sqrt().Sum();   // at 0: the loss is 0, its slope is not finite
            sgd.Minimize(loss, [w]);
            return loss;
        });
        Assert.Throws<DivergedException>(() => step.Run());
        Assert.Equal([0, 0], engine.State.Read(w).Doubles());
        Assert.Equal(0, sgd.Iterations);
    }
}
