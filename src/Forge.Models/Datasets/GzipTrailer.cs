using System.Buffers.Binary;
using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Checks the last eight bytes of a one-member gzip file (CRC-32 and length) against what was unpacked.</summary>
/// <remarks>The platform's GZipStream stops quietly when a file ends before its trailer, so a truncated file could pass.</remarks>
internal static class GzipTrailer
{
    private static readonly uint[] Table = BuildTable();

    /// <summary>A running CRC-32 (IEEE, reflected) and byte count.</summary>
    internal struct Sum()
    {
        private uint _register = 0xFFFFFFFF;

        internal uint Length { get; private set; }

        internal readonly uint Crc => ~_register;

        internal void Add(ReadOnlySpan<byte> bytes)
        {
            var register = _register;
            foreach (var b in bytes) register = Table[(byte)(register ^ b)] ^ (register >> 8);
            _register = register;
            Length += (uint)bytes.Length;
        }
    }

    internal static void Check(Stream compressed, string name, Sum unpacked)
    {
        Span<byte> trailer = stackalloc byte[8];
        if (compressed.Length < 18) throw new DataException($"{name}: truncated: a gzip file has at least 18 bytes, this one {compressed.Length}. Download it again.");
        compressed.Position = compressed.Length - 8;
        compressed.ReadExactly(trailer);
        if (BinaryPrimitives.ReadUInt32LittleEndian(trailer) != unpacked.Crc || BinaryPrimitives.ReadUInt32LittleEndian(trailer[4..]) != unpacked.Length)
            throw new DataException($"{name}: the gzip checksum at its end does not match its content. The file is truncated or damaged: download it again.");
    }

    private static uint[] BuildTable()
    {
        var table = new uint[256];
        for (uint i = 0; i < 256; i++)
        {
            var c = i;
            for (var bit = 0; bit < 8; bit++) c = (c & 1) != 0 ? 0xEDB88320 ^ (c >> 1) : c >> 1;
            table[i] = c;
        }
        return table;
    }
}
