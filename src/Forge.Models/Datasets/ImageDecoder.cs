using System.Runtime.InteropServices;
using Forge.Core;
using SkiaSharp;

namespace Forge.Models.Datasets;

/// <summary>How the colours of a picture are wanted.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum ColourMode
{
    /// <summary>Three channels, red first.</summary>
    Rgb,
    /// <summary>One channel, by <see cref="PixelImage.ToGrey"/>.</summary>
    Grey,
}

/// <summary>Decodes image files, trusting neither their names nor the native decoder.</summary>
/// <remarks>
/// Format, size and completeness are read from the content in managed code first (<see cref="ImageStructure"/>); only a whole file
/// within the limits reaches the decoder, and only a complete decode is accepted. Transparency is dropped, not blended, and neither
/// colour profiles nor EXIF orientation are applied: this is what Keras's load_img does.
/// </remarks>
/// <threadsafety>Safe.</threadsafety>
public sealed partial record ImageDecoder
{
    /// <summary>The largest file read, in bytes.</summary>
    public long FileByteLimit { get; init; } = InputLimits.Current.ImageBytes;

    /// <summary>The largest picture decoded, in pixels.</summary>
    public long PixelLimit { get; init; } = InputLimits.Current.ImagePixels;

    /// <summary>The folder that files must lie in, wherever links lead; null for anywhere.</summary>
    public string? Within { get; init; }

    /// <summary>File name endings that a data folder is searched for, lower case, with the dot.</summary>
    public static IReadOnlyList<string> Extensions { get; } = [".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".gif", ".webp"];

    /// <summary>Reads and decodes a file.</summary>
    /// <exception cref="BadImageException">The file is missing, empty, no image, truncated, damaged or over a limit; the message names it.</exception>
    public PixelImage Decode(string path, ColourMode mode = ColourMode.Rgb) => Decode(ReadFile(path), path, mode);

    /// <summary>Throws where a link leads out of the folder.</summary>
    /// <exception cref="BadImageException">It does.</exception>
    internal void MustLieWithin(string path)
    {
        if (Within is not null && new FileInfo(path).LinkTarget is not null && FolderBounds.Problem(Within, path) is { } problem)
            throw new BadImageException($"{path}: cannot be read: {problem}.");
    }

    private byte[] ReadFile(string path)
    {
        try
        {
            MustLieWithin(path);
            // Looked at before opening: a pipe or device reports no length, and opening one could wait for ever.
            if (InputFile.LengthOf(path) == 0) return [];
            using var handle = File.OpenHandle(path);
            var length = RandomAccess.GetLength(handle);
            if (length > FileByteLimit)
                throw new BadImageException($"{path}: the file has {length} bytes, over the limit of {FileByteLimit}. Shrink the picture or remove it.");
            var file = new byte[length];
            var filled = 0;
            while (filled < file.Length && RandomAccess.Read(handle, file.AsSpan(filled), filled) is > 0 and var read) filled += read;
            return filled == file.Length ? file : throw new BadImageException($"{path}: the file shrank while it was read.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new BadImageException($"{path}: cannot be read ({e.Message.TrimEnd('.')}).", e);
        }
    }

    /// <summary>Decodes the content of a file.</summary>
    /// <param name="file">The whole content.</param>
    /// <param name="name">What messages call it.</param>
    /// <param name="mode">The colours wanted.</param>
    /// <exception cref="BadImageException">As for <see cref="Decode(string, ColourMode)"/>.</exception>
    public PixelImage Decode(byte[] file, string name, ColourMode mode = ColourMode.Rgb)
    {
        ArgumentNullException.ThrowIfNull(file);
        var structure = StructureOf(file, name);
        var image = structure.Format == ImageFormat.Pnm
            ? PnmReader.Decode(file, out var problem) ?? throw new BadImageException($"{name}: the Pnm image is truncated or damaged: {problem}. Remove it or fetch it again.")
            : DecodeNative(file, name, structure);
        return mode == ColourMode.Grey ? image.ToGrey() : image.ToRgb();
    }

    // Throws unless the file is a whole image within the limits.
    internal ImageStructure StructureOf(byte[] file, string name)
    {
        if (file.Length == 0) throw new BadImageException($"{name}: the file is empty. Remove it or fetch it again.");
        var structure = ImageStructure.Read(file)
            ?? throw new BadImageException($"{name}: the content is not a PNG, JPEG, GIF, BMP, WebP or PNM image, whatever the name says. Remove it or convert it.");
        // Size before completeness: an announced size over the limit is the more useful complaint.
        if ((Int128)structure.Width * structure.Height > PixelLimit || structure.Width > ushort.MaxValue || structure.Height > ushort.MaxValue)
            throw new BadImageException($"{name}: the {structure.Format} image is {structure.Width}x{structure.Height} pixels, over the limit of {PixelLimit} pixels or 65535 a side. Shrink it or remove it.");
        if (structure.Width * structure.Height > Array.MaxLength / 4)
            throw new BadImageException($"{name}: the {structure.Format} image is {structure.Width}x{structure.Height} pixels, more than fit in memory at once. Shrink it or remove it.");
        if (structure.Problem is { } problem)
            throw new BadImageException($"{name}: the {structure.Format} image is truncated or damaged: {problem}. Remove it or fetch it again.");
        if (structure.Width == 0 || structure.Height == 0)
            throw new BadImageException($"{name}: the {structure.Format} image announces {structure.Width}x{structure.Height} pixels. Remove it.");
        return structure;
    }

    private static PixelImage DecodeNative(byte[] file, string name, ImageStructure structure)
    {
        using var data = SKData.CreateCopy(file);
        using var codec = CodecOf(data, name, structure);
        var rgba = new byte[checked(codec.Info.Width * codec.Info.Height * 4)];
        Fill(codec, rgba, SKCodecOptions.Default, name, structure);
        return RgbOf(codec, rgba);
    }

    private static SKCodec CodecOf(SKData data, string name, ImageStructure structure)
    {
        var codec = SKCodec.Create(data)
            ?? throw new BadImageException($"{name}: the {structure.Format} image is damaged: the decoder refuses it. Remove it or convert it.");
        if (codec.Info.Width == structure.Width && codec.Info.Height == structure.Height) return codec;
        var size = $"{codec.Info.Width}x{codec.Info.Height}";
        codec.Dispose();
        throw new BadImageException($"{name}: the {structure.Format} image is damaged: its header says {structure.Width}x{structure.Height}, the decoder {size}. Remove it.");
    }

    private static void Fill(SKCodec codec, byte[] rgba, SKCodecOptions options, string name, ImageStructure structure)
    {
        // Unpremultiplied, so that dropping alpha keeps the stored colour; no colour space, so that none is converted.
        var info = new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        var pinned = GCHandle.Alloc(rgba, GCHandleType.Pinned);
        SKCodecResult result;
        try
        {
            result = codec.GetPixels(info, pinned.AddrOfPinnedObject(), options);
        }
        finally
        {
            pinned.Free();
        }
        // IncompleteInput means half a picture: an error here.
        if (result != SKCodecResult.Success)
            throw new BadImageException($"{name}: the {structure.Format} image is truncated or damaged: decoding it ended with {result}. Remove it or fetch it again.");
    }

    private static PixelImage RgbOf(SKCodec codec, byte[] rgba)
    {
        var rgb = new byte[checked(rgba.Length / 4 * 3)];
        for (int from = 0, to = 0; to < rgb.Length; from += 4, to += 3)
            (rgb[to], rgb[to + 1], rgb[to + 2]) = (rgba[from], rgba[from + 1], rgba[from + 2]);
        return new(codec.Info.Height, codec.Info.Width, 3, rgb);
    }
}
