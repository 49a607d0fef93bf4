using Forge.Core;
using SkiaSharp;

namespace Forge.Models.Datasets;

public sealed partial record ImageDecoder
{
    /// <summary>File name endings of animations, lower case, with the dot.</summary>
    public static IReadOnlyList<string> AnimationExtensions { get; } = [".gif", ".webp"];

    /// <summary>The most frames an animation may have.</summary>
    public int FrameLimit { get; init; } = InputLimits.Current.Frames;

    /// <summary>The most pixels that an animation's frames have together: each may be painted over the whole picture.</summary>
    public long AnimationPixelLimit { get; init; } = InputLimits.Current.AnimationPixels;

    /// <summary>Reads an animated GIF or WebP and decodes some of its frames, each as it is shown, one after the other.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mode">The colours wanted.</param>
    /// <param name="choose">The frames wanted of so many, ascending from 0; one may be wanted several times.</param>
    /// <exception cref="BadImageException">As for <see cref="Decode(string, ColourMode)"/>.</exception>
    public IEnumerable<PixelImage> DecodeFrames(string path, ColourMode mode, Func<int, IReadOnlyList<int>> choose)
    {
        var file = ReadFile(path);
        var structure = StructureOf(file, path);
        if (structure.Format is not (ImageFormat.Gif or ImageFormat.WebP))
            throw new BadImageException($"{path}: a {structure.Format} image, not an animated GIF or WebP. Put the frames of a clip into a folder of their own.");
        using var data = SKData.CreateCopy(file);
        using var codec = CodecOf(data, path, structure);
        var frames = codec.FrameInfo;
        if (frames.Length > FrameLimit)
            throw new BadImageException($"{path}: {frames.Length} frames, over the limit of {FrameLimit}. Cut it.");
        if (frames.Length * structure.Width * structure.Height > AnimationPixelLimit)
            throw new BadImageException($"{path}: {frames.Length} frames of {structure.Width}x{structure.Height} pixels, over the limit of {AnimationPixelLimit} pixels in all. Cut or shrink it.");
        var chosen = choose(Math.Max(1, frames.Length)); // a still image has no frame information
        var rgba = new byte[checked(codec.Info.Width * codec.Info.Height * 4)];
        var next = 0;
        for (var i = 0; next < chosen.Count; i++)
        {
            // Each is painted over the one before, which is in the buffer, unless that one is to be taken back or nothing of it shows.
            var over = i > 0 && frames[i].RequiredFrame >= 0 && frames[i - 1].DisposalMethod != SKCodecAnimationDisposalMethod.RestorePrevious;
            if (!over) Array.Clear(rgba);
            Fill(codec, rgba, frames.Length == 0 ? SKCodecOptions.Default : new SKCodecOptions(i, over ? i - 1 : -1), path, structure);
            if (chosen[next] != i) continue;
            var picture = RgbOf(codec, rgba);
            if (mode == ColourMode.Grey) picture = picture.ToGrey();
            for (; next < chosen.Count && chosen[next] == i; next++) yield return picture;
        }
    }
}
