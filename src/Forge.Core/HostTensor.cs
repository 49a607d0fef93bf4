using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Forge.Core;

/// <summary>Tensor elements in host memory, dense and row-major: what goes into and comes out of a step.</summary>
/// <remarks>Not synchronised: do not write to one while a step that takes it runs.</remarks>
/// <threadsafety>One thread writes, or any number read.</threadsafety>
[DebuggerDisplay("{Type}")]
public sealed class HostTensor
{
    private readonly byte[] _bytes;

    /// <summary>A tensor of zeros.</summary>
    public HostTensor(TensorType type)
    {
        Type = type;
        _bytes = new byte[type.Bytes];
    }

    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; }

    /// <summary>The extents.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>The elements as stored, padded with zeros to whole 4-byte words.</summary>
    public Span<byte> Bytes => _bytes;

    /// <summary>The elements as values of the type that stores them.</summary>
    /// <exception cref="ShapeException"><typeparamref name="T"/> is not that type.</exception>
    public Span<T> Span<T>() where T : unmanaged
    {
        var fits = Type.DType switch
        {
            DType.F32 => typeof(T) == typeof(float),
            DType.I32 => typeof(T) == typeof(int),
            DType.U32 => typeof(T) == typeof(uint),
            DType.U8 => typeof(T) == typeof(byte),
            DType.F16 => typeof(T) == typeof(Half),
            DType.BF16 => typeof(T) == typeof(ushort),
            _ => false,
        };
        if (!fits) throw new ShapeException($"A {Type} tensor cannot be read as {typeof(T).Name}.");
        return MemoryMarshal.Cast<byte, T>(_bytes.AsSpan())[..Type.Count];
    }

    /// <summary>A float tensor of the given elements.</summary>
    /// <exception cref="ShapeException">The number of elements is not the shape's.</exception>
    public static HostTensor From(ReadOnlySpan<float> elements, Shape shape) => From(elements, DType.F32, shape);

    /// <summary>An i32 tensor of the given elements.</summary>
    public static HostTensor From(ReadOnlySpan<int> elements, Shape shape) => From(elements, DType.I32, shape);

    /// <summary>A u32 tensor of the given elements.</summary>
    public static HostTensor From(ReadOnlySpan<uint> elements, Shape shape) => From(elements, DType.U32, shape);

    /// <summary>A u8 tensor of the given elements.</summary>
    public static HostTensor From(ReadOnlySpan<byte> elements, Shape shape) => From(elements, DType.U8, shape);

    /// <summary>A single f32 value, of rank 0.</summary>
    public static HostTensor Of(float value) => From([value], Shape.Scalar);

    private static HostTensor From<T>(ReadOnlySpan<T> elements, DType dtype, Shape shape) where T : unmanaged
    {
        if (elements.Length != shape.Count)
            throw new ShapeException($"{elements.Length} elements do not fill the shape {shape}, which has {shape.Count}.");
        var tensor = new HostTensor(new(dtype, shape));
        elements.CopyTo(tensor.Span<T>());
        return tensor;
    }

    /// <summary>These values in another float type, rounded to nearest, ties to even.</summary>
    /// <param name="to">F32, F16 or BF16.</param>
    /// <exception cref="ShapeException">Either type is not a float.</exception>
    public HostTensor Rounded(DType to)
    {
        if (!Type.DType.IsFloat() || !to.IsFloat()) throw new ShapeException($"A {Type} tensor cannot be rounded to {to.Label()}.");
        var values = new Reference.ReferenceTensor(Type with { DType = to });
        for (var i = 0; i < Type.Count; i++) values[i] = this[i];
        return values.ToHost();
    }

    /// <summary>The only element of a one-element tensor, whatever its dtype.</summary>
    /// <exception cref="ShapeException">The tensor has more or fewer elements.</exception>
    public float Scalar() => Type.Count == 1
        ? (float)this[0]
        : throw new ShapeException($"Scalar() needs one element; this is {Type}. Reduce it first, or read Span<T>().");

    /// <summary>The element at a flat, row-major index, exactly, as a double.</summary>
    public double this[int index] => Type.DType switch
    {
        DType.F32 => Span<float>()[index],
        DType.I32 => Span<int>()[index],
        DType.U32 => Span<uint>()[index],
        DType.U8 => Span<byte>()[index],
        DType.F16 => (double)Span<Half>()[index],
        DType.BF16 => BitConverter.UInt32BitsToSingle((uint)Span<ushort>()[index] << 16),
        _ => throw new InvalidOperationException($"no elements of {Type}"),
    };
}
