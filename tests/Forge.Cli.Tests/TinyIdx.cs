namespace Forge.Cli.Tests;

/// <summary>Folders with the four IDX files of a data set like Fashion-MNIST, of few pictures.</summary>
internal static class TinyIdx
{
    private const int Side = 28;

    /// <summary>Writes a data folder. Picture i is of class i mod 10 and has a bar there; no two of the first 50 are alike, and tests and training begin alike.</summary>
    /// <param name="folder">The folder, made here.</param>
    /// <param name="train">Pictures to learn from.</param>
    /// <param name="test">Pictures to judge by.</param>
    public static string Write(string folder, int train, int test)
    {
        Directory.CreateDirectory(folder);
        foreach (var (part, count) in new[] { ("train", train), ("t10k", test) })
        {
            File.WriteAllBytes(Path.Combine(folder, part + "-images-idx3-ubyte"), [.. Header(count, Side, Side), .. Enumerable.Range(0, count).SelectMany(Picture)]);
            File.WriteAllBytes(Path.Combine(folder, part + "-labels-idx1-ubyte"), [.. Header(count), .. Enumerable.Range(0, count).Select(i => (byte)(i % 10))]);
        }
        return folder;
    }

    private static byte[] Header(params int[] extents) =>
        [0, 0, 8, (byte)extents.Length, .. extents.SelectMany(e => (byte[])[(byte)(e >> 24), (byte)(e >> 16), (byte)(e >> 8), (byte)e])];

    // Two rows high, as wide as the number is large.
    private static IEnumerable<byte> Picture(int number)
    {
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
                yield return (byte)(y / 2 == number % 10 + 2 && x < 8 + number / 10 * 4 ? 230 : 10);
    }
}
