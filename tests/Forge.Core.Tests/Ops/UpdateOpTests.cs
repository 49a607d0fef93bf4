using Forge.Core.Ops;
using Forge.Core.Reference;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

/// <summary>What PyTorch cannot check: Keras's forms, the finite flag, the gradient's scale, the gaps of a pack.</summary>
public sealed class UpdateOpTests
{
    private static readonly double[] s_rates = [0.125, 0.25, 0.0625];
    private static readonly double[] s_gradients = [0.5, -1.5, 2];

    public static TheoryData<UpdateOp> Updates => new(OpTable.Entries.SelectMany(e => Enumerable.Range(0, 20).Select(i => e.Sample(Draw.FromSeed((ulong)i)).Op)).OfType<UpdateOp>().Distinct());

    [Fact]
    public void Sgd_KerasMomentum_RemembersTheRateOfItsTime()
    {
        var (w, v) = (1.0, 0.0);
        CheckEach(new SgdUpdateOp(0.5f, false, UpdateForm.Keras, 0), (g, rate, _) =>
        {
            v = 0.5 * v - rate * g;
            return w += v;
        });
    }

    [Fact]
    public void Sgd_KerasNesterov_LooksAhead()
    {
        var (w, v) = (1.0, 0.0);
        CheckEach(new SgdUpdateOp(0.5f, true, UpdateForm.Keras, 0), (g, rate, _) =>
        {
            v = 0.5 * v - rate * g;
            return w += 0.5 * v - rate * g;
        });
    }

    [Fact]
    public void Adam_KerasForm_AddsEpsilonToTheUncorrectedRoot()
    {
        var (w, m, v) = (1.0, 0.0, 0.0);
        CheckEach(new AdamUpdateOp(0.5f, 0.75f, 0.125f, UpdateForm.Keras, 0.5f), (g, rate, t) =>
        {
            w *= 1 - 0.5 * rate;
            (m, v) = (0.5 * m + 0.5 * g, 0.75 * v + 0.25 * g * g);
            return w -= rate * Math.Sqrt(1 - Math.Pow(0.75, t)) / (1 - Math.Pow(0.5, t)) * m / (Math.Sqrt(v) + 0.125);
        });
    }

    [Fact]
    public void Rmsprop_KerasForm_AddsEpsilonInsideTheRoot()
    {
        var (w, s, v) = (1.0, 0.0, 0.0);
        CheckEach(new RmspropUpdateOp(0.75f, 0.5f, 0.125f, false, UpdateForm.Keras, 0), (g, rate, _) =>
        {
            s = 0.75 * s + 0.25 * g * g;
            v = 0.5 * v + rate * g / Math.Sqrt(s + 0.125);
            return w -= v;
        });
    }

    [Theory, MemberData(nameof(Updates))]
    public void Update_NotFinite_LeavesEverythingAsItWas(UpdateOp op)
    {
        var state = Enumerable.Range(0, op.Slots.Count + 1).Select(i => Values(new Shape(2), 1 + i, 2 + i)).ToArray();
        var after = Step(op, state, Values(new Shape(2), double.NaN, 1), 0.1, 1, 1, finite: 0);
        Assert.Equal(state.Select(s => s.Elements), after.Select(s => s.Elements));
    }

    [Theory, MemberData(nameof(Updates))]
    public void Update_GapsOfAPack_StayZero(UpdateOp op)
    {
        var zeros = Enumerable.Range(0, op.Slots.Count + 1).Select(_ => Values(new Shape(1), 0)).ToArray();
        Assert.All(Step(op, zeros, Values(new Shape(1), 0), 0.1, 1, 1, finite: 1), t => Assert.Equal(0, t[0]));
    }

    [Theory, MemberData(nameof(Updates))]
    public void Update_ScaledGradient_IsTheGradientScaled(UpdateOp op)
    {
        var state = Enumerable.Range(0, op.Slots.Count + 1).Select(_ => Values(new Shape(1), 1)).ToArray();
        var (scaled, plain) = (Step(op, state, Values(new Shape(1), 8), 0.1, 1, scale: 0.25, finite: 1), Step(op, state, Values(new Shape(1), 2), 0.1, 1, 1, finite: 1));
        Assert.Equal(plain.Select(t => t[0]), scaled.Select(t => t[0]));
        Assert.NotEqual(1, scaled[0][0]);
    }

    [Fact]
    public void Update_Planned_IsMadeInPlace()
    {
        using var engine = new Engine(new ReferenceBackend());
        var (w, m, v) = (State("w"), State("m"), State("v"));
        var function = engine.Compile(g =>
        {
            var graph = g.Graph;
            Tensor Number(float value) => graph.Full(new(DType.F32, Shape.Scalar), value);
            var update = graph.Add(new AdamUpdateOp(0.9f, 0.999f, 1e-7f, UpdateForm.Keras, 0),
                w, g, m, v, Number(0.1f), Number(0.1f), Number(0.001f), Number(1), new FiniteOp().On(g)).Outputs;
            foreach (var (parameter, value) in new[] { w, m, v }.Zip(update)) graph.Assign(parameter, value);
            return g.Sum();
        });
        function.Run(HostTensor.From([1f, -2f, 0f], new Shape(3)));
        Assert.DoesNotContain(function.Plan!.Steps, s => s is CopyStep);
        // The first step of Adam moves each weight that has a gradient by the rate.
        var moved = engine.State.Read(w).Span<float>().ToArray();
        Assert.Equal([-0.1, 0.1, 0], moved.Select(x => Math.Round(x, 4)));

        static Parameter State(string name) => new(name, new(DType.F32, new Shape(3)));
    }

    private static void CheckEach(UpdateOp op, Func<double, double, int, double> formula)
    {
        ReferenceTensor[] state = [Values(new Shape(1), 1), .. op.Slots.Select(_ => Values(new Shape(1), 0))];
        for (var t = 1; t <= s_rates.Length; t++)
        {
            state = Step(op, state, Values(new Shape(1), s_gradients[t - 1]), s_rates[t - 1], t, 1, finite: 1);
            Assert.Equal(formula(s_gradients[t - 1], s_rates[t - 1], t), state[0][0], 1e-13);
        }
    }

    private static ReferenceTensor[] Step(UpdateOp op, ReferenceTensor[] state, ReferenceTensor g, double rate, int t, double scale, int finite)
    {
        double[] scalars = op is AdamUpdateOp adam ? [rate, 1 - Math.Pow(adam.Beta1, t), 1 - Math.Pow(adam.Beta2, t), scale] : [rate, scale];
        var flag = new ReferenceTensor(new(DType.U32, Shape.Scalar)) { [0] = finite };
        return [.. Run(op, [state[0], g, .. state[1..], .. scalars.Select(s => Values(Shape.Scalar, s)), flag])];
    }
}
