namespace Forge.Core.Tests;

public class PhiloxTests
{
    // Known answers published with Random123 (kat_vectors, philox4x32 10).
    [Theory]
    [InlineData(0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x0000000000000000ul, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xfffffffffffffffful, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0x299f31d0a4093822ul, 0xd16cfe09u, 0x94fdcceb, 0x5001e420u, 0x24126ea1u)]
    public void Block_KnownCounterAndKey_GivesThePublishedWords(uint c0, uint c1, uint c2, uint c3, ulong key, uint w0, uint w1, uint w2, uint w3) =>
        Assert.Equal(new PhiloxBlock(w0, w1, w2, w3), Philox.Block(c0, c1, c2, c3, key));

    [Fact]
    public void ToUnitFloat_LargestWord_StaysBelowOne()
    {
        Assert.Equal(1f - 1f / (1 << 24), Philox.ToUnitFloat(uint.MaxValue));
        Assert.Equal(0f, Philox.ToUnitFloat(255));
        Assert.Equal(1f / (1 << 24), Philox.ToUnitFloat(256));
    }

    [Fact]
    public void Sequence_SameAddress_RepeatsAndFollowsTheCounter()
    {
        var (one, two) = (new PhiloxSequence(7, 1, 2, 3), new PhiloxSequence(7, 1, 2, 3));
        for (uint i = 0; i < 40; i++)
        {
            var word = one.NextWord();
            Assert.Equal(word, two.NextWord());
            Assert.Equal(Philox.Block(i / 4, 2, 3, 1, 7)[(int)(i % 4)], word);
        }
    }

    [Fact]
    public void Sequence_AnyOtherAddress_GivesOtherWords()
    {
        var first = new PhiloxSequence(7, 1, 2, 3).NextWord();
        foreach (var other in (PhiloxSequence[])[new(8, 1, 2, 3), new(7, 2, 2, 3), new(7, 1, 3, 3), new(7, 1, 2, 4)])
        {
            var sequence = other;
            Assert.NotEqual(first, sequence.NextWord());
        }
    }

    [Fact]
    public void NextBelow_ManyDraws_AreInRangeAndEven()
    {
        var sequence = new PhiloxSequence(11, 0);
        var counts = new int[7];
        for (var i = 0; i < 70_000; i++) counts[sequence.NextBelow(7)]++;
        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400)); // expected 10,000, sigma 93
        Assert.Throws<ArgumentOutOfRangeException>(() => new PhiloxSequence(0, 0).NextBelow(0));
    }

    [Fact]
    public void Permute_AnyLength_HoldsEachIndexOnce()
    {
        for (var length = 0; length < 50; length++)
        {
            var order = new int[length];
            new PhiloxSequence(5, 0, (uint)length).Permute(order);
            Assert.Equal(Enumerable.Range(0, length), order.Order());
        }
        var long1 = new int[1000];
        new PhiloxSequence(5, 0).Permute(long1);
        Assert.InRange(long1.Where((v, i) => v == i).Count(), 0, 10); // a uniform permutation has one fixed point on average
    }

    [Fact]
    public void NextFloat_ManyDraws_HaveTheMomentsOfAUniform()
    {
        var sequence = new PhiloxSequence(3, 9);
        var (sum, squares) = (0.0, 0.0);
        const int draws = 100_000;
        for (var i = 0; i < draws; i++)
        {
            var value = sequence.NextFloat();
            Assert.InRange(value, 0f, 1f - 1f / (1 << 24));
            (sum, squares) = (sum + value, squares + value * value);
        }
        Assert.Equal(0.5, sum / draws, 0.005);
        Assert.Equal(1.0 / 3, squares / draws, 0.005);
    }
}
