using System.Text.Json;
using Forge.Core.Ops;
using Forge.Core.Reference;
using static Forge.Core.Tests.Ops.Evaluation;

namespace Forge.Core.Tests.Ops;

/// <summary>References and gradients against PyTorch's: fixtures/torch_ops.json, made by tests/oracle/torch_ops.py.</summary>
public sealed class TorchTests
{
    private static readonly JsonElement s_golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch_ops.json"))).RootElement;

    private static readonly Dictionary<string, ElementwiseOp> s_functions = new()
    {
        ["Exp"] = new ExpOp(),
        ["Tanh"] = new TanhOp(),
        ["Sigmoid"] = new SigmoidOp(),
        ["Softplus"] = new SoftplusOp(),
        ["Relu"] = new ReluOp(),
        ["LeakyRelu"] = new LeakyReluOp(0.25f),
        ["Elu"] = new EluOp(0.5f),
        ["Silu"] = new SiluOp(),
        ["GeluErf"] = new GeluOp(false),
        ["GeluTanh"] = new GeluOp(true),
        ["Erf"] = new ErfOp(),
        ["Floor"] = new FloorOp(),
        ["Sign"] = new SignOp(),
        ["Abs"] = new AbsOp(),
        ["Clip"] = new ClipOp(-0.5f, 2),
        ["Log"] = new LogOp(),
        ["Sqrt"] = new SqrtOp(),
        ["Rsqrt"] = new RsqrtOp(),
        ["Cube"] = new PowOp(),
        ["Pow"] = new PowOp(),
    };

    private static readonly Dictionary<string, UpdateOp> s_updates = new()
    {
        ["sgd"] = new SgdUpdateOp(0, false, UpdateForm.PyTorch, 0),
        ["sgd_decay"] = new SgdUpdateOp(0, false, UpdateForm.PyTorch, 0.25f),
        ["momentum"] = new SgdUpdateOp(0.875f, false, UpdateForm.PyTorch, 0),
        ["nesterov"] = new SgdUpdateOp(0.875f, true, UpdateForm.PyTorch, 0),
        ["adam"] = new AdamUpdateOp(0.875f, 0.9375f, 1 / 256f, UpdateForm.PyTorch, 0),
        ["adamw"] = new AdamUpdateOp(0.875f, 0.9375f, 1 / 256f, UpdateForm.PyTorch, 0.25f),
        ["rmsprop"] = new RmspropUpdateOp(0.875f, 0, 1 / 256f, false, UpdateForm.PyTorch, 0),
        ["rmsprop_centered_momentum"] = new RmspropUpdateOp(0.875f, 0.5f, 1 / 256f, true, UpdateForm.PyTorch, 0),
    };

    public static TheoryData<string> Functions => [.. s_functions.Keys];

    public static TheoryData<string> Updates => [.. s_updates.Keys];

    [Theory, MemberData(nameof(Functions))]
    public void Function_AtPointsNearAndFar_EqualsTorch(string name)
    {
        var (points, expected) = (Numbers(s_golden.GetProperty("functions").GetProperty(name)[0]), Numbers(s_golden.GetProperty("functions").GetProperty(name)[1]));
        double? exponent = name switch { "Cube" => 3, "Pow" => -1.5, _ => null };
        for (var i = 0; i < points.Length; i++)
            Close([expected[i]], [s_functions[name].Apply(exponent is { } b ? [points[i], b] : [points[i]])], 1e-12);
    }

    [Theory, MemberData(nameof(Updates))]
    public void Update_OverFiveStepsWithChangingRates_EqualsTorch(string name)
    {
        var (golden, op) = (s_golden.GetProperty("updates"), s_updates[name]);
        var state = new[] { golden.GetProperty("start") }.Select(Numbers).Concat(op.Slots.Select(_ => new double[4])).Select(v => Values(new Shape(4), v)).ToArray();
        for (var step = 0; step < 5; step++)
        {
            var g = Values(new Shape(4), Numbers(golden.GetProperty("gradients")[step]));
            double[] corrections = op is AdamUpdateOp adam ? [1 - Math.Pow(adam.Beta1, step + 1), 1 - Math.Pow(adam.Beta2, step + 1)] : [];
            double[] scalars = [golden.GetProperty("rates")[step].GetDouble(), .. corrections, 1];
            state = [.. Run(op, [state[0], g, .. state[1..], .. scalars.Select(s => Values(Shape.Scalar, s)), Flag(1)])];
            Close(Numbers(golden.GetProperty(name)[step]), state[0].Elements, 1e-12);
        }
    }

    [Fact]
    public void Softmax_AndItsLosses_EqualTorch()
    {
        var golden = s_golden.GetProperty("rows").GetProperty("softmax");
        ReferenceTensor Tensor(string name, Shape shape) => Values(shape, Numbers(golden.GetProperty(name)));
        var (x, t, ones, shape) = (Tensor("logits", (3, 5)), Tensor("targets", (3, 5)), Values(new Shape(3), 1, 1, 1), new Shape(3));
        var labels = new ReferenceTensor(new(DType.U32, shape));
        Numbers(golden.GetProperty("labels")).CopyTo(labels.Elements, 0);
        Close(Tensor("softmax", (3, 5)).Elements, Run(new SoftmaxOp(), x)[0].Elements, 1e-12);
        Close(Tensor("log_softmax", (3, 5)).Elements, Run(new LogSoftmaxOp(), x)[0].Elements, 1e-12);
        Close(Tensor("loss", shape).Elements, Run(new SoftmaxCrossEntropyOp(), x, t)[0].Elements, 1e-12);
        Close(Tensor("sparse", shape).Elements, Run(new SparseSoftmaxCrossEntropyOp(), x, labels)[0].Elements, 1e-12);
        Close(Tensor("dlogits", (3, 5)).Elements, Run(new SoftmaxCrossEntropyGradOp(), x, t, ones)[0].Elements, 1e-12);
        Close(Tensor("dlogits_sparse", (3, 5)).Elements, Run(new SparseSoftmaxCrossEntropyGradOp(), x, labels, ones)[0].Elements, 1e-12);
    }

    [Fact]
    public void BatchNormalization_AndItsGradient_EqualTorch()
    {
        var golden = s_golden.GetProperty("rows").GetProperty("batch_norm");
        ReferenceTensor Tensor(string name, Shape shape) => Values(shape, Numbers(golden.GetProperty(name)));
        var (images, channels, epsilon) = (new Shape(2, 3, 2, 4), new Shape(4), 1 / 1024f);
        var (x, gamma) = (Tensor("x", images), Tensor("gamma", channels));
        var forward = Run(new BatchNormalizationOp(epsilon), x, gamma, Tensor("beta", channels));
        Close(Tensor("y", images).Elements, forward[0].Elements, 1e-12);
        Close(Tensor("mean", channels).Elements, forward[1].Elements, 1e-12);
        Close(Tensor("variance", channels).Elements, forward[2].Elements, 1e-12);
        var backward = Run(new BatchNormalizationGradOp(epsilon), x, gamma, forward[1], forward[2], Tensor("weights", images));
        Close(Tensor("dx", images).Elements, backward[0].Elements, 1e-11);
        Close(Tensor("dgamma", channels).Elements, backward[1].Elements, 1e-12);
        Close(Tensor("dbeta", channels).Elements, backward[2].Elements, 1e-12);
    }

    [Fact]
    public void Ties_ShareTheGradient_AsInTorch()
    {
        var golden = s_golden.GetProperty("rows").GetProperty("ties");
        var graph = new Graph();
        var m = graph.Constant(HostTensor.From([1f, 3, 3, 2, 2, 2], (2, 3)));
        var (a, b) = (graph.Constant(HostTensor.From([1f, 2, 3], new Shape(3))), graph.Constant(HostTensor.From([2f, 2, 1], new Shape(3))));
        Close(Numbers(golden.GetProperty("amax")), Constant(Grad.Of(m.Max([1]).Sum(), m)), 1e-15);
        foreach (var (name, value) in new[] { ("maximum", a.Maximum(b)), ("minimum", a.Minimum(b)) })
        {
            var gradients = Grad.Of(value.Sum(), [a, b]);
            for (var i = 0; i < 2; i++) Close(Numbers(golden.GetProperty(name)[i]), Constant(gradients[i]), 1e-15);
        }
    }

    private static double[] Constant(Tensor tensor) =>
        GraphEvaluator.Evaluate([tensor], leaf => throw new InvalidOperationException($"{leaf.Name} has no value"))[0].Elements;

    private static ReferenceTensor Flag(double value) => new(new(DType.U32, Shape.Scalar)) { [0] = value };

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetDouble())];

    private static void Close(double[] expected, double[] actual, double relative)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= relative * Math.Max(Math.Abs(expected[i]), 1e-3), $"element {i}: {expected[i]:R} in PyTorch, {actual[i]:R} here");
    }
}
