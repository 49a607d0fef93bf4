using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Models.Tests.Optimizers;

public sealed class OptimizerTests
{
    private static readonly Shape s_seven = new(7);

    private static Optimizer Named(string name) => name switch
    {
        "torch_sgd" => new SGD(0.1f, form: UpdateForm.PyTorch),
        "torch_momentum" => new SGD(0.1f, momentum: 0.9f, form: UpdateForm.PyTorch),
        "torch_nesterov" => new SGD(0.1f, momentum: 0.9f, nesterov: true, form: UpdateForm.PyTorch),
        "torch_adam" => new Adam(0.05f, form: UpdateForm.PyTorch),
        "torch_adamw" => new AdamW(0.05f, weightDecay: 0.1f, form: UpdateForm.PyTorch),
        "torch_rmsprop" => new RMSprop(0.05f, form: UpdateForm.PyTorch),
        "torch_rmsprop_momentum" => new RMSprop(0.05f, momentum: 0.9f, form: UpdateForm.PyTorch),
        "keras_sgd" => new SGD(0.1f),
        "keras_momentum" => new SGD(0.1f, momentum: 0.9f),
        "keras_nesterov" => new SGD(0.1f, momentum: 0.9f, nesterov: true),
        "keras_adam" => new Adam(0.05f),
        "keras_adamw" => new AdamW(0.05f, weightDecay: 0.1f),
        "keras_rmsprop" => new RMSprop(0.05f),
        "keras_rmsprop_momentum" => new RMSprop(0.05f, momentum: 0.9f),
        _ => throw new ArgumentException(name, nameof(name)),
    };

    public static TheoryData<string> Names() => [.. Engines.Oracle.GetProperty("optimizers").EnumerateObject().Select(p => p.Name)];

    private static Parameter Weight(string name = "w", uint stream = 4) => new(name, new(DType.F32, s_seven), _ => Engines.Uniform(stream, s_seven, -1, 1));

    private static CompiledFunction Step(Engine engine, Optimizer optimizer, Parameter w) => engine.Compile((a, b) =>
    {
        var loss = (a * w - b).Square().Mean();
        optimizer.Minimize(loss, [w]);
        return loss;
    });

    private static HostTensor A => Engines.Uniform(2, s_seven, 0.5, 1.5);

    private static HostTensor B => Engines.Uniform(3, s_seven, -1, 1);

    [Theory, MemberData(nameof(Names))]
    public void Minimize_SixSteps_FollowsTheOracle(string name)
    {
        using var engine = Engines.Reference();
        var (optimizer, w) = (Named(name), Weight());
        var step = Step(engine, optimizer, w);
        foreach (var expected in Engines.Oracle.GetProperty("optimizers").GetProperty(name).EnumerateArray())
        {
            step.Run(A, B);
            Engines.AssertClose(expected.Doubles(), engine.State.Read(w).Doubles(), 3e-6);
        }
        Assert.Equal(6, optimizer.Iterations);
    }

    [Theory, MemberData(nameof(Names))]
    public void Minimize_NotFinite_ChangesNothingAndGoesOn(string name)
    {
        using var engine = Engines.Reference();
        var (optimizer, w) = (Named(name), Weight());
        var step = Step(engine, optimizer, w);
        step.Run(A, B);
        var (weights, state) = (engine.State.Read(w).Doubles(), optimizer.ReadState(engine.State).ToDictionary(s => s.Key, s => s.Value.Doubles()));
        var bad = B;
        bad.Span<float>()[3] = float.NaN;
        Assert.Throws<DivergedException>(() => step.Run(A, bad));
        Assert.Equal(weights, engine.State.Read(w).Doubles());
        Assert.Equal(1, optimizer.Iterations);
        foreach (var (key, value) in optimizer.ReadState(engine.State)) Assert.Equal(state[key], value.Doubles());
        step.Run(A, B);
        Engines.AssertClose(Engines.Oracle.GetProperty("optimizers").GetProperty(name)[1].Doubles(), engine.State.Read(w).Doubles(), 3e-6);
    }

    [Theory, MemberData(nameof(Names))]
    public void ReadState_IntoAnother_ContinuesWithTheSameBits(string name)
    {
        using var first = Engines.Reference();
        using var second = Engines.Reference();
        var (one, w, other, v) = (Named(name), Weight(), Named(name), Weight());
        var step = Step(first, one, w);
        for (var i = 0; i < 3; i++) step.Run(A, B);

        second.State.Write(v, first.State.Read(w));
        other.Prepare([v]);
        other.WriteState(second.State, one.ReadState(first.State));
        other.Iterations = one.Iterations;
        step.Run(A, B);
        Step(second, other, v).Run(A, B);
        Assert.Equal(first.State.Read(w).Bytes.ToArray(), second.State.Read(v).Bytes.ToArray());
    }

    [Fact]
    public void WriteState_MissingOrOtherShape_NamesTheValue()
    {
        using var engine = Engines.Reference();
        var (adam, w) = (new Adam(), Weight());
        adam.Prepare([w]);
        Assert.Contains("adam/moment/w", Assert.Throws<DataException>(() => adam.WriteState(engine.State, new Dictionary<string, HostTensor>())).Message, StringComparison.Ordinal);
        var wrong = new Dictionary<string, HostTensor> { ["adam/moment/w"] = HostTensor.Of(1), ["adam/square/w"] = HostTensor.Of(1) };
        Assert.Contains("f32 (7)", Assert.Throws<DataException>(() => adam.WriteState(engine.State, wrong)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Clipping_ByValueNormAndGlobalNorm_LimitsAsNamed()
    {
        // Plain SGD at rate 1: the change is the limited gradient. Gradients of 3u and 4v are (3, 0) and (0, 4).
        double[] Changes(Clipping clipping)
        {
            using var engine = Engines.Reference();
            Parameter u = new("u", new(DType.F32, new Shape(2))), v = new("v", new(DType.F32, new Shape(2)));
            var sgd = new SGD(1, clipping: clipping);
            engine.Compile((a, b) =>
            {
                var loss = (a * u).Sum() + (b * v).Sum();
                sgd.Minimize(loss, [u, v]);
                return loss;
            }).Run(HostTensor.From([3f, 0], new(2)), HostTensor.From([0f, 4], new(2)));
            return [.. engine.State.Read(u).Doubles(), .. engine.State.Read(v).Doubles()];
        }

        Engines.AssertClose([-3, 0, 0, -3.5], Changes(Clipping.ByValue(3.5f)), 1e-6);
        Engines.AssertClose([-2, 0, 0, -2], Changes(Clipping.ByNorm(2)), 1e-6);
        Engines.AssertClose([-1.5, 0, 0, -2], Changes(Clipping.ByGlobalNorm(2.5f)), 1e-6);
        Engines.AssertClose([-3, 0, 0, -4], Changes(Clipping.ByGlobalNorm(6)), 1e-6);
    }

    [Fact]
    public void Clipping_GradientOfZeros_StaysFinite()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(1, clipping: Clipping.ByGlobalNorm(1)), Weight());
        var before = engine.State.Read(w).Doubles();
        engine.Compile(a =>
        {
            var loss = (a * w).Sum();
            sgd.Minimize(loss, [w]);
            return loss;
        }).Run(new HostTensor(new(DType.F32, s_seven)));
        Assert.Equal(before, engine.State.Read(w).Doubles());
    }

    [Fact]
    public void Frozen_BeforeAndAfterTheFirstTrace_IsLeftAlone()
    {
        using var engine = Engines.Reference();
        Parameter w = Weight("w"), u = Weight("u", 12);
        var adam = new Adam(0.05f);
        CompiledFunction Compile() => engine.Compile((a, b) =>
        {
            var loss = (a * w - b).Square().Mean() + (a * u - b).Square().Mean();
            adam.Minimize(loss, [w, u]);
            return loss;
        });
        double[] Read(Parameter p) => engine.State.Read(p).Doubles();

        u.Trainable = false;
        var (w0, u0) = (Read(w), Read(u));
        Compile().Run(A, B);
        Assert.NotEqual(w0, Read(w));
        Assert.Equal(u0, Read(u));

        u.Trainable = true;         // joins a pack of its own
        Compile().Run(A, B);
        Assert.NotEqual(u0, Read(u));

        (w.Trainable, w0, u0) = (false, Read(w), Read(u));
        var moment = adam.ReadState(engine.State)["adam/moment/w"].Doubles();
        Compile().Run(A, B);
        Assert.Equal(w0, Read(w));
        Assert.Equal(moment, adam.ReadState(engine.State)["adam/moment/w"].Doubles());
        Assert.NotEqual(u0, Read(u));

        (u.Trainable, w.Trainable) = (false, false);
        Assert.Throws<GraphException>(() => Compile().Run(A, B));
    }

    [Fact]
    public void Frozen_OneOfAPack_KeepsItsWeightsAndMoments()
    {
        using var engine = Engines.Reference();
        Parameter w = Weight("w"), u = Weight("u", 12);
        var adam = new AdamW(0.05f, weightDecay: 0.5f);
        CompiledFunction Compile() => engine.Compile((a, b) =>
        {
            var loss = (a * w * u - b).Square().Mean();
            adam.Minimize(loss, [w, u]);
            return loss;
        });
        Compile().Run(A, B);
        w.Trainable = false;
        var (w0, u0, m0) = (engine.State.Read(w).Doubles(), engine.State.Read(u).Doubles(), adam.ReadState(engine.State)["adamw/moment/w"].Doubles());
        Compile().Run(A, B);
        Assert.Equal(w0, engine.State.Read(w).Doubles());
        Assert.Equal(m0, adam.ReadState(engine.State)["adamw/moment/w"].Doubles());
        Assert.NotEqual(u0, engine.State.Read(u).Doubles());
    }

    [Fact]
    public void NotFinite_BatchStatistics_StayToo()
    {
        using var engine = Engines.Reference();
        var (layer, sgd) = (new BatchNormalization(), new SGD());
        layer.Build(new Shape(2));
        var step = engine.Compile(x =>
        {
            var loss = layer.Call(x, training: true).Square().Mean().Named("loss");
            sgd.Minimize(loss, layer.Parameters);
            return loss;
        });
        step.Run(HostTensor.From([1f, 2, 3, 5], (2, 2)));
        var before = layer.Parameters.Select(p => engine.State.Read(p).Doubles()).ToArray();
        Assert.NotEqual([0.0, 0], before[2]);
        Assert.Throws<DivergedException>(() => step.Run(HostTensor.From([1f, float.PositiveInfinity, 3, 5], (2, 2))));
        Assert.Equal(before, layer.Parameters.Select(p => engine.State.Read(p).Doubles()));
    }

    [Fact]
    public void Minimize_NotFinite_NamesTheFirstNodeThatIsNot()
    {
        using var engine = Engines.Reference();
        var (sgd, w) = (new SGD(0.1f), Weight());
        var step = engine.Compile((a, b) =>
        {
            var loss = ((a * w).Named("scaled").Square() + b.Log().Named("score")).Mean().Named("loss");
            sgd.Minimize(loss, [w]);
            return loss;
        });
        var problem = Assert.Throws<DivergedException>(() => step.Run(A, B)); // half of b is negative
        Assert.Equal("score", problem.Node);
        Assert.Contains("Log 'score'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TwoOptimizers_OneLossNotFinite_NeitherChangesAnything()
    {
        using var engine = Engines.Reference();
        Parameter w = Weight("w"), u = Weight("u", 12);
        var (one, two) = (new SGD(0.1f), new Adam());
        var step = engine.Compile((a, b) =>
        {
            var (first, second) = ((a * w).Square().Mean(), (b * u).Square().Mean());
            one.Minimize(first, [w]);
            two.Minimize(second, [u]);
            return first + second;
        });
        var (w0, u0) = (engine.State.Read(w).Doubles(), engine.State.Read(u).Doubles());
        var bad = B;
        bad.Span<float>()[0] = float.NaN;
        Assert.Throws<DivergedException>(() => step.Run(A, bad));
        Assert.Equal(w0, engine.State.Read(w).Doubles());
        step.Run(A, B);
        Assert.NotEqual(w0, engine.State.Read(w).Doubles());
        Assert.NotEqual(u0, engine.State.Read(u).Doubles());
        Assert.Equal((1, 1), (one.Iterations, two.Iterations));
    }

    [Fact]
    public void Schedule_InAStep_ChangesTheRateWithoutANewPlan()
    {
        using var engine = Engines.Reference();
        var w = new Parameter("w", new(DType.F32, Shape.Scalar));
        var sgd = new SGD(new StepDecay(1, Every: 2, Factor: 0.5));
        var step = engine.Compile(a =>
        {
            var loss = a * w;
            sgd.Minimize(loss, [w]);
            return loss;
        });
        var (values, plans) = (new List<double>(), new HashSet<Plan>());
        for (var i = 0; i < 5; i++)
        {
            step.Run(HostTensor.Of(-1));
            values.Add(engine.State.Read(w)[0]);
            plans.Add(step.Plan!);
        }
        Assert.Equal([1, 2, 2.5, 3, 3.25], values);
        Assert.Single(plans);
    }
}
