namespace Forge.Core;

/// <summary>What is known of a tensor before it has a value: element type and shape.</summary>
/// <param name="DType">The element type.</param>
/// <param name="Shape">The extents, slowest first; elements are dense and row-major.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record TensorType(DType DType, Shape Shape)
{
    /// <summary>Elements.</summary>
    public int Count => Shape.Count;

    /// <summary>Bytes in memory: the elements, packed, rounded up to whole 4-byte words.</summary>
    public long Bytes => ((long)Shape.Count * DType.Bytes() + 3) / 4 * 4;

    /// <summary>Throws unless the type has this dtype and, where given, this rank.</summary>
    /// <param name="dtype">The dtype needed.</param>
    /// <param name="rank">The rank needed; any when left out.</param>
    /// <param name="name">What the op calls this input.</param>
    /// <returns>This type, for chaining.</returns>
    /// <exception cref="ShapeException">Dtype or rank differ.</exception>
    public TensorType MustBe(DType dtype, int? rank = null, string name = "input")
    {
        if (DType != dtype)
            throw new ShapeException($"{name} is {this}, but must be {dtype.Label()}. Cast it first.");
        if (rank is { } wanted && Shape.Rank != wanted)
            throw new ShapeException($"{name} is {this}, of rank {Shape.Rank}, but must have rank {wanted}. Reshape it first.");
        return this;
    }

    /// <summary>Throws unless elements are whole 4-byte words: f32, i32 or u32.</summary>
    /// <param name="name">What the op calls this input.</param>
    /// <returns>This type, for chaining.</returns>
    /// <exception cref="ShapeException">The dtype is another.</exception>
    public TensorType MustBeWords(string name = "input") => DType is DType.F32 or DType.I32 or DType.U32 ? this
        : throw new ShapeException($"{name} is {this}, but must be f32, i32 or u32. Cast it first.");

    /// <summary>Throws unless elements can be indexes: u32 or i32.</summary>
    /// <param name="name">What the op calls this input.</param>
    /// <returns>This type, for chaining.</returns>
    /// <exception cref="ShapeException">The dtype is another.</exception>
    public TensorType MustBeIndexes(string name = "index") => DType is DType.I32 or DType.U32 ? this
        : throw new ShapeException($"{name} is {this}, but must be u32 or i32. Cast it first.");

    /// <summary>For example f32 (32, 10).</summary>
    public override string ToString() => $"{DType.Label()} {Shape}";
}
