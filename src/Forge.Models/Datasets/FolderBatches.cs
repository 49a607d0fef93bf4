using System.Collections.Concurrent;
using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Batches of the images below a folder (Keras's flow_from_directory).</summary>
public sealed class FolderBatches : BatchSource
{
    private const int SkippedNamesShown = 10;

    private readonly IReadOnlyList<(string Path, int Class)> _files;
    private readonly ConcurrentDictionary<int, byte[]> _cache = new();
    private long _cacheLeft;

    internal FolderBatches(ImageDataGenerator generator, string folder, FlowOptions options) : base(generator, options)
    {
        var (height, width) = options.TargetSize;
        if (height < 1 || width < 1 || height > ushort.MaxValue || width > ushort.MaxValue)
            throw new ForgeException($"The target size is {height}x{width}, but each side must be 1 to 65535.");
        ImageShape = (height, width, options.Colour == ColourMode.Rgb ? 3 : 1);
        _cacheLeft = options.CacheBytes;
        var found = ImageFolder.Scan(folder, options.Classes, options.Subset, generator.ValidationSplit);
        (_files, ClassNames) = (found.Files, found.ClassNames);
        if (options.SkipBad) (_files, Skipped) = LeaveOutBad(found.Files);
        if (_files.Count == 0) throw new DataException($"{folder}: none of its {found.Files.Count} images can be decoded; the first: {Skipped[0]}");

        options.Log?.WriteLine($"Found {_files.Count} images belonging to {ClassNames.Count} classes.");
        if (Skipped.Count == 0) return;
        options.Log?.WriteLine($"Skipped {Skipped.Count} images that cannot be decoded:");
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

    private protected override int ClassOf(int index) => _files[index].Class;

    private protected override void ReadPixels(int index, Span<byte> target)
    {
        if (!_cache.TryGetValue(index, out var pixels))
        {
            pixels = Decode(_files[index].Path);
            Keep(index, pixels);
        }
        pixels.CopyTo(target);
    }

    private byte[] Decode(string path) =>
        Options.Decoder.Decode(path, Options.Colour).ResizeNearest(ImageShape[0], ImageShape[1]).Pixels;

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
                var pixels = Decode(files[i].Path);
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
