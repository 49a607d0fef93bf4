using System.Diagnostics;

namespace Forge.Core.Reference;

/// <summary>A tensor whose elements are fp64, whatever its dtype says: what an op's reference reads and writes.</summary>
/// <remarks>Integers up to 2^32 are exact in fp64. The dtype is kept so that a result can be rounded to it.</remarks>
/// <threadsafety>One thread writes, or any number read.</threadsafety>
[DebuggerDisplay("{Type}")]
public sealed class ReferenceTensor(TensorType type)
{
    /// <summary>Element type and shape that this stands for.</summary>
    public TensorType Type { get; } = type;

    /// <summary>The extents.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>The elements, row-major.</summary>
    public double[] Elements { get; } = new double[type.Count];

    private readonly int[] _strides = type.Shape.Strides();

    /// <summary>The element at a flat, row-major index.</summary>
    public ref double this[int i] => ref Elements[i];

    /// <summary>The element of a rank-2 tensor.</summary>
    public ref double this[int i, int j] => ref Elements[i * _strides[0] + j];

    /// <summary>The element of a rank-3 tensor.</summary>
    public ref double this[int i, int j, int k] => ref Elements[i * _strides[0] + j * _strides[1] + k];

    /// <summary>The element of a rank-4 tensor.</summary>
    public ref double this[int n, int h, int w, int c] => ref Elements[n * _strides[0] + h * _strides[1] + w * _strides[2] + c];

    /// <summary>The exact values of a host tensor.</summary>
    public static ReferenceTensor From(HostTensor host)
    {
        var tensor = new ReferenceTensor(host.Type);
        for (var i = 0; i < tensor.Elements.Length; i++) tensor.Elements[i] = host[i];
        return tensor;
    }

    /// <summary>The values rounded to the dtype; integers saturate, a NaN becomes 0 in an integer dtype.</summary>
    public HostTensor ToHost()
    {
        var host = new HostTensor(Type);
        switch (Type.DType)
        {
            case DType.F32: Fill(host.Span<float>(), v => (float)v); break;
            case DType.I32: Fill(host.Span<int>(), v => (int)v); break;
            case DType.U32: Fill(host.Span<uint>(), v => (uint)v); break;
            case DType.U8: Fill(host.Span<byte>(), v => (byte)Math.Clamp(double.IsNaN(v) ? 0 : v, 0, 255)); break;
            case DType.F16: Fill(host.Span<Half>(), v => (Half)(float)v); break;
            case DType.BF16: Fill(host.Span<ushort>(), DTypes.BFloat16Bits); break;
            default: throw new InvalidOperationException($"no elements of {Type}");
        }
        return host;

        void Fill<T>(Span<T> into, Func<double, T> convert)
        {
            for (var i = 0; i < into.Length; i++) into[i] = convert(Elements[i]);
        }
    }
}
