using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Layers;

/// <summary>Dropout of recurrent layers: what is drawn, when, and what training makes of it.</summary>
public sealed class RecurrentDropoutTests
{
    private static readonly HostTensor s_x = Engines.Uniform(1, (2, 5, 3), -1, 1);

    public static TheoryData<string> Cells => ["rnn", "lstm", "gru", "gru before"];

    private static RecurrentLayer Make(string cell, float dropout, float recurrent, bool backwards = false, int? checkpoint = null) => cell switch
    {
        "lstm" => new LSTM(4, name: "cell") { Dropout = dropout, RecurrentDropout = recurrent, GoBackwards = backwards, CheckpointSteps = checkpoint, BiasInitializer = new RandomUniform(-0.4, 0.4) },
        "rnn" => new SimpleRNN(4, name: "cell") { Dropout = dropout, RecurrentDropout = recurrent, GoBackwards = backwards, CheckpointSteps = checkpoint, BiasInitializer = new RandomUniform(-0.4, 0.4) },
        _ => new GRU(4, resetAfter: cell == "gru", name: "cell") { Dropout = dropout, RecurrentDropout = recurrent, GoBackwards = backwards, CheckpointSteps = checkpoint, BiasInitializer = new RandomUniform(-0.4, 0.4) },
    };

    // A ReLU layer whose matrices are the identity or nothing, without bias: what comes out is what was not dropped.
    private static (SimpleRNN Layer, Engine Engine) Bare(int units, bool sees, bool remembers, float dropout = 0, float recurrent = 0, ulong seed = 7)
    {
        var layer = new SimpleRNN(units, ActivationKind.Relu) { UseBias = false, ReturnSequences = true, Dropout = dropout, RecurrentDropout = recurrent };
        layer.Build((1, units));
        var engine = Engines.Reference(seed);
        HostTensor identity = new(layer.Kernel!.Type), nothing = new(layer.Kernel.Type);
        for (var i = 0; i < units; i++) identity.Span<float>()[i * (units + 1)] = 1;
        engine.State.Write(layer.Kernel, sees ? identity : nothing);
        engine.State.Write(layer.RecurrentKernel!, remembers ? identity : nothing);
        return (layer, engine);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Inference_IsUntouched_AndFused(string cell)
    {
        double[] Run(float rate, bool training)
        {
            using var engine = Engines.Reference();
            var layer = Make(cell, rate, rate);
            return engine.Compile(x => layer.Call(x, training)).Run(s_x)[0].Doubles();
        }
        Assert.Equal(Run(0, false), Run(0.5f, false));
        Assert.NotEqual(Run(0, true), Run(0.5f, true));
        bool Fused(float dropout, float recurrent, bool training)
        {
            var graph = new Graph();
            using var trace = graph.Trace();
            Make(cell, dropout, recurrent).Call(graph.Add(new InputOp(0, s_x.Type)).Outputs[0], training);
            return graph.Nodes.Any(n => n.Op is RecurrentOp);
        }
        Assert.True(Fused(0.5f, 0.5f, training: false));
        Assert.True(Fused(0.5f, 0, training: true));
        Assert.False(Fused(0, 0.5f, training: true));
    }

    [Fact]
    public void Features_AreDroppedAtEveryStepOrAtNone()
    {
        var (layer, engine) = Bare(30, sees: true, remembers: false, dropout: 0.25f);
        using var _ = engine;
        var ones = new HostTensor(new(DType.F32, (40, 3, 30)));
        ones.Span<float>().Fill(1);
        var y = engine.Compile(x => layer.Call(x, training: true)).Run(ones)[0];
        var first = new List<double>();
        for (var n = 0; n < 40; n++)
            for (var u = 0; u < 30; u++)
            {
                first.Add(y[n * 90 + u]);
                Assert.Contains(first[^1], (double[])[0, (float)(1 / 0.75)]);
                Assert.Equal([first[^1], first[^1]], [y[n * 90 + 30 + u], y[n * 90 + 60 + u]]);
            }
        Assert.InRange(first.Average(), 0.95, 1.05); // 3 standard deviations of 1,200 draws
        Assert.True(first.Chunk(30).Select(row => string.Join(',', row)).Distinct().Count() == 40, "each sequence has draws of its own");
    }

    [Fact]
    public void State_IsDroppedAtEveryStepOrAtNone()
    {
        var (layer, engine) = Bare(30, sees: false, remembers: true, recurrent: 0.25f);
        using var _ = engine;
        var initial = new HostTensor(new(DType.F32, (40, 30)));
        initial.Span<float>().Fill(1);
        var y = engine.Compile((x, h) => layer.Call([x, h], training: true)).Run(new HostTensor(new(DType.F32, (40, 3, 30))), initial)[0];
        var first = new List<double>();
        for (var n = 0; n < 40; n++)
            for (var u = 0; u < 30; u++)
            {
                var m = y[n * 90 + u];
                first.Add(m);
                Assert.Contains(m, (double[])[0, (float)(1 / 0.75)]);
                Engines.AssertClose([m * m, m * m * m], [y[n * 90 + 30 + u], y[n * 90 + 60 + u]], 1e-6);
            }
        Assert.InRange(first.Average(), 0.95, 1.05);
    }

    [Fact]
    public void Draws_FollowFromTheSeed_AndDifferFromBatchToBatch()
    {
        var ones = new HostTensor(new(DType.F32, (4, 2, 30)));
        ones.Span<float>().Fill(1);
        (double[] First, double[] Second) Run(ulong seed)
        {
            var (layer, engine) = Bare(30, sees: true, remembers: true, dropout: 0.5f, recurrent: 0.5f, seed);
            using var _ = engine;
            var step = engine.Compile(x => layer.Call(x, training: true));
            var first = step.Run(ones)[0].Doubles();
            return (first, step.Run(ones)[0].Doubles());
        }
        var (one, again, other) = (Run(7), Run(7), Run(8));
        Assert.Equal(one.First, again.First);
        Assert.Equal(one.Second, again.Second);
        Assert.NotEqual(one.First, one.Second);
        Assert.NotEqual(one.First, other.First);
    }

    [Theory, MemberData(nameof(Cells))]
    public void Gradients_AreThoseOfFiniteDifferences_AtFixedDraws(string cell)
    {
        foreach (var backwards in (bool[])[false, true])
        {
            var graph = new Graph();
            using var trace = graph.Trace();
            var x = graph.Add(new InputOp(0, s_x.Type)).Outputs[0];
            var mask = graph.Add(new InputOp(1, new(DType.U32, (2, 5)))).Outputs[0];
            var layer = Make(cell, 0.3f, 0.4f, backwards);
            var y = layer.Call(backwards ? x.WithMask(mask) : x, training: true).SumSquares();
            Tensor[] sources = [x, .. layer.Parameters.Select(graph.ReadFirst)];
            var gradients = Grad.Of(y, sources);
            var values = sources.Select((s, i) => ReferenceTensor.From(Engines.Uniform(20 + (uint)i, s.Shape, -0.8, 0.8))).ToArray();
            var directions = sources.Select((s, i) => ReferenceTensor.From(Engines.Uniform(40 + (uint)i, s.Shape, -1, 1))).ToArray();

            double[][] At(IReadOnlyList<Tensor> wanted, double step) => [.. GraphEvaluator.Evaluate(wanted, leaf =>
            {
                var value = new ReferenceTensor(leaf.Type);
                var source = leaf switch { InputOp { Position: 0 } => 0, ParameterOp p => 1 + layer.Parameters.ToList().IndexOf(p.Parameter), _ => -1 };
                for (var i = 0; i < value.Elements.Length; i++)
                    value[i] = source >= 0 ? values[source][i] + step * directions[source][i] : leaf is InputOp ? (i % 4 == 2 ? 0 : 1) : 5; // 5: seed and step
                return value;
            }).Select(v => v.Elements)];

            var difference = (At([y], 1e-5)[0][0] - At([y], -1e-5)[0][0]) / 2e-5;
            var along = At(gradients, 0).Zip(directions, (g, d) => g.Zip(d.Elements, (a, b) => a * b).Sum()).Sum();
            Assert.True(Math.Abs(along) > 1e-2, $"{cell}: the slope is {along}");
            Assert.InRange(difference / along, 1 - 1e-7, 1 + 1e-7);
        }
    }

    [Theory, MemberData(nameof(Cells))]
    public void Checkpoints_ComputeAgainWithTheSameDraws(string cell)
    {
        double[] Results(int? steps)
        {
            using var engine = Engines.Reference();
            var layer = Make(cell, 0.3f, 0.4f, checkpoint: steps);
            return engine.Compile(x =>
            {
                var y = layer.Call(x, training: true);
                var gradients = Grad.Of(y.SumSquares(), [x, layer.Kernel!, layer.RecurrentKernel!]);
                return Tensor.Concat(0, [y.Reshape(-1), .. gradients.Select(g => g.Reshape(-1))]);
            }).Run(s_x)[0].Doubles();
        }
        Engines.AssertClose(Results(null), Results(2), 1e-6);
    }

    [Theory, MemberData(nameof(Cells))]
    public void TrainStep_IsThatOfACellWrittenByHand(string cell)
    {
        using Engine layered = Engines.Reference(), bare = Engines.Reference();
        var target = Engines.Uniform(2, (2, 4), -1, 1);
        var layer = Make(cell, 0.3f, 0.4f);
        using var trainer = new Trainer(layered, new Sequential(new Input((5, 3)), layer), new SGD(0.5f), Losses.MeanSquaredError, inputScale: 1);
        layer.Build((5, 3));
        var weights = layer.Parameters.Select(p => bare.State.Read(p)).ToArray(); // of the same seed and names
        var loss = trainer.TrainOnBatch(s_x, target);

        var results = bare.Compile(5, own =>
        {
            var (x, y, gates) = (own[0], own[1], layer.Gates);
            // The first two streams of the graph.
            var features = x.Graph.Full(new(DType.F32, (2, 1, gates * 3)), 1).Dropout(0.3f).Reshape(2, gates * 3);
            var state = x.Graph.Full(new(DType.F32, (2, gates * 4)), 1).Dropout(0.4f);
            var (h, c) = (x.Graph.Full(new(DType.F32, (2, 4)), 0), x.Graph.Full(new(DType.F32, (2, 4)), 0));
            for (var t = 0; t < 5; t++)
            {
                var (now, before) = (x.SliceAxis(1, t, 1).Squeeze(1), h);
                Tensor In(int g) => (now * features.SliceAxis(1, 3 * g, 3)).MatMul(own[2].SliceAxis(1, 4 * g, 4)) + Bias(g, 0);
                Tensor Back(int g, Tensor? by = null) => ((by is null ? before : by * before) * state.SliceAxis(1, 4 * g, 4)).MatMul(own[3].SliceAxis(1, 4 * g, 4));
                Tensor Bias(int g, int row) => own[4].Reshape(-1).SliceAxis(0, row * 12 + 4 * g, 4);
                if (cell == "rnn") h = (In(0) + Back(0)).Tanh();
                else if (cell == "lstm")
                {
                    c = (In(1) + Back(1)).Sigmoid() * c + (In(0) + Back(0)).Sigmoid() * (In(2) + Back(2)).Tanh();
                    h = (In(3) + Back(3)).Sigmoid() * c.Tanh();
                }
                else
                {
                    var after = cell == "gru";
                    Tensor Gate(int g) => (after ? In(g) + Back(g) + Bias(g, 1) : In(g) + Back(g)).Sigmoid();
                    var r = Gate(1);
                    var candidate = (In(2) + (after ? r * (Back(2) + Bias(2, 1)) : Back(2, by: r))).Tanh();
                    h = Gate(0) * before + (1f - Gate(0)) * candidate;
                }
            }
            var error = (h - y).Square().Mean();
            return [error, .. Grad.Of(error, [own[2], own[3], own[4]]).Zip(own.Skip(2), (g, w) => w - 0.5f * g)];
        }).Run(s_x, target, weights[0], weights[1], weights[2]);

        Assert.Equal(results[0].Scalar(), loss, 1e-6);
        for (var i = 0; i < 3; i++)
        {
            var trained = layered.State.Read(layer.Parameters[i]).Doubles();
            Engines.AssertClose(results[1 + i].Doubles(), trained, 1e-6);
            Assert.True(trained.Zip(weights[i].Doubles(), (a, b) => Math.Abs(a - b)).Max() > 1e-3, "the step moves the weights");
        }
    }

    [Fact]
    public void RatesThatAreNone_AreNamed()
    {
        foreach (var rate in (float[])[1, -0.1f, 1.5f, float.NaN])
        {
            Assert.Contains("'gru': dropout rate", Assert.Throws<ShapeException>(() => new GRU(4) { Dropout = rate }.ComputeOutputShape((5, 3))).Message, StringComparison.Ordinal);
            Assert.Contains("'lstm': recurrent dropout rate", Assert.Throws<ShapeException>(() => new LSTM(4) { RecurrentDropout = rate }.ComputeOutputShape((5, 3))).Message, StringComparison.Ordinal);
        }
        Assert.Contains("no fused kernel has recurrent dropout", Assert.Throws<ShapeException>(() => new LSTM(4) { RecurrentDropout = 0.5f, Path = RecurrentPath.Fused }.ComputeOutputShape((5, 3))).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(RecurrentPath.Fused, 8, "cannot multiply the state"), InlineData(RecurrentPath.Fastest, 7, "what is kept of the state is")]
    public void KeptThatDoesNotFit_IsNamed(RecurrentPath path, int columns, string said)
    {
        var graph = new Graph();
        Tensor Zeros(Shape shape) => graph.Full(new(DType.F32, shape), 0);
        var problem = Assert.Throws<ShapeException>(() => Zeros((2, 5, 8)).Lstm(Zeros((2, 8)), Zeros((2, 2)), Zeros((2, 2)), path: path, kept: Zeros((2, columns))));
        Assert.Contains(said, problem.Message, StringComparison.Ordinal);
    }
}
