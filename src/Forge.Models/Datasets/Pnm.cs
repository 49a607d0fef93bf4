namespace Forge.Models.Datasets;

/// <summary>The header of a PBM, PGM or PPM file.</summary>
/// <param name="Kind">1 to 6: the digit after P.</param>
/// <param name="Width">Columns.</param>
/// <param name="Height">Rows.</param>
/// <param name="Maximum">The value of full brightness; 1 for bitmaps.</param>
/// <param name="DataStart">Where the pixels start, in bytes.</param>
internal readonly record struct PnmHeader(int Kind, long Width, long Height, int Maximum, int DataStart)
{
    internal int Channels => Kind is 3 or 6 ? 3 : 1;

    internal static bool TryRead(ReadOnlySpan<byte> file, out PnmHeader header, out string problem)
    {
        header = default;
        var kind = file[1] - '0';
        var at = 2;
        Span<long> numbers = [0, 0, 1];
        for (var i = 0; i < (kind is 1 or 4 ? 2 : 3); i++)
            if (!PnmReader.TryNumber(file, ref at, out numbers[i]))
            {
                problem = at >= file.Length ? "it ends inside its header" : $"byte {at} of its header is not part of a number";
                return false;
            }
        if (numbers[0] == 0 || numbers[1] == 0 || numbers[2] is 0 or > 65535)
        {
            problem = $"its header announces {numbers[0]}x{numbers[1]} with maximum {numbers[2]}";
            return false;
        }
        // One white space separates a raw header from its pixels.
        if (kind >= 4 && at++ >= file.Length)
        {
            problem = "it ends after its header";
            return false;
        }
        header = new(kind, numbers[0], numbers[1], (int)numbers[2], at);
        problem = "";
        return true;
    }
}

/// <summary>Reads the pixels of PBM, PGM and PPM files, plain and raw, in managed code.</summary>
internal static class PnmReader
{
    /// <summary>Decodes; the pixel limit has been checked. Null with a problem when data are missing or malformed.</summary>
    internal static PixelImage? Decode(ReadOnlySpan<byte> file, out string problem)
    {
        if (!PnmHeader.TryRead(file, out var header, out problem)) return null;
        var (width, height) = ((int)header.Width, (int)header.Height);
        // Look at the length before allocating: a plain sample takes at least one byte, a plain PBM needs no separator.
        var rowBytes = header.Kind == 4 ? (width + 7) / 8 : (long)width * header.Channels * (header.Kind >= 5 && header.Maximum > 255 ? 2 : 1);
        if (rowBytes * height > file.Length - header.DataStart)
        {
            problem = $"its pixels need {rowBytes * height} bytes or more, {file.Length - header.DataStart} are there";
            return null;
        }
        var pixels = new byte[checked(width * height * header.Channels)];
        var data = file[header.DataStart..];
        if (header.Kind == 4) Bits(data, pixels, width);
        else if (header.Kind >= 5) Raw(data, pixels, header.Maximum);
        else if (!Plain(file, header, pixels, out problem)) return null;
        return new(height, width, header.Channels, pixels);
    }

    internal static bool TryNumber(ReadOnlySpan<byte> file, ref int at, out long number)
    {
        number = 0;
        SkipBlank(file, ref at);
        var start = at;
        while (at < file.Length && file[at] is >= (byte)'0' and <= (byte)'9')
            number = Math.Min(number * 10 + (file[at++] - '0'), int.MaxValue);
        return at > start;
    }

    private static void SkipBlank(ReadOnlySpan<byte> file, ref int at)
    {
        while (at < file.Length)
        {
            if (file[at] == (byte)'#')
                while (at < file.Length && file[at] is not ((byte)'\n' or (byte)'\r')) at++;
            else if (file[at] is (byte)' ' or (>= 9 and <= 13)) at++;
            else break;
        }
    }

    // In bitmaps 1 is black.
    private static void Bits(ReadOnlySpan<byte> data, byte[] pixels, int width)
    {
        var rowBytes = (width + 7) / 8;
        for (var i = 0; i < pixels.Length; i++)
        {
            var (row, column) = Math.DivRem(i, width);
            pixels[i] = (data[row * rowBytes + column / 8] >> (7 - column % 8) & 1) != 0 ? (byte)0 : (byte)255;
        }
    }

    private static void Raw(ReadOnlySpan<byte> data, byte[] pixels, int maximum)
    {
        for (var i = 0; i < pixels.Length; i++)
            pixels[i] = Scale(maximum > 255 ? data[2 * i] << 8 | data[2 * i + 1] : data[i], maximum);
    }

    private static bool Plain(ReadOnlySpan<byte> file, PnmHeader header, byte[] pixels, out string problem)
    {
        problem = "";
        var at = header.DataStart;
        for (var i = 0; i < pixels.Length; i++)
        {
            long value;
            if (header.Kind == 1)
            {
                SkipBlank(file, ref at);
                value = at < file.Length ? file[at++] - '0' : -1;
                value = value is 0 or 1 ? 1 - value : -1;
            }
            else if (!TryNumber(file, ref at, out value)) value = -1;
            if (value < 0)
            {
                problem = at >= file.Length ? $"it ends after {i} of {pixels.Length} samples" : $"byte {at} is not part of a sample";
                return false;
            }
            pixels[i] = Scale(value, header.Maximum);
        }
        return true;
    }

    // To the nearest; samples above the maximum count as the maximum.
    private static byte Scale(long value, int maximum) =>
        maximum == 255 ? (byte)Math.Min(value, 255) : (byte)((Math.Min(value, maximum) * 255 + maximum / 2) / maximum);
}
