using System.Buffers.Binary;
using System.Text;

namespace Forge.Models.Reports;

/// <summary>
/// A plain 5x7 dot font for ASCII, made into a TrueType file in memory: charts keep their words on a machine that has no fonts at all,
/// as servers and containers often do.
/// </summary>
internal static class BuiltInFont
{
    private const int First = ' ', Columns = 5, Rows = 7, Dot = 100, UnitsPerEm = 1000;

    // Five columns a glyph from ' ' to '~', each a byte as two hex digits, bit 0 the top dot.
    private const string Glyphs =
        "000000000000005F00000007000700147F147F14242A7F2A12231308646236495522500005030000001C2241000041221C00" + // space to )
        "14083E081408083E08080050300000080808080800606000002010080402" +                                         // * to /
        "3E5149453E00427F4000426151494621414549331814127F1027454545393C4A49493001710905033649494936064949291E" + // 0 to 9
        "003636000000563600000814224100141414141400412214080201510906324979413E" +                               // : to @
        "7E1111117E7F494949363E414141227F4141221C7F494949417F090909013E4149497A7F0808087F00417F41002040413F01" + // A to J
        "7F081422417F404040407F020C027F7F0408107F3E4141413E7F090909063E4151215E7F091929464649494931" +           // K to S
        "01017F01013F4040403F1F2040201F3F4038403F63140814630708700807615149454300" +                             // T to Z, start of [
        "7F41410002040810200041417F0004020102044040404040" + "0001020400" +                                      // [ to `
        "20545454787F484444383844444420384444487F3854545418087E0901020C5252523E7F0804047800447D4000204044" +     // a to j
        "3D007F1028440000417F40007C041804787C0804047838444444387C14141408081414187C7C08040408" +                 // j to r
        "4854545420043F4440203C4040207C1C2040201C3C4030403C44281028440C5050503C4464544C44" +                     // s to z
        "000836410000007F0000004136080008040810" + "08";                                                         // { to ~

    /// <summary>The font file.</summary>
    internal static byte[] Bytes { get; } = Build();

    private static byte[] Build()
    {
        var shapes = Convert.FromHexString(Glyphs).Chunk(Columns).ToList();
        var (outlines, offsets) = (new List<byte>(), new List<byte>());
        (int points, int contours) = (0, 0);
        Add32(offsets, 0);
        // Glyph 0 stands for every missing character: a filled block. Glyph 1 is the space, and so on.
        foreach (var shape in (IEnumerable<byte[]>)[[0x7F, 0x7F, 0x7F, 0x7F, 0x7F], .. shapes])
        {
            var boxes = Boxes(shape);
            (points, contours) = (Math.Max(points, 4 * boxes.Count), Math.Max(contours, boxes.Count));
            AddOutline(outlines, boxes);
            while (outlines.Count % 4 != 0) outlines.Add(0);
            Add32(offsets, outlines.Count);
        }
        var glyphs = shapes.Count + 1;
        var widths = new List<byte>();
        for (var i = 0; i < glyphs; i++) Add16(widths, (Columns + 1) * Dot, 0);

        return Assemble(new SortedDictionary<string, List<byte>>(StringComparer.Ordinal)
        {
            ["cmap"] = CharacterMap(shapes.Count),
            ["glyf"] = outlines,
            ["head"] = Words(1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5, 0, UnitsPerEm, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Columns * Dot, Rows * Dot, 0, 8, 2, 1, 0),
            ["hhea"] = Words(1, 0, 8 * Dot, -2 * Dot, 0, (Columns + 1) * Dot, 0, 0, Columns * Dot, 1, 0, 0, 0, 0, 0, 0, 0, glyphs),
            ["hmtx"] = widths,
            ["loca"] = offsets,
            ["maxp"] = Words(1, 0, glyphs, points, contours, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
            ["name"] = [.. Words(0, 1, 18, 3, 1, 0x409, 1, 10, 0), .. Encoding.BigEndianUnicode.GetBytes("Forge")],
            ["post"] = Words(3, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        });
    }

    // Each run of dots in a row is one rectangle: column, row from the baseline, length.
    private static List<(int Column, int Row, int Length)> Boxes(byte[] shape)
    {
        var boxes = new List<(int, int, int)>();
        for (var row = 0; row < Rows; row++)
            for (var column = 0; column < Columns; column++)
            {
                var start = column;
                while (column < Columns && (shape[column] >> row & 1) != 0) column++;
                if (column > start) boxes.Add((start, Rows - 1 - row, column - start));
            }
        return boxes;
    }

    private static void AddOutline(List<byte> target, List<(int Column, int Row, int Length)> boxes)
    {
        if (boxes.Count == 0) return; // an empty glyph has no outline at all
        Add16(target, boxes.Count, boxes.Min(b => b.Column) * Dot, boxes.Min(b => b.Row) * Dot,
            boxes.Max(b => b.Column + b.Length) * Dot, boxes.Max(b => b.Row + 1) * Dot);
        for (var i = 0; i < boxes.Count; i++) Add16(target, 4 * i + 3);
        Add16(target, 0); // no instructions
        for (var i = 0; i < 4 * boxes.Count; i++) target.Add(1); // on the curve, both coordinates as words
        var (xs, ys) = (new List<int>(), new List<int>());
        foreach (var (column, row, length) in boxes) // clockwise, which TrueType fills
        {
            xs.AddRange([column * Dot, column * Dot, (column + length) * Dot, (column + length) * Dot]);
            ys.AddRange([row * Dot, (row + 1) * Dot, (row + 1) * Dot, row * Dot]);
        }
        foreach (var axis in (List<int>[])[xs, ys])
            for (var i = 0; i < axis.Count; i++) Add16(target, axis[i] - (i == 0 ? 0 : axis[i - 1]));
    }

    // Format 4 with one segment of characters and the closing one.
    private static List<byte> CharacterMap(int count) =>
        Words(0, 1, 3, 1, 0, 12, 4, 32, 0, 4, 4, 1, 0, First + count - 1, 0xFFFF, 0, First, 0xFFFF, 1 - First, 1, 0, 0);

    private static byte[] Assemble(SortedDictionary<string, List<byte>> tables)
    {
        List<byte> directory = Words(1, 0, tables.Count, 128, 3, 16 * tables.Count - 128), body = [];
        var start = 12 + 16 * tables.Count;
        foreach (var (tag, table) in tables)
        {
            directory.AddRange(Encoding.ASCII.GetBytes(tag));
            var length = table.Count;
            while (table.Count % 4 != 0) table.Add(0);
            uint sum = 0;
            for (var i = 0; i < table.Count; i += 4) sum += (uint)(table[i] << 24 | table[i + 1] << 16 | table[i + 2] << 8 | table[i + 3]);
            Add32(directory, (int)sum);
            Add32(directory, start + body.Count);
            Add32(directory, length);
            body.AddRange(table);
        }
        return [.. directory, .. body];
    }

    private static List<byte> Words(params ReadOnlySpan<int> values)
    {
        var target = new List<byte>();
        Add16(target, values);
        return target;
    }

    private static void Add16(List<byte> target, params ReadOnlySpan<int> values)
    {
        foreach (var value in values) target.AddRange([(byte)(value >> 8), (byte)value]);
    }

    private static void Add32(List<byte> target, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        target.AddRange(bytes);
    }
}
