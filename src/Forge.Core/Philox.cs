using System.Runtime.CompilerServices;

namespace Forge.Core;

/// <summary>
/// Philox4x32-10: the counter-based random function behind every random number in Forge, on the host and on the device.
/// </summary>
/// <remarks>
/// A block of four words is a pure function of a 128-bit counter and a 64-bit key, so a draw can be addressed
/// (seed, epoch, image, ...) instead of being taken from a running state: results don't depend on how many threads draw,
/// and resuming needs no generator state. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC'11).
/// </remarks>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class Philox
{
    private const uint MultiplierEven = 0xD2511F53, MultiplierOdd = 0xCD9E8D57;
    private const uint WeylLow = 0x9E3779B9, WeylHigh = 0xBB67AE85;

    /// <summary>Computes the four random words of one counter under one key: ten Philox rounds.</summary>
    /// <param name="c0">Counter word 0 (least significant).</param>
    /// <param name="c1">Counter word 1.</param>
    /// <param name="c2">Counter word 2.</param>
    /// <param name="c3">Counter word 3 (most significant).</param>
    /// <param name="key">The 64-bit key: its low word is key word 0. Forge puts the seed here.</param>
    public static PhiloxBlock Block(uint c0, uint c1, uint c2, uint c3, ulong key)
    {
        var (k0, k1) = ((uint)key, (uint)(key >> 32));
        for (var round = 0; round < 10; round++)
        {
            var even = (ulong)MultiplierEven * c0;
            var odd = (ulong)MultiplierOdd * c2;
            (c0, c1, c2, c3) = ((uint)(odd >> 32) ^ c1 ^ k0, (uint)odd, (uint)(even >> 32) ^ c3 ^ k1, (uint)even);
            k0 += WeylLow;
            k1 += WeylHigh;
        }
        return new(c0, c1, c2, c3);
    }

    /// <summary>Maps a random word to a float in [0, 1) by its 24 high bits: every result is a multiple of 2^-24, so never 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToUnitFloat(uint word) => (word >> 8) * (1f / (1 << 24));
}

/// <summary>The four words of one <see cref="Philox.Block"/>.</summary>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct PhiloxBlock(uint W0, uint W1, uint W2, uint W3)
{
    /// <summary>Word <paramref name="index"/>, 0 to 3.</summary>
    public uint this[int index] => index switch
    {
        0 => W0,
        1 => W1,
        2 => W2,
        3 => W3,
        _ => throw new ArgumentOutOfRangeException(nameof(index), index, "A Philox block has words 0 to 3."),
    };
}

/// <summary>
/// A sequence of draws addressed by (seed, purpose, a, b): counter words are (block number, a, b, purpose).
/// Sequences with different addresses are independent; up to 2^34 words each.
/// </summary>
/// <param name="seed">The run's seed (the Philox key).</param>
/// <param name="purpose">Keeps uses apart that share a seed, e.g. shuffling and augmentation.</param>
/// <param name="a">First coordinate, e.g. the epoch.</param>
/// <param name="b">Second coordinate, e.g. the image index.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public struct PhiloxSequence(ulong seed, uint purpose, uint a = 0, uint b = 0)
{
    private PhiloxBlock _block;
    private uint _nextBlock;
    private int _used = 4;

    /// <summary>The next random word, uniform over all 2^32 values.</summary>
    public uint NextWord()
    {
        if (_used == 4) (_block, _used) = (Philox.Block(_nextBlock++, a, b, purpose, seed), 0);
        return _block[_used++];
    }

    /// <summary>The next float, uniform in [0, 1), a multiple of 2^-24.</summary>
    public float NextFloat() => Philox.ToUnitFloat(NextWord());

    /// <summary>The next double, uniform in [<paramref name="low"/>, <paramref name="high"/>) up to rounding, from one 32-bit word.</summary>
    public double NextBetween(double low, double high) => low + (high - low) * (NextWord() * (1.0 / 4294967296.0));

    /// <summary>The next integer in [0, <paramref name="count"/>), without bias (rejection by Lemire's method).</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is not positive.</exception>
    public int NextBelow(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var bound = (uint)count;
        var threshold = (0u - bound) % bound;
        while (true)
        {
            var product = (ulong)NextWord() * bound;
            if ((uint)product >= threshold) return (int)(product >> 32);
        }
    }

    /// <summary>Fills <paramref name="order"/> with a uniformly drawn permutation of 0..Length-1 (Fisher-Yates).</summary>
    public void Permute(Span<int> order)
    {
        for (var i = 0; i < order.Length; i++) order[i] = i;
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = NextBelow(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
