namespace Forge.Core;

/// <summary>Draws a test case from a recorded list of integers: shrinking that list shrinks any case, zeros give the smallest.</summary>
/// <param name="tape">The recorded draws; past its end every draw is 0.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Draw(IReadOnlyList<int> tape)
{
    private int _next;

    /// <summary>A tape of the given length, a function of the seed alone.</summary>
    public static Draw FromSeed(ulong seed, int length = 64) => new(Tape(seed, length));

    /// <summary>The recorded draws of <see cref="FromSeed"/>.</summary>
    public static int[] Tape(ulong seed, int length = 64)
    {
        var random = new SplitMix(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (int)(random.Next() & 0x7fffffff))];
    }

    /// <summary>An integer from low to high, both included.</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Naming", "CA1720", Justification = "Int is what is drawn.")]
    public int Int(int low, int high) => low + (int)((uint)Take() % (uint)(high - low + 1));

    /// <summary>One of two.</summary>
    public bool Bool() => Int(0, 1) == 1;

    /// <summary>One of these.</summary>
    public T OneOf<T>(params ReadOnlySpan<T> choices) => choices[Int(0, choices.Length - 1)];

    /// <summary>A height and width, each from low to high.</summary>
    public Size2D Size2D(int low, int high) => new(Int(low, high), Int(low, high));

    /// <summary>A shape of the given rank with extents from low to high.</summary>
    public Shape Shape(int rank, int low = 1, int high = 9) => new([.. Enumerable.Range(0, rank).Select(_ => Int(low, high))]);

    /// <summary>Reals uniform in [low, high), exact in f32.</summary>
    public Reference.ReferenceTensor Uniform(Shape shape, double low = -1, double high = 1) =>
        Fill(new(DType.F32, shape), random => (float)(low + (high - low) * random.NextUnit()));

    /// <summary>Distinct reals, neighbours in value <paramref name="gap"/> apart, in random order: no ties, even after a small change.</summary>
    public Reference.ReferenceTensor Distinct(Shape shape, double gap = 0.01)
    {
        var (tensor, random) = (new Reference.ReferenceTensor(new(DType.F32, shape)), new SplitMix((ulong)Take()));
        for (var i = 0; i < shape.Count; i++) tensor[i] = (float)((i - shape.Count / 2) * gap);
        for (var i = shape.Count - 1; i > 0; i--)
        {
            var j = (int)(random.Next() % (ulong)(i + 1));
            (tensor[i], tensor[j]) = (tensor[j], tensor[i]);
        }
        return tensor;
    }

    /// <summary>Integers from low to high, both included.</summary>
    public Reference.ReferenceTensor Integers(Shape shape, DType dtype, long low, long high) =>
        Fill(new(dtype, shape), random => low + (long)(random.Next() % (ulong)(high - low + 1)));

    private Reference.ReferenceTensor Fill(TensorType type, Func<SplitMix, double> next)
    {
        var (tensor, random) = (new Reference.ReferenceTensor(type), new SplitMix((ulong)Take()));
        for (var i = 0; i < type.Count; i++) tensor[i] = next(random);
        return tensor;
    }

    private int Take() => _next < tape.Count ? tape[_next++] : 0;
}

/// <summary>SplitMix64: a small generator for test data (Steele, Lea and Flood 2014). Training draws from Philox.</summary>
/// <param name="seed">Any value.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SplitMix(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        var z = _state += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    /// <summary>A real uniform in [0, 1), with 53 random bits.</summary>
    public double NextUnit() => (Next() >> 11) * (1.0 / (1ul << 53));
}
