using Forge.Core.Reference;

namespace Forge.Core.Tests;

/// <summary>Parts of a function that are computed again for their gradient.</summary>
public sealed class CheckpointTests
{
    private static readonly HostTensor s_x = HostTensor.From([0.3f, -0.7f, 1.1f, 0.2f], (2, 2)), s_w = HostTensor.From([0.5f, -0.4f, 0.9f, 0.6f], (2, 2));

    private static Tensor Part(Tensor x, Tensor w) => (x.MatMul(w).Tanh() + x).MatMul(w).Sigmoid();

    private static double[][] Evaluate(Func<Tensor, Tensor, IReadOnlyList<Tensor>> function)
    {
        using var engine = new Engine(new ReferenceBackend());
        return [.. engine.Compile(2, a => function(a[0], a[1])).Run([s_x, s_w]).Select(r => Enumerable.Range(0, r.Type.Count).Select(i => (double)r[i]).ToArray())];
    }

    [Theory, InlineData(false), InlineData(true)]
    public void Values_AndGradients_OfInputsAndOfWhatIsReadBeside_AreTheSame(bool again)
    {
        double[][] Gradients(Func<Tensor, Tensor, Tensor> part) => Evaluate((x, w) =>
        {
            var beside = w * 2f; // made outside: the part reads it, but is no function of it
            var y = part(part(x, beside), beside);
            var first = Grad.Of(y.SumSquares(), [x, w]);
            return again ? [y, .. Grad.Of(first[0].SumSquares() + first[1].SumSquares(), [x, w])] : [y, .. first];
        });
        var (plain, kept) = (Gradients(Part), Gradients((x, w) => Tensor.Checkpoint(own => [Part(own[0], w)], x)[0]));
        for (var i = 0; i < plain.Length; i++)
            for (var j = 0; j < plain[i].Length; j++)
                Assert.Equal(plain[i][j], kept[i][j], 1e-6);
        Assert.Contains(plain[2], v => Math.Abs(v) > 1e-3);
    }

    [Fact]
    public void SeveralResults_OfWhichOneFlows_AndAnInputThatIsNoNumber()
    {
        double[][] Gradients(bool keeps) => Evaluate((x, w) =>
        {
            var mask = x.Greater(0);
            IReadOnlyList<Tensor> Both(IReadOnlyList<Tensor> own) => [own[1].Select(own[0] * w, 0f), own[0].Exp()];
            var results = keeps ? Both([x, mask]) : Tensor.Checkpoint(Both, x, mask);
            return Grad.Of(results[0].SumSquares(), [x, w]);
        });
        var (plain, again) = (Gradients(true), Gradients(false));
        for (var i = 0; i < plain.Length; i++) Assert.Equal(plain[i], again[i]);
    }

    [Fact]
    public void RandomDraws_Repeat_AndStateIsAssignedOnce()
    {
        using var engine = new Engine(new ReferenceBackend(), new() { Seed = 3 });
        var count = new Parameter("count", new(DType.F32, Shape.Scalar), trainable: false);
        var step = engine.Compile(1, a =>
        {
            var x = a[0];
            var y = Tensor.Checkpoint(own =>
            {
                var before = x.Graph.Read(count, latest: true);
                x.Graph.Assign(count, before + 1f);
                return [own[0].Dropout(0.5f) * (before + 1f)];
            }, x)[0];
            var z = y.Dropout(0.5f);
            return [y, Grad.Of(z.Sum(), x), z, x.Graph.Read(count, latest: true)];
        });
        var ones = HostTensor.From([.. Enumerable.Repeat(1f, 64)], new Shape(64));
        var results = step.Run([ones]);
        // d z / d x is what x was multiplied by on its way: the same draws as the first time.
        for (var i = 0; i < 64; i++) Assert.Equal(results[2][i], results[1][i]);
        Assert.Contains(Enumerable.Range(0, 64), i => results[2][i] == 4);
        Assert.Equal(1, engine.State.Read(count).Scalar());
        step.Run([ones]);
        Assert.Equal(2, engine.State.Read(count).Scalar());
    }

    [Fact]
    public void Plan_KeepsTheInputsOfPartsAlone()
    {
        long Arena(bool checkpoints)
        {
            using var engine = new Engine(new ReferenceBackend());
            var step = engine.Compile(1, a =>
            {
                var x = a[0];
                for (var part = 0; part < 8; part++)
                {
                    Tensor Chain(Tensor y)
                    {
                        for (var i = 0; i < 8; i++) y = y.Softmax().MatMul(y, transposeOther: true).MatMul(y);
                        return y;
                    }
                    x = checkpoints ? Tensor.Checkpoint(own => [Chain(own[0])], x)[0] : Chain(x);
                }
                return [Grad.Of(x.Sum(), a[0])];
            });
            return step.Prepare(new TensorType(DType.F32, (32, 32))).RegionBytes[Region.Arena];
        }
        Assert.True(Arena(true) * 3 < Arena(false), $"{Arena(true)} bytes with checkpoints, {Arena(false)} without");
    }
}
