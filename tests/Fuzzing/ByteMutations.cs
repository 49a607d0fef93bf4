using System.Buffers.Binary;

namespace Forge.Fuzzing;

/// <summary>Damages bytes without knowing what they mean.</summary>
internal static class ByteMutations
{
    private static readonly ulong[] s_numbers =
    [
        0, 1, 2, 3, 7, 8, 15, 16, 31, 63, 64, 127, 128, 255, 256, 1000, 4096, 0x7FFF, 0x8000, ushort.MaxValue, 0x10000, 0xFFFFFF, int.MaxValue - 7, int.MaxValue, 0x8000_0000,
        uint.MaxValue - 1, uint.MaxValue, 0x1_0000_0000, long.MaxValue, 0x8000_0000_0000_0000, ulong.MaxValue,
    ];

    /// <summary>The kinds of damage.</summary>
    public static IReadOnlyList<Mutation> All { get; } = [FlipBits, SetBytes, Truncate, Remove, Insert, RepeatPart, Splice, SetField, SetField];

    /// <summary>A number at which programs go wrong.</summary>
    public static ulong Number(Random random) => s_numbers[random.Next(s_numbers.Length)];

    private static byte[] FlipBits(Random random, byte[] input, byte[] other)
    {
        var edited = Copy(input);
        for (var i = random.Next(1, 5); i > 0; i--) edited[random.Next(edited.Length)] ^= (byte)(1 << random.Next(8));
        return edited;
    }

    private static byte[] SetBytes(Random random, byte[] input, byte[] other)
    {
        var edited = Copy(input);
        for (var i = random.Next(1, 5); i > 0; i--) edited[random.Next(edited.Length)] = (byte)random.Next(256);
        return edited;
    }

    private static byte[] Truncate(Random random, byte[] input, byte[] other) => input[..random.Next(input.Length + 1)];

    private static byte[] Remove(Random random, byte[] input, byte[] other)
    {
        var (start, length) = Part(random, input);
        return [.. input[..start], .. input[(start + length)..]];
    }

    private static byte[] Insert(Random random, byte[] input, byte[] other)
    {
        var (at, bytes) = (random.Next(input.Length + 1), new byte[random.Next(1, 17)]);
        random.NextBytes(bytes);
        return [.. input[..at], .. bytes, .. input[at..]];
    }

    private static byte[] RepeatPart(Random random, byte[] input, byte[] other)
    {
        var (start, length) = Part(random, input);
        var times = random.Next(4) == 0 ? random.Next(1, Math.Max(2, (1 << 16) / Math.Max(1, length))) : random.Next(1, 4);
        return [.. input[..start], .. Enumerable.Repeat(input[start..(start + length)], times).SelectMany(p => p), .. input[start..]];
    }

    private static byte[] Splice(Random random, byte[] input, byte[] other) => [.. input[..random.Next(input.Length + 1)], .. other[random.Next(other.Length + 1)..]];

    // Lengths, counts and offsets stand in fields of 1 to 8 bytes, in either order.
    private static byte[] SetField(Random random, byte[] input, byte[] other)
    {
        var width = 1 << random.Next(4);
        if (input.Length < width) return FlipBits(random, input, other);
        var edited = Copy(input);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(number, Number(random));
        number = number[..width];
        if (random.Next(2) == 0) number.Reverse();
        // Headers lie at the start.
        var last = random.Next(2) == 0 ? input.Length - width : Math.Min(64, input.Length - width);
        number.CopyTo(edited.AsSpan(random.Next(last + 1)));
        return edited;
    }

    private static byte[] Copy(byte[] input) => input.Length == 0 ? [0] : [.. input];

    private static (int Start, int Length) Part(Random random, byte[] input)
    {
        var start = random.Next(input.Length + 1);
        return (start, random.Next(Math.Min(input.Length - start, 64) + 1));
    }
}
