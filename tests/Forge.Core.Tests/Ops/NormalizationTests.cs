using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;

namespace Forge.Core.Tests.Ops;

/// <summary>Layer and group normalisation against their definition: values, gradients and gradients of gradients, which go by a closed form.</summary>
public sealed class NormalizationTests
{
    private readonly List<ReferenceTensor> _values = [];
    private readonly Graph _graph = new();
    private readonly SplitMix _random = new(11);

    // Shape, axes averaged over where there are no groups, groups (0: none), their axis, and whether gamma and beta are there.
    public static TheoryData<int[], int[], int, int, bool> Cases => new()
    {
        { [3, 7], [1], 0, 0, true }, { [2, 3, 4, 5], [1, 2, 3], 0, 0, true }, { [2, 3, 4], [1], 0, 0, true }, { [4, 6], [1], 0, 0, false }, { [3, 4, 2], [0, 2], 0, 0, false },
        { [2, 3, 2, 6], [], 3, -1, true }, { [2, 3, 2, 6], [], 6, -1, true }, { [2, 3, 2, 6], [], 1, -1, true }, { [2, 6, 5], [], 2, 1, true }, { [4, 6], [], 2, -1, true }, { [2, 3, 4], [], 2, 2, false },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Normalization_AndItsGradients_AreThoseOfItsDefinition(int[] extents, int[] axes, int groups, int axis, bool weighted)
    {
        var shape = new Shape(extents);
        var own = shape.Axis(axis);
        var weightShape = groups > 0 ? new Shape(shape[own]) : new([.. shape.Select((extent, a) => axes.Contains(a) ? extent : 1)]);
        var (x, dy) = (Argument(shape), Argument(shape));
        Tensor? gamma = weighted ? Argument(weightShape) : null, beta = weighted ? Argument(weightShape) : null;
        var actual = groups > 0 ? x.GroupNormalization(groups, gamma, beta, axis, 0.01f) : x.LayerNormalization(axes, gamma, beta, 0.01f);
        var expected = groups > 0 ? Groups() : Definition(x, axes);
        Tensor Along(Tensor weights) => groups > 0 ? weights.Reshape(new Shape([weights.Shape[0], .. Enumerable.Repeat(1, shape.Rank - 1 - own)])) : weights;
        if (gamma is not null) expected = expected * Along(gamma) + Along(beta!);

        Tensor[] wrt = [x, .. new[] { gamma, beta }.OfType<Tensor>()];
        Tensor[] directions = [.. wrt.Select(w => Argument(w.Shape))];
        var (first, definition) = (Grad.Of((actual * dy).Sum(), wrt), Grad.Of((expected * dy).Sum(), wrt));
        var (second, definition2) = (Second(first), Second(definition));
        Tensor[] all = [actual, .. first, .. second], right = [expected, .. definition, .. definition2];
        // The gradient of a mean, in the definition, divides by the count as an f32 has its inverse.
        Same(right, all, 1e-6);

        // What the passes make of it means the same.
        var planned = PassPipeline.Default.Run(new StepGraph(_graph, all, [], [.. _values.Select(v => v.Type)]));
        Same(all, [.. planned.Roots], 1e-9);
        Assert.DoesNotContain(planned.LiveNodes(), n => n.Op is CustomGradientOp);

        Tensor Groups()
        {
            var view = x.Reshape(new Shape([.. shape.Take(own), groups, shape[own] / groups, .. shape.Skip(own + 1)]));
            return Definition(view, [.. Enumerable.Range(1, shape.Rank).Where(a => a != own)]).Reshape(shape);
        }

        IReadOnlyList<Tensor> Second(IReadOnlyList<Tensor> gradients) => Grad.Of(CaseGraph.Dot(gradients, directions), [.. wrt, dy]);
    }

    // A mean of squares less the square of the mean would lose all digits.
    [Fact]
    public void Normalization_OfValuesFarFromZero_KeepsTheVariance()
    {
        var x = Argument(Evaluation.Values((1, 4), 1e9 - 1, 1e9, 1e9 + 1, 1e9 + 2));
        var r = 1 / Math.Sqrt(1.25 + 0.01f);
        Assert.All(Value(x.LayerNormalization([-1], epsilon: 0.01f)).Elements.Zip([-1.5 * r, -0.5 * r, 0.5 * r, 1.5 * r]), pair => Assert.Equal(pair.Second, pair.First, 1e-6));
    }

    [Fact]
    public void Normalization_ThatCannotBe_SaysWhatFits()
    {
        var x = Argument((2, 3, 6));
        Assert.Contains("6 channels do not divide into 4 groups. Use a divisor of 6", Assert.Throws<ShapeException>(() => x.GroupNormalization(4)).Message, StringComparison.Ordinal);
        Assert.Contains("axis 0 is the batch", Assert.Throws<ShapeException>(() => x.GroupNormalization(2, axis: 0)).Message, StringComparison.Ordinal);
        Assert.Contains("needs an axis", Assert.Throws<ShapeException>(() => x.LayerNormalization([])).Message, StringComparison.Ordinal);
        Assert.Contains("epsilon 0 must be more than 0", Assert.Throws<ShapeException>(() => x.LayerNormalization([-1], epsilon: 0)).Message, StringComparison.Ordinal);
        Assert.Contains("nothing to take a mean of", Assert.Throws<ShapeException>(() => Argument((2, 0)).LayerNormalization([-1])).Message, StringComparison.Ordinal);
    }

    private static Tensor Definition(Tensor x, int[] axes)
    {
        var centred = x - x.Mean(axes, keepDims: true);
        return centred / (centred.Square().Mean(axes, keepDims: true) + 0.01f).Sqrt();
    }

    private Tensor Argument(Shape shape)
    {
        var value = new ReferenceTensor(new(DType.F32, shape));
        foreach (ref var element in value.Elements.AsSpan()) element = 4 * _random.NextUnit() - 1;
        return Argument(value);
    }

    private Tensor Argument(ReferenceTensor value)
    {
        _values.Add(value);
        return _graph.Add(new InputOp(_values.Count - 1, value.Type)).Outputs[0];
    }

    private ReferenceTensor Value(Tensor tensor) => GraphEvaluator.Evaluate([tensor], leaf => _values[((InputOp)leaf).Position])[0];

    private void Same(IReadOnlyList<Tensor> expected, IReadOnlyList<Tensor> actual, double tolerance)
    {
        Assert.Equal(expected.Count, actual.Count);
        for (var k = 0; k < expected.Count; k++)
        {
            var (e, a) = (Value(expected[k]), Value(actual[k]));
            Assert.Equal(e.Shape, a.Shape);
            var scale = 1 + e.Elements.Max(Math.Abs);
            for (var i = 0; i < e.Elements.Length; i++) Assert.True(Math.Abs(e[i] - a[i]) <= tolerance * scale, $"value {k}[{i}] is {a[i]:R}, by definition {e[i]:R}");
        }
    }
}
