using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Datasets;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Layers;

/// <summary>Recurrent layers: directions, states, masks, and what they say of inputs that do not fit.</summary>
public sealed class RecurrentLayerTests
{
    private static readonly HostTensor s_x = Engines.Uniform(1, (2, 5, 3), -1, 1);

    public static TheoryData<string> Cells => ["rnn", "lstm", "gru", "gru before"];

    private static RecurrentLayer Make(string cell, bool sequences = false, bool backwards = false, int? stateful = null, int? truncate = null, int? checkpoint = null) => cell switch
    {
        "lstm" => new LSTM(4) { ReturnSequences = sequences, GoBackwards = backwards, StatefulBatch = stateful, TruncateSteps = truncate, CheckpointSteps = checkpoint },
        "gru" => new GRU(4) { ReturnSequences = sequences, GoBackwards = backwards, StatefulBatch = stateful, TruncateSteps = truncate, CheckpointSteps = checkpoint },
        "gru before" => new GRU(4, resetAfter: false) { ReturnSequences = sequences, GoBackwards = backwards, StatefulBatch = stateful, TruncateSteps = truncate, CheckpointSteps = checkpoint },
        _ => new SimpleRNN(4) { ReturnSequences = sequences, GoBackwards = backwards, StatefulBatch = stateful, TruncateSteps = truncate, CheckpointSteps = checkpoint },
    };

    private static double[] Run(Func<Tensor, Tensor> function, HostTensor x)
    {
        using var engine = Engines.Reference();
        return engine.Compile(function).Run(x)[0].Doubles();
    }

    // A part of (n, t, f) along time.
    private static HostTensor Steps(HostTensor x, int start, int count) => x.Steps(start, count);

    [Theory, MemberData(nameof(Cells))]
    public void Backwards_IsForwardsOverTheFlippedSequence(string cell)
    {
        var (there, back) = (Make(cell, sequences: true), Make(cell, sequences: true, backwards: true));
        Engines.AssertClose(Run(x => there.Call(x.Flip(1)), s_x), Run(x => back.Call(x), s_x), 1e-12);
        Assert.Equal([5, 4], there.ComputeOutputShape((5, 3)).ToList());
    }

    [Theory, MemberData(nameof(Cells))]
    public void LastState_IsTheLastOfTheSequence_AndIsWhatStatesOfGives(string cell)
    {
        var layer = Make(cell, sequences: true);
        var gap = Run(x =>
        {
            var y = layer.Call(x);
            return (y.SliceAxis(1, 4, 1).Squeeze(1) - layer.StatesOf(y)[0]).Abs().Max();
        }, s_x);
        Assert.Equal([0.0], gap);
    }

    [Theory, MemberData(nameof(Cells))]
    public void InitialStates_LetASequenceGoOnWhereAnotherEnded(string cell)
    {
        var layer = Make(cell);
        var whole = Run(x => layer.Call(x), s_x);
        var parts = Run(x =>
        {
            var first = layer.Call(x.SliceAxis(1, 0, 2));
            return layer.Call([x.SliceAxis(1, 2, 3), .. layer.StatesOf(first)]);
        }, s_x);
        Engines.AssertClose(whole, parts, 1e-12);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Stateful_GoesOnFromBatchToBatch_UntilItIsReset(string cell)
    {
        var (plain, stateful) = (Make(cell), Make(cell, stateful: 2));
        using var engine = Engines.Reference();
        var whole = engine.Compile(x => plain.Call(x)).Run(s_x)[0].Doubles();
        var step = engine.Compile(x => stateful.Call(x));
        step.Run(Steps(s_x, 0, 2));
        Engines.AssertClose(whole, step.Run(Steps(s_x, 2, 3))[0].Doubles(), 1e-6); // states are kept in f32
        stateful.ResetStates(engine);
        step.Run(Steps(s_x, 0, 2));
        Engines.AssertClose(whole, step.Run(Steps(s_x, 2, 3))[0].Doubles(), 1e-6);
        Assert.Contains("batches of 2", Assert.Throws<ShapeException>(() => step.Run(Engines.Uniform(1, (3, 5, 3), -1, 1))).Message, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Masked_ShorterSequences_EndWhereTheyWouldAlone(string cell)
    {
        var layer = Make(cell);
        var padded = new HostTensor(s_x.Type);
        s_x.Bytes.CopyTo(padded.Bytes);
        for (var i = 3 * 3; i < 5 * 3; i++) padded.Span<float>()[i] = 9; // the first sequence has three steps
        var masked = Run(x => new Sequential(new Masking(9), layer).Call(x), padded);
        Engines.AssertClose(Run(x => layer.Call(x), Steps(s_x, 0, 3))[..4], masked[..4], 1e-12);
        Engines.AssertClose(Run(x => layer.Call(x), s_x)[4..], masked[4..], 1e-12);
    }

    [Fact]
    public void Mask_GoesThroughLayersThatKeepSteps()
    {
        var model = new Sequential(new Masking(), new Dense(3), new Dropout(0.1f), new TimeDistributed(new Dense(2)), new LSTM(4) { ReturnSequences = true }, new GRU(3));
        using var engine = Engines.Reference();
        var carried = false;
        engine.Compile(x =>
        {
            var y = x;
            foreach (var layer in model.Layers.SkipLast(1)) y = layer.Call(y);
            carried = y.Mask() is not null;
            return model.Layers[^1].Call(y);
        }).Run(s_x);
        Assert.True(carried);
    }

    [Fact]
    public void Bidirectional_MergesInEachWay()
    {
        foreach (var mode in Enum.GetValues<MergeMode>())
        {
            var both = new Bidirectional(() => new SimpleRNN(4) { ReturnSequences = true }, mode);
            Assert.Equal(mode == MergeMode.Concat ? 8 : 4, both.ComputeOutputShape((5, 3))[-1]);
            var y = Run(x => both.Call(x), s_x);
            var (forward, backward) = (Run(x => both.Forward.Call(x), s_x), Run(x => both.Backward.Call(x.Flip(1)).Flip(1), s_x));
            for (var i = 0; i < forward.Length; i++)
            {
                var (a, b) = (forward[i], backward[i]);
                if (mode == MergeMode.Concat) Engines.AssertClose([a, b], [y[i / 4 * 8 + i % 4], y[i / 4 * 8 + 4 + i % 4]], 1e-12);
                else Engines.AssertClose([mode switch { MergeMode.Sum => a + b, MergeMode.Mul => a * b, _ => (a + b) / 2 }], [y[i]], 1e-7);
            }
        }
        Assert.Equal(["both/forward_gru/kernel", "both/forward_gru/recurrent_kernel", "both/forward_gru/bias", "both/backward_gru/kernel", "both/backward_gru/recurrent_kernel", "both/backward_gru/bias"],
            new Sequential(new Input((5, 3)), new Bidirectional(() => new GRU(4), name: "both")).Parameters.Select(p => p.Name));
    }

    [Fact]
    public void TimeDistributed_IsTheLayerOnEachStep()
    {
        var inner = new Conv2D(2, 2);
        var each = new TimeDistributed(inner);
        Assert.Equal([3, 3, 4, 2], each.ComputeOutputShape((3, 4, 5, 1)).ToList());
        var x = Engines.Uniform(2, new Shape([2, 3, 4, 5, 1]), -1, 1);
        var whole = Run(t => each.Call(t), x);
        Engines.AssertClose(Run(t => inner.Call(t.SliceAxis(1, 2, 1).Squeeze(1)), x)[..24], whole[48..72], 1e-12);
    }

    [Fact]
    public void ConvLstm_OfOnePixel_IsAnLstm()
    {
        var (dense, conv) = (new LSTM(4) { ReturnSequences = true }, new ConvLSTM2D(4, 1, returnSequences: true));
        using var engine = Engines.Reference();
        dense.Build((5, 3));
        conv.Build((5, 1, 1, 3));
        foreach (var (from, to) in dense.Parameters.Zip(conv.Parameters))
            engine.State.Write(to, HostTensor.From(engine.State.Read(from).Span<float>(), to.Type.Shape));
        var expected = engine.Compile(x => dense.Call(x)).Run(s_x)[0].Doubles();
        var images = HostTensor.From(s_x.Span<float>(), new Shape([2, 5, 1, 1, 3]));
        Engines.AssertClose(expected, engine.Compile(x => conv.Call(x)).Run(images)[0].Doubles(), 1e-12);
        Assert.Equal([3, 3, 7], new ConvLSTM2D(7, 3).ComputeOutputShape((2, 5, 5, 1)).ToList());
    }

    [Fact]
    public void Truncated_GradientsStopAtTheBorder_AndValuesStay()
    {
        double[] Gradient(RecurrentLayer layer, int step) => Run(x => Grad.Of(layer.Call(x).Sum(), x).SliceAxis(1, step, 1).Abs().Max(), s_x);
        foreach (var cell in (string[])["rnn", "lstm", "gru", "gru before"])
        {
            var (whole, cut) = (Make(cell), Make(cell, truncate: 3));
            Engines.AssertClose(Run(x => whole.Call(x), s_x), Run(x => cut.Call(x), s_x), 1e-12);
            Assert.Equal([0.0], Gradient(cut, 2)); // steps 3 and 4 are the last chunk
            Assert.True(Gradient(cut, 3)[0] > 0);
            Assert.True(Gradient(whole, 2)[0] > 0);
        }
    }

    [Theory, MemberData(nameof(Cells))]
    public void Checkpoints_ChangeMemoryAlone(string cell)
    {
        double[] Results(int? steps, bool backwards)
        {
            var layer = Make(cell, sequences: true, backwards: backwards, checkpoint: steps);
            return Run(x =>
            {
                var y = layer.Call(x.WithMask(x.SliceAxis(2, 0, 1).Squeeze(2).Greater(-0.5f)));
                var gradients = Grad.Of(y.SumSquares(), [x, layer.Kernel!, layer.RecurrentKernel!]);
                return Tensor.Concat(0, [y.Reshape(-1), .. gradients.Select(g => g.Reshape(-1))]);
            }, s_x);
        }
        foreach (var backwards in (bool[])[false, true])
            Engines.AssertClose(Results(null, backwards), Results(2, backwards), 1e-6);
    }

    [Fact]
    public void Checkpoints_HalveTheMemoryOfTwoHundredSteps_WhichGrowsWithTheSteps()
    {
        long Arena(int steps, int? checkpoint)
        {
            using var engine = Engines.Reference();
            var model = new Sequential(new Input((steps, 8)), new LSTM(32) { CheckpointSteps = checkpoint }, new Dense(4));
            using var trainer = new Trainer(engine, model, new Adam(), Losses.MeanSquaredError);
            return trainer.PlanStep(new(DType.F32, (4, steps, 8)), new(DType.F32, (4, 4))).ArenaBytes;
        }
        Assert.True(Arena(200, 20) * 2 <= Arena(200, null), $"{Arena(200, 20)} bytes with checkpoints, {Arena(200, null)} without");
        Assert.InRange((double)(Arena(200, null) - Arena(100, null)) / (Arena(100, null) - Arena(50, null)), 1.9, 2.1);
    }

    [Fact]
    public void Checkpointed_LayersGiveTheSameGradients_AndPassTheMaskOn()
    {
        Layer[] layers = [new Dense(4, "tanh"), new GRU(3) { ReturnSequences = true }];
        var part = new Checkpointed(layers);
        var results = Run(x =>
        {
            x = x.WithMask(x.SliceAxis(2, 0, 1).Squeeze(2).Greater(-0.5f));
            var (plain, again) = (layers.Aggregate(x, (y, layer) => layer.Call(y)), part.Call(x));
            Assert.NotNull(again.Mask());
            Tensor[] sources = [x, .. part.Parameters.Select(p => (Tensor)p)];
            var gaps = Grad.Of(plain.SumSquares(), sources).Zip(Grad.Of(again.SumSquares(), sources), (a, b) => (a - b).Abs().Max());
            return Tensor.Stack(0, [(plain - again).Abs().Max(), .. gaps, Grad.Of(again.SumSquares(), sources[1]).Abs().Max()]);
        }, s_x);
        Assert.All(results.SkipLast(1), gap => Assert.InRange(gap, 0, 1e-7));
        Assert.True(results[^1] > 1e-3);
    }

    [Fact]
    public void FunctionalModel_TakesAndGivesStates()
    {
        var (past, future) = (new Input((5, 3)), new Input((5, 3)));
        var encoder = new LSTM(4);
        var states = encoder.StatesOf(encoder.Call(past));
        var model = new Model([past, future], new LSTM(4) { ReturnSequences = true }.Call([future, .. states]));
        using var engine = Engines.Reference();
        var y = engine.Compile((a, b) => model.Call([a, b])).Run(s_x, s_x)[0];
        Assert.Equal((2, 5, 4), y.Shape);
        Assert.NotEqual(0, y[0]);
    }

    [Fact]
    public void Weights_AreKerassByDefault()
    {
        var layer = new LSTM(4);
        layer.Build((5, 3));
        using var engine = Engines.Reference();
        Assert.Equal(["lstm/kernel", "lstm/recurrent_kernel", "lstm/bias"], layer.Parameters.Select(p => p.Name));
        Assert.Equal([.. Enumerable.Repeat(0.0, 4), .. Enumerable.Repeat(1.0, 4), .. Enumerable.Repeat(0.0, 8)], engine.State.Read(layer.Bias!).Doubles());
        var recurrent = engine.State.Read(layer.RecurrentKernel!).Doubles();
        Assert.Equal(1, recurrent[..16].Sum(v => v * v), 5); // rows of an orthogonal matrix have length one
        var gru = new GRU(4);
        gru.Build((5, 3));
        Assert.Equal((2, 12), gru.Bias!.Type.Shape);
    }

    [Fact]
    public void RaggedSequences_ArePadded_AndWhatDoesNotFitIsNamed()
    {
        var (one, two) = (Engines.Uniform(1, (2, 3), 1, 2), Engines.Uniform(2, (4, 3), 1, 2));
        var padded = PaddedSequences.Pad([one, two], padding: -1);
        Assert.Equal((2, 4, 3), padded.Shape);
        Assert.Equal([.. one.Doubles(), .. Enumerable.Repeat(-1.0, 6), .. two.Doubles()], padded.Doubles());
        Assert.Contains("Sequence 1 has 4 steps, but there is room for 3", Assert.Throws<DataException>(() => PaddedSequences.Pad([one, two], 3)).Message, StringComparison.Ordinal);
        Assert.Contains("Sequence 1 has 2 features", Assert.Throws<DataException>(() => PaddedSequences.Pad([one, Engines.Uniform(1, (2, 2), 1, 2)])).Message, StringComparison.Ordinal);
        Assert.Contains("no sequence", Assert.Throws<DataException>(() => PaddedSequences.Pad([])).Message, StringComparison.Ordinal);
        var model = new Sequential(new Input((3, 3)), new LSTM(4));
        Assert.Contains("The model takes (3, 3), not (4, 3)", Assert.Throws<ShapeException>(() => Run(x => model.Call(x), padded)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ShapesThatDoNotFit_AreNamed()
    {
        Assert.Contains("(steps, features)", Assert.Throws<ShapeException>(() => new LSTM(4).ComputeOutputShape((28, 28, 1))).Message, StringComparison.Ordinal);
        Assert.Contains("2 initial state", Assert.Throws<ShapeException>(() => new LSTM(4).ComputeOutputShape([(5, 3), new(4)])).Message, StringComparison.Ordinal);
        Assert.Contains("an initial state is (5)", Assert.Throws<ShapeException>(() => new GRU(4).ComputeOutputShape([(5, 3), new(5)])).Message, StringComparison.Ordinal);
        Assert.Contains("sequences of images", Assert.Throws<ShapeException>(() => new ConvLSTM2D(4, 3).ComputeOutputShape((5, 3))).Message, StringComparison.Ordinal);
        Assert.Contains("tanh or relu", Assert.Throws<ForgeException>(() => new SimpleRNN(4, ActivationKind.Sigmoid)).Message, StringComparison.Ordinal);
        var layer = new LSTM(4);
        Run(x => layer.Call(x), s_x);
        Run(x => layer.Call(x), Steps(s_x, 0, 2)); // other lengths are fine
        Assert.Contains("built for inputs (5, 3)", Assert.Throws<ShapeException>(() => Run(x => layer.Call(x.SliceAxis(2, 0, 2)), s_x)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TrainOnChunks_CarriesStates_AndNeedsAStatefulLayer()
    {
        var model = new Sequential(new Input((2, 3)), new LSTM(4) { ReturnSequences = true, StatefulBatch = 2 }, new Dense(1));
        using var engine = Engines.Reference();
        using var trainer = new Trainer(engine, model, new Adam(0.05f), Losses.MeanSquaredError);
        var (x, y) = (Engines.Uniform(3, (2, 6, 3), -1, 1), Engines.Uniform(4, (2, 6, 1), -1, 1));
        var first = trainer.TrainOnChunks(x, y, steps: 2);
        var last = first;
        for (var i = 0; i < 20; i++) last = trainer.TrainOnChunks(x, y, steps: 2);
        Assert.True(last < 0.7 * first, $"the loss falls: {first} to {last}");
        Assert.Contains("do not divide", Assert.Throws<ShapeException>(() => trainer.TrainOnChunks(x, y, steps: 4)).Message, StringComparison.Ordinal);
        using var stateless = new Trainer(engine, new Sequential(new Input((2, 3)), new LSTM(4) { ReturnSequences = true }), new Adam(), Losses.MeanSquaredError);
        Assert.Contains("StatefulBatch", Assert.Throws<ForgeException>(() => stateless.TrainOnChunks(x, y, steps: 2)).Message, StringComparison.Ordinal);
    }
}
