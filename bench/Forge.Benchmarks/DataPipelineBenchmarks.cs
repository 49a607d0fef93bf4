using BenchmarkDotNet.Attributes;
using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Training;
using SkiaSharp;

namespace Forge.Benchmarks;

/// <summary>Batches of 32: pictures from a folder, decoded, resized and perhaps warped on the host, and rows of tensors in memory. No device is needed.</summary>
[MemoryDiagnoser]
public class DataPipelineBenchmarks
{
    private const int Pictures = 64, PictureSide = 200, Side = 150;
    private string _folder = "";
    private FolderBatches _decoded = null!, _warped = null!, _cached = null!;
    private TensorBatches _rows = null!;

    [GlobalSetup]
    public void SetUp()
    {
        _folder = Directory.CreateTempSubdirectory("forge benchmark ").FullName;
        for (var i = 0; i < Pictures; i++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder, i % 2 == 0 ? "even" : "odd")).FullName;
            File.WriteAllBytes(Path.Combine(folder, $"{i}.jpg"), Picture(i));
        }
        var plain = new ImageDataGenerator { Rescale = 1 / 255f };
        var flow = new FlowOptions { TargetSize = (Side, Side), Warp = WarpPlace.Nowhere, Prefetch = 0, CacheBytes = 0 };
        _decoded = plain.FlowFromDirectory(_folder, flow);
        _cached = plain.FlowFromDirectory(_folder, flow with { CacheBytes = 256L << 20 });
        _warped = (plain with { ShearRange = 0.2, ZoomRange = 0.2, HorizontalFlip = true }).FlowFromDirectory(_folder, flow with { Warp = WarpPlace.Host, CacheBytes = 256L << 20 });
        _rows = new(new HostTensor(new(DType.U8, (4096, 28, 28, 1))), new HostTensor(new(DType.F32, (4096, 10))));
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        foreach (IDisposable batches in (IDisposable[])[_decoded, _warped, _cached, _rows]) batches.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Files are read, JPEG is decoded, pictures are resized.</summary>
    [Benchmark]
    public Batch DecodedPictures() => _decoded.NextBatch();

    /// <summary>Decoded pictures come out of the cache: what is left is copying them together.</summary>
    [Benchmark]
    public Batch CachedPictures() => _cached.NextBatch();

    /// <summary>The article's augmentation, on the host, of cached pictures.</summary>
    [Benchmark]
    public Batch WarpedPictures() => _warped.NextBatch();

    /// <summary>Shuffled rows of 28x28 bytes.</summary>
    [Benchmark]
    public Batch RowsInMemory() => _rows.NextBatch();

    private static byte[] Picture(int number)
    {
        using var bitmap = new SKBitmap(PictureSide, PictureSide);
        for (var y = 0; y < PictureSide; y++)
            for (var x = 0; x < PictureSide; x++)
                bitmap.SetPixel(x, y, new((byte)(x * number), (byte)(y * 3 + number), (byte)(x ^ y)));
        using var encoded = bitmap.Encode(SKEncodedImageFormat.Jpeg, 90);
        return encoded.ToArray();
    }
}
