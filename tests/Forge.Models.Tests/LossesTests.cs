using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Tests;

/// <summary>Losses and their gradients against PyTorch's.</summary>
public sealed class LossesTests
{
    private static HostTensor Logits => Engines.Uniform(5, (6, 5), -4, 4);

    private static HostTensor Target => Engines.Uniform(6, (6, 5), 0, 1);

    private static HostTensor Indexes => HostTensor.From([.. Enumerable.Range(0, 6).Select(i => (uint)(i * 3 % 5))], new Shape(6));

    private static HostTensor Normalised()
    {
        var t = Target;
        for (var i = 0; i < 6; i++)
        {
            var row = t.Span<float>().Slice(i * 5, 5);
            var sum = row.ToArray().Sum();
            foreach (ref var v in row) v /= sum;
        }
        return t;
    }

    public static TheoryData<string, string> Cases() => new()
    {
        { "cross_entropy", "logits" }, { "cross_entropy", "softmax" }, { "cross_entropy", "sparse" }, { "cross_entropy", "sparse softmax" },
        { "cross_entropy", "probabilities" }, { "cross_entropy", "sparse probabilities" },
        { "cross_entropy_soft", "logits" }, { "binary", "logits" }, { "binary", "sigmoid" }, { "binary", "probabilities" },
        { "mse", "" }, { "mae", "" }, { "huber", "" }, { "huber_half", "" },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Loss_AndItsGradient_ArePyTorchs(string name, string form)
    {
        using var engine = Engines.Reference();
        var target = name switch
        {
            "cross_entropy" => form.StartsWith("sparse", StringComparison.Ordinal) ? Indexes : Engines.OneHot(6, 5, i => i * 3 % 5),
            "cross_entropy_soft" => Normalised(),
            "binary" => Target,
            _ => Engines.Uniform(7, (6, 5), -4, 4),
        };
        var results = engine.Compile(2, a =>
        {
            var (z, t) = (a[0], a[1]);
            var loss = (name, form) switch
            {
                ("cross_entropy" or "cross_entropy_soft", "logits") => Losses.CategoricalCrossentropyOfLogits(t, z),
                ("cross_entropy", "softmax") => Losses.CategoricalCrossentropy(t, z.Softmax()),
                ("cross_entropy", "sparse") => Losses.SparseCategoricalCrossentropyOfLogits(t, z),
                ("cross_entropy", "sparse softmax") => Losses.SparseCategoricalCrossentropy(t, z.Softmax()),
                ("cross_entropy", "probabilities") => Losses.CategoricalCrossentropy(t, z.Softmax() * 1f),
                ("cross_entropy", "sparse probabilities") => Losses.SparseCategoricalCrossentropy(t, z.Softmax() * 1f),
                ("binary", "logits") => Losses.BinaryCrossentropyOfLogits(t, z),
                ("binary", "sigmoid") => Losses.BinaryCrossentropy(t, z.Sigmoid()),
                ("binary", "probabilities") => Losses.BinaryCrossentropy(t, z.Sigmoid() * 1f),
                ("mse", _) => Losses.MeanSquaredError(t, z),
                ("mae", _) => Losses.MeanAbsoluteError(t, z),
                ("huber", _) => Losses.Huber(t, z),
                ("huber_half", _) => Losses.Huber(t, z, 0.5f),
                _ => throw new InvalidOperationException(name),
            };
            return [loss, Grad.Of(loss, z)];
        }).Run(Logits, target);
        var expected = Engines.Oracle.GetProperty("losses").GetProperty(name);
        Assert.Equal(expected.GetProperty("loss").GetDouble(), results.Scalar(), 2e-6);
        Engines.AssertClose(expected.GetProperty("gradient").Doubles(), results[1].Doubles(), 2e-6);
    }

    [Fact]
    public void CategoricalCrossentropy_OfASoftmaxOfHugeLogits_IsExactWhereProbabilitiesRoundToZero()
    {
        using var engine = Engines.Reference();
        var loss = engine.Compile((z, t) => Losses.CategoricalCrossentropy(t, z.Softmax())).Run(HostTensor.From([0f, 900], (1, 2)), HostTensor.From([1f, 0], (1, 2)));
        Assert.Equal(900, loss.Scalar(), 1e-3);
    }

    [Fact]
    public void CategoricalCrossentropy_OfProbabilities_RenormalisesAndClips()
    {
        using var engine = Engines.Reference();
        var loss = engine.Compile((p, t) => Losses.CategoricalCrossentropy(t, p)).Run(HostTensor.From([1f, 3, 0, 2], (2, 2)), HostTensor.From([1f, 0, 1, 0], (2, 2)));
        Assert.Equal((-Math.Log(0.25) - Math.Log(1e-7)) / 2, loss.Scalar(), 1e-5);
    }

    [Fact]
    public void Losses_ShapesDiffer_NamesBothShapes()
    {
        using var engine = Engines.Reference();
        var wide = new TensorType(DType.F32, (4, 3));
        foreach (var loss in (LossFunction[])[Losses.CategoricalCrossentropy, Losses.MeanSquaredError, Losses.BinaryCrossentropy, Losses.Huber, Losses.MeanAbsoluteError])
        {
            var problem = Assert.Throws<ShapeException>(() => engine.Compile((p, t) => loss(t, p)).Prepare(wide, new(DType.F32, (4, 1))));
            Assert.Contains("(4, 1)", problem.Message, StringComparison.Ordinal);
            Assert.Contains("(4, 3)", problem.Message, StringComparison.Ordinal);
        }
        Assert.Throws<ShapeException>(() => engine.Compile((p, t) => Losses.SparseCategoricalCrossentropy(t, p)).Prepare(wide, new(DType.U32, (4, 3))));
    }

    [Fact]
    public void Activations_Named_AreFoundInLosses()
    {
        using var engine = Engines.Reference();
        var head = new Sequential(new Input(new Shape(2)), new Dense(2, activation: "softmax", kernelInitializer: new Constant(0)));
        var loss = engine.Compile((x, t) => Losses.CategoricalCrossentropy(t, head.Call(x))).Run(HostTensor.From([5f, 6], (1, 2)), HostTensor.From([1f, 0], (1, 2)));
        Assert.Equal(Math.Log(2), loss.Scalar(), 1e-6);
    }
}
