using Forge.Core;

namespace Forge.Models.Cnn;

/// <summary>Numbers that other frameworks' benchmark programs compute alike: an integer hash of stream and index.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class SharedHash
{
    /// <summary>Element i of a stream, uniform in [low, high), computed in double and rounded to f32.</summary>
    /// <param name="stream">Which stream.</param>
    /// <param name="shape">How many, and in what shape (row-major).</param>
    /// <param name="low">The lower bound.</param>
    /// <param name="high">The upper bound.</param>
    public static HostTensor Uniform(uint stream, Shape shape, double low, double high)
    {
        var value = new HostTensor(new(DType.F32, shape));
        Fill(value.Span<float>(), stream, low, high);
        return value;
    }

    /// <summary>Glorot uniform from a stream: ±√(6 / (fan in + fan out)).</summary>
    public static HostTensor Glorot(uint stream, Shape shape, int fanIn, int fanOut)
    {
        var value = new HostTensor(new(DType.F32, shape));
        FillGlorot(value.Span<float>(), stream, fanIn, fanOut);
        return value;
    }

    internal static void FillGlorot(Span<float> into, uint stream, int fanIn, int fanOut)
    {
        var limit = Math.Sqrt(6.0 / (fanIn + fanOut));
        Fill(into, stream, -limit, limit);
    }

    internal static void Fill(Span<float> into, uint stream, double low, double high)
    {
        for (var i = 0; i < into.Length; i++) into[i] = (float)(Word(stream, (uint)i) / 16777216.0 * (high - low) + low);
    }

    // 24 bits: a linear congruence of the index, then murmur3's finaliser.
    private static uint Word(uint stream, uint index)
    {
        var x = unchecked(index * 2654435761u + (stream * 40503u + 12345u));
        x ^= x >> 16;
        x = unchecked(x * 0x85EBCA6Bu);
        x ^= x >> 13;
        x = unchecked(x * 0xC2B2AE35u);
        x ^= x >> 16;
        return x >> 8;
    }
}

/// <summary>Fills a weight from a stream of <see cref="SharedHash"/>, whatever the key.</summary>
/// <param name="Stream">Which stream.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record SharedHashGlorot(uint Stream) : Layers.Initializer
{
    /// <inheritdoc/>
    public override string Name => "shared_hash_glorot";

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Layers.Fans fans, PhiloxSequence draws) =>
        SharedHash.FillGlorot(into, Stream, fans.In, fans.Out);
}
