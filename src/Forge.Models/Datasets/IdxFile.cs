using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Element types an IDX file can hold; the values are the file's own type codes.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum IdxType
{
    /// <summary>Unsigned bytes.</summary>
    U8 = 0x08,
    /// <summary>Signed bytes.</summary>
    I8 = 0x09,
    /// <summary>Signed 16-bit integers.</summary>
    I16 = 0x0B,
    /// <summary>Signed 32-bit integers.</summary>
    I32 = 0x0C,
    /// <summary>32-bit floats.</summary>
    F32 = 0x0D,
    /// <summary>64-bit floats.</summary>
    F64 = 0x0E,
}

/// <summary>The array of one IDX file (the format of MNIST and Fashion-MNIST).</summary>
/// <remarks>
/// A file may be plain or gzip-compressed: its content says which, not its name. The header is checked against a limit and against
/// the length before anything of the announced size is allocated, so a damaged header cannot exhaust memory.
/// </remarks>
/// <threadsafety>Immutable, while nobody writes its tensors.</threadsafety>
public sealed class IdxFile
{
    private IdxFile(IdxType type, int[] dimensions, byte[] bytes) => (Type, Dimensions, Bytes) = (type, dimensions, bytes);

    /// <summary>The element type.</summary>
    public IdxType Type { get; }

    /// <summary>The extents, slowest first; row-major.</summary>
    public IReadOnlyList<int> Dimensions { get; }

    /// <summary>The elements, row-major, in this machine's byte order.</summary>
    public byte[] Bytes { get; }

    /// <summary>The elements as values.</summary>
    /// <exception cref="DataException"><typeparamref name="T"/> is not the file's element type.</exception>
    public ReadOnlySpan<T> Span<T>() where T : unmanaged
    {
        var fits = Type switch
        {
            IdxType.U8 => typeof(T) == typeof(byte),
            IdxType.I8 => typeof(T) == typeof(sbyte),
            IdxType.I16 => typeof(T) == typeof(short),
            IdxType.I32 => typeof(T) == typeof(int),
            IdxType.F32 => typeof(T) == typeof(float),
            _ => typeof(T) == typeof(double),
        };
        return fits ? MemoryMarshal.Cast<byte, T>(Bytes) : throw new DataException($"An IDX array of {Type} cannot be read as {typeof(T).Name}.");
    }

    /// <summary>Reads a file, plain or gzip.</summary>
    /// <param name="path">The file.</param>
    /// <param name="byteLimit">The largest array accepted, in bytes; null for <see cref="InputLimits.IdxBytes"/>.</param>
    /// <exception cref="DataException">The file is missing, unreadable, damaged, truncated, too long or beyond the limit; the message names it.</exception>
    public static IdxFile Read(string path, long? byteLimit = null)
    {
        try
        {
            using var file = InputFile.Open(path);
            return Read(file, path, byteLimit);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Reads from a seekable stream.</summary>
    /// <param name="stream">The stream, from its current position to its end.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="byteLimit">The largest array accepted, in bytes; null for <see cref="InputLimits.IdxBytes"/>.</param>
    /// <exception cref="DataException">As for <see cref="Read(string, long?)"/>.</exception>
    public static IdxFile Read(Stream stream, string name, long? byteLimit = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var most = byteLimit ?? InputLimits.Current.IdxBytes;
        var start = stream.Position;
        Span<byte> magic = stackalloc byte[2];
        if (stream.ReadAtLeast(magic, 2, throwOnEndOfStream: false) < 2)
            throw new DataException($"{name}: the file is {(stream.Position == start ? "empty" : "one byte long")}; an IDX file was expected. Download it again.");
        stream.Position = start;
        if (magic is not [0x1F, 0x8B]) return Parse(stream, name, most, stream.Length - start);
        try
        {
            using var unzipped = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
            var parsed = Parse(unzipped, name, most, knownLength: null);
            GzipTrailer.Check(stream, name, parsed._checked);
            return parsed;
        }
        catch (InvalidDataException e)
        {
            throw new DataException($"{name}: the gzip data is damaged ({e.Message}). Download the file again.", e);
        }
    }

    private GzipTrailer.Sum _checked;

    private static IdxFile Parse(Stream stream, string name, long byteLimit, long? knownLength)
    {
        var sum = new GzipTrailer.Sum();
        Span<byte> start = stackalloc byte[4];
        Fill(stream, start, name, "its 4-byte magic number");
        sum.Add(start);
        if (start[0] != 0 || start[1] != 0 || !Enum.IsDefined((IdxType)start[2]))
            throw new DataException($"{name}: not an IDX file: it starts {Convert.ToHexString(start)}, but 0000, an element type (08..0E) and a rank were expected.");
        var (type, rank) = ((IdxType)start[2], start[3]);
        if (rank is 0 or > 8) throw new DataException($"{name}: the IDX header announces {rank} dimensions; 1 to 8 are supported. The file is damaged.");

        Span<byte> extents = stackalloc byte[4 * rank];
        Fill(stream, extents, name, $"the {rank} extents of its header");
        sum.Add(extents);
        var dimensions = new int[rank];
        var elementBytes = ElementBytes(type);
        Int128 announced = elementBytes;
        for (var axis = 0; axis < rank; axis++)
        {
            var extent = BinaryPrimitives.ReadUInt32BigEndian(extents[(4 * axis)..]);
            if (extent > int.MaxValue) throw new DataException($"{name}: extent {axis} of the IDX header is {extent}. The file is damaged.");
            dimensions[axis] = (int)extent;
            announced = checked(announced * extent);
            if (announced > (Int128)1 << 90) announced = (Int128)1 << 90; // saturate: eight extents could pass 2^127
        }
        var shape = string.Join("x", dimensions);
        if (announced > byteLimit || announced > Array.MaxLength)
            throw new DataException($"{name}: the IDX header announces {shape} {type} elements, more than the limit of {byteLimit} bytes. The file is damaged, or raise idx-bytes in {InputLimits.Switch}.");
        var length = (long)announced;
        if (knownLength is { } whole && whole - 4 - 4 * rank != length)
            throw new DataException($"{name}: the IDX header announces {shape} {type} elements = {length} bytes, but {whole - 4 - 4 * rank} follow it. "
                + (whole - 4 - 4 * rank < length ? "The file is truncated: download it again." : "The file is damaged."));

        var bytes = ReadExactly(stream, length, name, shape);
        sum.Add(bytes);
        if (stream.ReadByte() >= 0) throw new DataException($"{name}: more data follow the {length} bytes that the IDX header announces. The file is damaged.");
        if (BitConverter.IsLittleEndian) ReverseEach(bytes, elementBytes);
        return new(type, dimensions, bytes) { _checked = sum };
    }

    // Grows with what really arrives: a gzip file of a few bytes may announce gigabytes.
    private static byte[] ReadExactly(Stream stream, long length, string name, string shape)
    {
        var bytes = new byte[Math.Min(length, 1 << 20)];
        var filled = 0;
        while (filled < length)
        {
            if (filled == bytes.Length) Array.Resize(ref bytes, (int)Math.Min(length, Math.Max(4096L, bytes.Length * 2L)));
            var read = stream.Read(bytes, filled, bytes.Length - filled);
            if (read == 0)
                throw new DataException($"{name}: truncated: the IDX header announces {shape} elements = {length} bytes, but the data end after {filled}. Download the file again.");
            filled += read;
        }
        return bytes;
    }

    private static void Fill(Stream stream, Span<byte> target, string name, string what)
    {
        var read = stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
        if (read < target.Length) throw new DataException($"{name}: truncated: the data end inside {what}. Download the file again.");
    }

    private static int ElementBytes(IdxType type) => type switch
    {
        IdxType.U8 or IdxType.I8 => 1,
        IdxType.I16 => 2,
        IdxType.F64 => 8,
        _ => 4,
    };

    private static void ReverseEach(byte[] bytes, int size)
    {
        if (size == 1) return;
        for (var at = 0; at < bytes.Length; at += size) bytes.AsSpan(at, size).Reverse();
    }
}
