using Forge.Models.Datasets;

namespace Forge.Models.Reports;

/// <summary>Writes animations as GIF 89a: grey exactly, colours on a palette of 6x7x6.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class GifFile
{
    // 8 bits a pixel: codes 0..255, then "clear" and "end".
    private const int Clear = 256, End = 257, MaximumCodes = 4096;

    /// <summary>Writes an animation that repeats for ever, replacing an older one at once.</summary>
    /// <param name="path">The file; its folder is made if need be.</param>
    /// <param name="frames">At least one, all of one size and colours, asked for one after the other.</param>
    /// <param name="delay">Hundredths of a second a frame; the last one stays ten times as long.</param>
    /// <exception cref="Core.DataException">The file cannot be written.</exception>
    public static void Save(string path, IReadOnlyList<Func<PixelImage>> frames, int delay = 12)
    {
        using var buffer = new MemoryStream();
        PixelImage? first = null;
        for (var i = 0; i < frames.Count; i++)
        {
            var frame = frames[i]();
            if (first is null) WriteHead(buffer, first = frame);
            if ((frame.Height, frame.Width, frame.Channels) != (first.Height, first.Width, first.Channels))
                throw new Core.DataException($"{path}: frame {i} is {frame.Width}x{frame.Height}, the first is {first.Width}x{first.Height}. Frames of an animation have one size.");
            WriteFrame(buffer, frame, i == frames.Count - 1 ? 10 * delay : delay);
        }
        buffer.WriteByte(0x3b);
        ChartFile.Write(path, buffer.ToArray());
    }

    private static void WriteHead(Stream to, PixelImage frame)
    {
        to.Write("GIF89a"u8);
        Write16(to, frame.Width);
        Write16(to, frame.Height);
        to.Write([0xf7, 0, 0]); // a palette of 256 colours of 8 bits
        for (var i = 0; i < 256; i++)
        {
            var (red, green, blue) = frame.Channels == 1 ? (i, i, i) : (Math.Min(i / 42, 5) * 51, i / 6 % 7 * 255 / 6, i % 6 * 51);
            to.Write([(byte)red, (byte)green, (byte)blue]);
        }
        to.Write([0x21, 0xff, 11, .. "NETSCAPE2.0"u8, 3, 1, 0, 0, 0]);
    }

    private static void WriteFrame(Stream to, PixelImage frame, int delay)
    {
        to.Write([0x21, 0xf9, 4, 0]);
        Write16(to, delay);
        to.Write([0, 0, 0x2c, 0, 0, 0, 0]);
        Write16(to, frame.Width);
        Write16(to, frame.Height);
        to.Write([0, 8]);
        var codes = new CodeWriter(to);
        WriteCodes(codes, Indexes(frame));
        codes.Flush();
    }

    private static byte[] Indexes(PixelImage frame)
    {
        if (frame.Channels == 1) return frame.Pixels;
        var indexes = new byte[frame.Height * frame.Width];
        for (var i = 0; i < indexes.Length; i++)
        {
            var rgb = frame.Pixels.AsSpan(3 * i, 3);
            indexes[i] = (byte)((rgb[0] * 5 + 127) / 255 * 42 + (rgb[1] * 6 + 127) / 255 * 6 + (rgb[2] * 5 + 127) / 255);
        }
        return indexes;
    }

    // LZW: each code stands for the longest run of indexes seen so far, and run + next index gets the next code.
    private static void WriteCodes(CodeWriter to, byte[] indexes)
    {
        var known = new Dictionary<(int Run, byte Next), int>();
        var (bits, next, run) = (9, End + 1, -1);
        to.Write(Clear, bits);
        foreach (var index in indexes)
        {
            if (run < 0)
            {
                run = index;
                continue;
            }
            if (known.TryGetValue((run, index), out var longer))
            {
                run = longer;
                continue;
            }
            to.Write(run, bits);
            if (next == MaximumCodes)
            {
                to.Write(Clear, bits);
                known.Clear();
                (bits, next) = (9, End + 1);
            }
            else
            {
                if (next == 1 << bits) bits++;
                known[(run, index)] = next++;
            }
            run = index;
        }
        to.Write(run, bits);
        to.Write(End, bits);
    }

    private static void Write16(Stream to, int value) => to.Write([(byte)value, (byte)(value >> 8)]);

    /// <summary>Packs codes of some bits, lowest first, into blocks of at most 255 bytes.</summary>
    private sealed class CodeWriter(Stream to)
    {
        private readonly List<byte> _block = [];
        private int _pending, _bits;

        public void Write(int code, int bits)
        {
            _pending |= code << _bits;
            for (_bits += bits; _bits >= 8; _bits -= 8, _pending >>= 8) Add((byte)_pending);
        }

        public void Flush()
        {
            if (_bits > 0) Add((byte)_pending);
            if (_block.Count > 0) End();
            to.WriteByte(0);
        }

        private void Add(byte value)
        {
            _block.Add(value);
            if (_block.Count == 255) End();
        }

        private void End()
        {
            to.WriteByte((byte)_block.Count);
            to.Write([.. _block]);
            _block.Clear();
        }
    }
}
