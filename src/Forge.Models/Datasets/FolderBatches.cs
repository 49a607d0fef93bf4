using System.Collections.Concurrent;
using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Batches of the images below a folder (Keras's flow_from_directory), or of its clips.</summary>
/// <threadsafety>One thread at a time; examples are written on several others.</threadsafety>
public sealed class FolderBatches : BatchSource
{
    private const int SkippedNamesShown = 10;

    private readonly Func<string, byte[]> _decode;
    private readonly IReadOnlyList<(string Path, int Class)> _files;
    private readonly ConcurrentDictionary<int, byte[]> _cache = new();
    private long _cacheLeft;

    internal FolderBatches(ImageDataGenerator generator, string folder, FlowOptions options)
        : this(generator, options, ImageFolder.Scan(folder, options.Classes, options.Subset, generator.ValidationSplit), ShapeOf(options), "images", DecoderOf(folder, options)) { }

    /// <summary>Batches of what a folder was found to have.</summary>
    /// <param name="generator">What is done with images.</param>
    /// <param name="options">Batch, order and the rest.</param>
    /// <param name="found">The files and classes.</param>
    /// <param name="shape">What a decoded file is.</param>
    /// <param name="kind">What files are called in messages.</param>
    /// <param name="decode">Reads a file. Called from several threads.</param>
    internal FolderBatches(ImageDataGenerator generator, FlowOptions options, ImageFolder found, Shape shape, string kind, Func<string, byte[]> decode) : base(generator, options)
    {
        (ImageShape, _decode, _cacheLeft) = (shape, decode, options.CacheBytes);
        (_files, ClassNames) = (found.Files, found.ClassNames);
        if (options.SkipBad) (_files, Skipped) = LeaveOutBad(found.Files);
        if (_files.Count == 0) throw new DataException($"{found.Folder}: none of its {found.Files.Count} {kind} can be decoded; the first: {Skipped[0]}");

        options.Log?.WriteLine($"Found {_files.Count} {kind} belonging to {ClassNames.Count} classes.");
        if (Skipped.Count == 0) return;
        options.Log?.WriteLine($"Skipped {Skipped.Count} {kind} that cannot be decoded:");
        foreach (var problem in Skipped.Take(SkippedNamesShown)) options.Log?.WriteLine("  " + problem);
        if (Skipped.Count > SkippedNamesShown) options.Log?.WriteLine($"  and {Skipped.Count - SkippedNamesShown} more");
    }

    /// <inheritdoc/>
    public override int Count => _files.Count;

    /// <inheritdoc/>
    public override IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public override Shape ImageShape { get; }

    /// <summary>Why each image that was left out was left out; empty unless <see cref="FlowOptions.SkipBad"/> is set.</summary>
    public override IReadOnlyList<string> Skipped { get; } = [];

    /// <summary>The file of image <paramref name="index"/>.</summary>
    public string PathOf(int index) => _files[index].Path;

    private protected override int ClassOf(int index, int pass) => _files[index].Class;

    private protected override void ReadPixels(int index, int pass, Span<byte> target)
    {
        if (!_cache.TryGetValue(index, out var pixels))
        {
            pixels = _decode(_files[index].Path);
            Keep(index, pixels);
        }
        pixels.CopyTo(target);
    }

    private static Shape ShapeOf(FlowOptions options)
    {
        var (height, width) = options.TargetSize;
        if (height < 1 || width < 1 || height > ushort.MaxValue || width > ushort.MaxValue)
            throw new ForgeException($"The target size is {height}x{width}, but each side must be 1 to 65535.");
        return (height, width, options.Colour == ColourMode.Rgb ? 3 : 1);
    }

    private static Func<string, byte[]> DecoderOf(string folder, FlowOptions options)
    {
        var decoder = options.Decoder with { Within = folder };
        return path => decoder.Decode(path, options.Colour).ResizeNearest(options.TargetSize.Height, options.TargetSize.Width).Pixels;
    }

    private void Keep(int index, byte[] pixels)
    {
        if (Interlocked.Add(ref _cacheLeft, -pixels.Length) >= 0 && _cache.TryAdd(index, pixels)) return;
        Interlocked.Add(ref _cacheLeft, pixels.Length);
    }

    // Every image is decoded once, so that the number of batches is known and a resumed run sees the same order.
    private (IReadOnlyList<(string, int)> Good, IReadOnlyList<string> Bad) LeaveOutBad(IReadOnlyList<(string Path, int Class)> files)
    {
        var (decoded, problems) = (new byte[files.Count][], new string?[files.Count]);
        var budget = Options.CacheBytes;
        Parallel.For(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = Options.Workers > 0 ? Options.Workers : Environment.ProcessorCount }, i =>
        {
            try
            {
                var pixels = _decode(files[i].Path);
                if (Interlocked.Add(ref budget, -pixels.Length) >= 0) decoded[i] = pixels;
            }
            catch (DataException e)
            {
                problems[i] = e.Message;
            }
        });
        var (good, bad) = (new List<(string, int)>(), new List<string>());
        for (var i = 0; i < files.Count; i++)
        {
            if (problems[i] is { } problem)
            {
                bad.Add(problem);
                continue;
            }
            if (decoded[i] is { } pixels) Keep(good.Count, pixels);
            good.Add(files[i]);
        }
        return (good, bad);
    }
}
