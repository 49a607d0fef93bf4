using System.Buffers.Binary;

namespace Forge.Models.Datasets;

/// <summary>Image formats Forge reads, told apart by content.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum ImageFormat
{
    /// <summary>Portable Network Graphics.</summary>
    Png,
    /// <summary>JPEG.</summary>
    Jpeg,
    /// <summary>GIF; the first frame is used.</summary>
    Gif,
    /// <summary>Windows bitmap.</summary>
    Bmp,
    /// <summary>WebP; the first frame is used.</summary>
    WebP,
    /// <summary>PBM, PGM and PPM, plain or raw (P1 to P6).</summary>
    Pnm,
}

/// <summary>
/// What an image file says about itself, read in managed code before any native decoder sees a byte: format, size, and whether the
/// file's own structure reaches its end.
/// </summary>
/// <param name="Format">The format, by content.</param>
/// <param name="Width">Columns announced.</param>
/// <param name="Height">Rows announced.</param>
/// <param name="Problem">Why the file is incomplete, as the end of a sentence; null when its structure is whole.</param>
internal sealed record ImageStructure(ImageFormat Format, long Width, long Height, string? Problem)
{
    /// <summary>Reads the structure; null when the content is no image format Forge knows.</summary>
    internal static ImageStructure? Read(ReadOnlySpan<byte> file) => file switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Png(file),
        [0xFF, 0xD8, 0xFF, ..] => Jpeg(file),
        [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] => Gif(file),
        [(byte)'B', (byte)'M', ..] => Bmp(file),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => WebP(file),
        [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r' or (byte)'#', ..] => Pnm(file),
        _ => null,
    };

    private static ImageStructure Cut(ImageFormat format, string where) => new(format, 0, 0, $"it ends inside {where}");

    private static ImageStructure Png(ReadOnlySpan<byte> file)
    {
        if (file.Length < 33) return Cut(ImageFormat.Png, "its header");
        if (!file.Slice(12, 4).SequenceEqual("IHDR"u8)) return new(ImageFormat.Png, 0, 0, "its first chunk is not IHDR");
        var (width, height) = (BinaryPrimitives.ReadUInt32BigEndian(file[16..]), BinaryPrimitives.ReadUInt32BigEndian(file[20..]));
        string? problem = "it ends before the IEND chunk";
        for (long at = 8; at + 12 <= file.Length;)
        {
            var type = file.Slice((int)at + 4, 4);
            at += 12L + BinaryPrimitives.ReadUInt32BigEndian(file[(int)at..]);
            if (at > file.Length) break;
            if (!type.SequenceEqual("IEND"u8)) continue;
            problem = null;
            break;
        }
        return new(ImageFormat.Png, width, height, problem);
    }

    private static ImageStructure Jpeg(ReadOnlySpan<byte> file)
    {
        (long width, long height, var inScan) = (0L, 0L, false);
        for (var at = 2; at + 1 < file.Length;)
        {
            // Entropy-coded data: FF00 is a stuffed FF, FFD0 to FFD7 are restart markers; anything else ends the scan.
            if (inScan && (file[at] != 0xFF || file[at + 1] is 0x00 or 0xFF or (>= 0xD0 and <= 0xD7))) { at++; continue; }
            inScan = false;
            if (file[at] != 0xFF) return new(ImageFormat.Jpeg, width, height, $"byte {at} should start a marker");
            var marker = file[at + 1];
            if (marker == 0xFF) { at++; continue; } // padding
            if (marker == 0xD9) return new(ImageFormat.Jpeg, width, height, width == 0 || height == 0 ? "it has no frame header" : null);
            if (marker is 0x01 or (>= 0xD0 and <= 0xD8)) { at += 2; continue; }
            if (at + 4 > file.Length) break;
            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2 || at + 2L + length > file.Length) break;
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC) && length >= 7)
                (height, width) = (BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]), BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]));
            inScan = marker == 0xDA;
            at += 2 + length;
        }
        return new(ImageFormat.Jpeg, width, height, "it ends before the end-of-image marker");
    }

    private static ImageStructure Gif(ReadOnlySpan<byte> file)
    {
        if (file.Length < 13) return Cut(ImageFormat.Gif, "its header");
        var (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(file[6..]), BinaryPrimitives.ReadUInt16LittleEndian(file[8..]));
        var at = 13 + ColourTable(file[10]);
        while (at < file.Length)
        {
            var block = file[at];
            if (block == 0x3B) return new(ImageFormat.Gif, width, height, null);
            if (block == 0x2C) at += at + 10 < file.Length ? 11 + ColourTable(file[at + 9]) : file.Length; // descriptor, table, code size
            else if (block == 0x21) at += 2;
            else return new(ImageFormat.Gif, width, height, $"byte {at} should start a block");
            while (at < file.Length && file[at] != 0) at += 1 + file[at];
            at++;
        }
        return new(ImageFormat.Gif, width, height, "it ends before the trailer");

        static int ColourTable(byte flags) => (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;
    }

    private static ImageStructure Bmp(ReadOnlySpan<byte> file)
    {
        if (file.Length < 26) return Cut(ImageFormat.Bmp, "its header");
        var headerBytes = BinaryPrimitives.ReadUInt32LittleEndian(file[14..]);
        if (headerBytes == 12)
        {
            var (w16, h16) = (BinaryPrimitives.ReadUInt16LittleEndian(file[18..]), BinaryPrimitives.ReadUInt16LittleEndian(file[20..]));
            return new(ImageFormat.Bmp, w16, h16, Missing(file, w16, h16, BinaryPrimitives.ReadUInt16LittleEndian(file[24..])));
        }
        if (file.Length < 54 || headerBytes < 40) return Cut(ImageFormat.Bmp, "its header");
        // A negative height means rows from top to bottom.
        long width = BinaryPrimitives.ReadInt32LittleEndian(file[18..]), height = Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(file[22..]));
        var compressed = BinaryPrimitives.ReadUInt32LittleEndian(file[30..]) is not (0 or 3 or 6);
        var sizes = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]) + (long)BinaryPrimitives.ReadUInt32LittleEndian(file[34..]);
        var problem = compressed
            ? sizes > file.Length ? $"its header announces {sizes} bytes, the file has {file.Length}" : null
            : width > 0 ? Missing(file, width, height, BinaryPrimitives.ReadUInt16LittleEndian(file[28..])) : null;
        return new(ImageFormat.Bmp, Math.Max(0, width), height, problem);

        static string? Missing(ReadOnlySpan<byte> file, long width, long height, int bits)
        {
            var needed = BinaryPrimitives.ReadUInt32LittleEndian(file[10..]) + (Int128)((width * bits + 31) / 32 * 4) * height;
            return needed > file.Length ? $"its pixels need {needed} bytes, the file has {file.Length}" : null;
        }
    }

    private static ImageStructure WebP(ReadOnlySpan<byte> file)
    {
        if (file.Length < 30) return Cut(ImageFormat.WebP, "its header");
        var announced = 8L + BinaryPrimitives.ReadUInt32LittleEndian(file[4..]);
        var problem = announced > file.Length ? $"its header announces {announced} bytes, the file has {file.Length}" : null;
        var (width, height) = (0L, 0L);
        if (file.Slice(12, 4).SequenceEqual("VP8X"u8))
            (width, height) = (1 + Three(file[24..]), 1 + Three(file[27..]));
        else if (file.Slice(12, 4).SequenceEqual("VP8L"u8))
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(file[21..]);
            (width, height) = (1 + (bits & 0x3FFF), 1 + ((bits >> 14) & 0x3FFF));
        }
        else if (file.Slice(12, 4).SequenceEqual("VP8 "u8))
            (width, height) = (BinaryPrimitives.ReadUInt16LittleEndian(file[26..]) & 0x3FFF, BinaryPrimitives.ReadUInt16LittleEndian(file[28..]) & 0x3FFF);
        else problem ??= "its first chunk is not VP8, VP8L or VP8X";
        return new(ImageFormat.WebP, width, height, problem);

        static long Three(ReadOnlySpan<byte> bytes) => bytes[0] | bytes[1] << 8 | bytes[2] << 16;
    }

    private static ImageStructure Pnm(ReadOnlySpan<byte> file) =>
        PnmHeader.TryRead(file, out var header, out var problem)
            ? new(ImageFormat.Pnm, header.Width, header.Height, null)
            : new(ImageFormat.Pnm, 0, 0, problem);
}
