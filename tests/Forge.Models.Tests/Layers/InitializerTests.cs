using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Tests.Layers;

public sealed class InitializerTests
{
    private static readonly Shape s_kernel = (3, 3, 16, 24);

    public static TheoryData<string, double, double> Scaled() => new()
    {
        // name, variance, bound
        { "glorot_uniform", 2.0 / (9 * 16 + 9 * 24), Math.Sqrt(6.0 / (9 * 16 + 9 * 24)) },
        { "glorot_normal", 2.0 / (9 * 16 + 9 * 24), 2 * Math.Sqrt(2.0 / (9 * 16 + 9 * 24)) / 0.8796 },
        { "he_uniform", 2.0 / (9 * 16), Math.Sqrt(6.0 / (9 * 16)) },
        { "he_normal", 2.0 / (9 * 16), 2 * Math.Sqrt(2.0 / (9 * 16)) / 0.8796 },
        { "pytorch_uniform", 1.0 / 3 / (9 * 16), 1 / Math.Sqrt(9 * 16) },
    };

    [Theory, MemberData(nameof(Scaled))]
    public void VarianceScaling_ManyDraws_HaveTheVarianceAndStayInTheBound(string name, double variance, double bound)
    {
        Initializer[] all = [Initializer.GlorotUniform, Initializer.GlorotNormal, Initializer.HeUniform, Initializer.HeNormal, Initializer.PyTorchUniform];
        var values = all.Single(i => i.Name == name).Make(s_kernel, Fans.Of(s_kernel), key: 5).Doubles();
        Assert.All(values, v => Assert.InRange(v, -bound * 1.0001, bound * 1.0001));
        Assert.True(values.Max() > bound * 0.9, "the draws should come near the bound");
        Assert.InRange(values.Average(), -0.06 * bound, 0.06 * bound);
        Assert.InRange(values.Sum(v => v * v) / values.Length, variance * 0.93, variance * 1.07);
    }

    [Theory]
    [InlineData(5, 3)]
    [InlineData(3, 5)]
    [InlineData(4, 4)]
    public void Orthogonal_AnyMatrix_HasOrthonormalShorterSide(int rows, int columns)
    {
        var q = Initializer.Orthogonal.Make((rows, columns), default, key: 3).Doubles();
        var shorter = Math.Min(rows, columns);
        for (var i = 0; i < shorter; i++)
            for (var j = 0; j < shorter; j++)
            {
                var dot = Enumerable.Range(0, Math.Max(rows, columns))
                    .Sum(k => columns <= rows ? q[k * columns + i] * q[k * columns + j] : q[i * columns + k] * q[j * columns + k]);
                Assert.Equal(i == j ? 1 : 0, dot, 1e-6);
            }
    }

    [Fact]
    public void Make_SameKey_SameBits_OtherKey_OtherBits()
    {
        foreach (var make in (Initializer[])[Initializer.GlorotUniform, Initializer.HeNormal, Initializer.Orthogonal, new RandomNormal(), new RandomUniform()])
        {
            var one = make.Make((6, 5), Fans.Of((6, 5)), 1).Bytes.ToArray();
            Assert.Equal(one, make.Make((6, 5), Fans.Of((6, 5)), 1).Bytes.ToArray());
            Assert.NotEqual(one, make.Make((6, 5), Fans.Of((6, 5)), 2).Bytes.ToArray());
        }
    }

    [Fact]
    public void RandomNormal_OddCount_FillsEveryElement()
    {
        var values = new RandomNormal(Mean: 3, Deviation: 0.5).Make(new Shape(1001), default, 9).Doubles();
        Assert.InRange(values.Average(), 2.9, 3.1);
        Assert.DoesNotContain(0.0, values);
        Assert.InRange(Math.Sqrt(values.Sum(v => (v - 3) * (v - 3)) / values.Length), 0.45, 0.55);
    }
}
