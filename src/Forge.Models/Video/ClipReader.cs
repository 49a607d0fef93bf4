using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Video;

/// <summary>Reads clips: animated GIF and WebP, folders of frames, and videos through ffmpeg.</summary>
/// <param name="frames">Frames a clip is sampled to, evenly over its length; a shorter one is an error.</param>
/// <param name="side">Pixels a side that each frame is resized to, the nearest pixel taken.</param>
/// <param name="colour">The colours wanted.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class ClipReader(int frames, int side, ColourMode colour)
{
    /// <summary>File name endings of videos that ffmpeg reads, lower case, with the dot.</summary>
    public static IReadOnlyList<string> VideoExtensions { get; } = [".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".ogv", ".wmv", ".flv", ".ts"];

    private static readonly IReadOnlyList<string> s_stills = [.. ImageDecoder.Extensions.Except(ImageDecoder.AnimationExtensions)];

    /// <summary>What a data folder is searched for.</summary>
    internal static ExampleKind Kind { get; } = new("clips", [.. ImageDecoder.AnimationExtensions, .. VideoExtensions, "folders of frames"], Below, EachClassIsHeldBack: true);

    /// <summary>The limits of videos.</summary>
    public FfmpegVideo Ffmpeg { get; init; } = new();

    /// <summary>The limits of images.</summary>
    public ImageDecoder Decoder { get; init; } = new();

    /// <summary>Frames, height, width and channels of every clip.</summary>
    public Shape ClipShape => (frames, side, side, colour == ColourMode.Rgb ? 3 : 1);

    /// <summary>The clips in a folder and below it, in order of their paths.</summary>
    /// <param name="root">A class's folder.</param>
    /// <exception cref="DataException">Frames lie beside each other without a folder that says whose they are.</exception>
    public static IReadOnlyList<string> Below(string root)
    {
        var clips = new List<string>();
        foreach (var folder in ImageFolder.FoldersBelow(root))
        {
            clips.AddRange(ImageFolder.FilesIn(folder, [.. ImageDecoder.AnimationExtensions, .. VideoExtensions]));
            if (!ImageFolder.FilesIn(folder, s_stills).Any()) continue;
            if (folder == root) throw new DataException($"{root}: holds frames of no clip. Put the frames of each clip into a folder of their own.");
            clips.Add(folder);
        }
        return clips;
    }

    /// <summary>The clips that a path means: itself, or those below it.</summary>
    /// <param name="path">A clip, a folder of frames, or a folder of clips.</param>
    /// <exception cref="DataException">There are none.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        if (!Directory.Exists(path)) return File.Exists(path) ? [path] : throw new DataException($"{path}: no such file or folder.");
        if (ImageFolder.FilesIn(path, s_stills).Any()) return [path];
        return Below(path) is { Count: > 0 } clips ? clips : throw new DataException($"{path}: no clips in this folder. Looked for: {string.Join(' ', Kind.Extensions)}.");
    }

    /// <summary>Throws unless every clip's kind can be read on this machine.</summary>
    /// <exception cref="DataException">There are videos, but no ffmpeg.</exception>
    public void RequireReadable(IEnumerable<string> clips)
    {
        if (clips.FirstOrDefault(IsVideo) is { } video) Ffmpeg.RequireProgram(video);
    }

    /// <summary>Reads a clip.</summary>
    /// <param name="path">A file, or a folder of frames in order of the numbers in their names.</param>
    /// <returns>Bytes of <see cref="ClipShape"/>.</returns>
    /// <exception cref="DataException">It cannot be read, or has too few frames; the message names it.</exception>
    public byte[] Read(string path)
    {
        if (IsVideo(path)) Decoder.MustLieWithin(path);
        if (IsVideo(path)) return Ffmpeg.Read(path, side, side, colour, frames, count => Sample(path, count));
        var pictures = Directory.Exists(path) ? FramesOf(path) : Decoder.DecodeFrames(path, colour, count => Sample(path, count));
        var clip = new byte[ClipShape.Count];
        var at = 0;
        foreach (var picture in pictures)
        {
            picture.ResizeNearest(side, side).Pixels.CopyTo(clip, at);
            at += clip.Length / frames;
        }
        return clip;
    }

    private static bool IsVideo(string path) => VideoExtensions.Contains(Path.GetExtension(path).ToLowerInvariant()) && !Directory.Exists(path);

    private IEnumerable<PixelImage> FramesOf(string folder)
    {
        var files = ImageFolder.FilesIn(folder, s_stills).Order(NumberedNames.Instance).ToList();
        (string File, PixelImage Picture)? first = null;
        foreach (var index in Sample(folder, files.Count))
        {
            var picture = Decoder.Decode(files[index], colour);
            first ??= (files[index], picture);
            if ((picture.Width, picture.Height) != (first.Value.Picture.Width, first.Value.Picture.Height))
                throw new BadImageException($"{files[index]}: {picture.Width}x{picture.Height} pixels, but {Path.GetFileName(first.Value.File)} of the same clip has {first.Value.Picture.Width}x{first.Value.Picture.Height}. The frames of a clip have one size.");
            yield return picture;
        }
    }

    // The middles of as many equal parts.
    private int[] Sample(string path, int count) => count >= frames
        ? [.. Enumerable.Range(0, frames).Select(i => (int)((2L * i + 1) * count / (2L * frames)))]
        : throw new BadImageException($"{path}: {(count == 0 ? "no frames" : count == 1 ? "one frame only" : $"{count} frames")}, but a clip needs {frames}. Use longer clips, or fewer --frames.");

    /// <summary>Orders names as people count: frame2 before frame10.</summary>
    private sealed class NumberedNames : IComparer<string>
    {
        public static NumberedNames Instance { get; } = new();

        public int Compare(string? x, string? y)
        {
            var (a, b) = (x ?? "", y ?? "");
            var (i, j) = (0, 0);
            while (i < a.Length && j < b.Length)
            {
                var (m, n) = (Digits(a, i), Digits(b, j));
                var order = m > 0 && n > 0 ? ByValue(a.Substring(i, m), b.Substring(j, n)) : a[i].CompareTo(b[j]);
                if (order != 0) return order;
                (i, j) = m > 0 && n > 0 ? (i + m, j + n) : (i + 1, j + 1);
            }
            return a.Length - i != b.Length - j ? a.Length - i - (b.Length - j) : string.CompareOrdinal(a, b);
        }

        private static int Digits(string text, int start)
        {
            var end = start;
            while (end < text.Length && char.IsAsciiDigit(text[end])) end++;
            return end - start;
        }

        private static int ByValue(string a, string b)
        {
            (a, b) = (a.TrimStart('0'), b.TrimStart('0'));
            return a.Length != b.Length ? a.Length - b.Length : string.CompareOrdinal(a, b);
        }
    }
}
