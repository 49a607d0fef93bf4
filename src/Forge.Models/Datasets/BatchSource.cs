using System.Runtime.ExceptionServices;
using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Order, position and prefetch, the same for pictures in memory, pictures and clips in folders, and clips that are made.</summary>
/// <remarks>
/// Batches are prepared in order, one after the other, by up to <see cref="FlowOptions.Workers"/> threads each; at most
/// <see cref="FlowOptions.Prefetch"/> + 1 exist ahead of the caller. What a batch holds depends on its position alone. One caller at a time.
/// </remarks>
/// <threadsafety>One thread at a time; examples are written on several others.</threadsafety>
public abstract class BatchSource : IBatches
{
    // Keeps shuffles apart from other draws under the same seed ("shuf").
    private const uint ShufflePurpose = 0x73687566;

    private readonly Queue<Task<Batch>> _ahead = new();
    private CancellationTokenSource _stop = new();
    private Task _last = Task.CompletedTask;
    private BatchPosition _position, _nextAhead;
    private int[] _order = [];
    private int _orderPass = -1;
    private bool _disposed;

    private protected BatchSource(ImageDataGenerator generator, FlowOptions options)
    {
        generator.Validate();
        if (options.BatchSize < 1) throw new ForgeException($"The batch size is {options.BatchSize}, but must be at least 1.");
        if (options.Warp == WarpPlace.Nowhere && generator.Augments)
            throw new ForgeException("The generator augments, but the flow options say that images are warped nowhere. Warp on the device or the host.");
        if (options.Prefetch < 0 || options.Workers < 0) throw new ForgeException("Prefetch and Workers must not be negative.");
        (Generator, Options) = (generator, options);
    }

    private protected ImageDataGenerator Generator { get; }

    private protected FlowOptions Options { get; }

    /// <inheritdoc/>
    public abstract int Count { get; }

    /// <inheritdoc/>
    public int BatchSize => Options.BatchSize;

    /// <inheritdoc/>
    public int BatchesPerPass => (Count + BatchSize - 1) / BatchSize;

    /// <inheritdoc/>
    public abstract IReadOnlyList<string> ClassNames { get; }

    /// <inheritdoc/>
    public abstract Shape ImageShape { get; }

    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Skipped => [];

    /// <inheritdoc/>
    public BatchPosition Position
    {
        get => _position;
        set
        {
            if (value.Pass < 0 || value.Batch < 0 || value.Batch >= BatchesPerPass)
                throw new DataException($"Batch {value.Batch} of pass {value.Pass} does not exist: a pass has {BatchesPerPass} batches of {BatchSize}. Resume with the same data and batch size.");
            Forget();
            _position = value;
        }
    }

    /// <summary>Writes example <paramref name="index"/>, resized and in the colours wanted, bytes of <see cref="ImageShape"/>. Called from several threads.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="pass">The pass over the data, for examples that are made anew in each.</param>
    /// <param name="target">Where they go.</param>
    private protected abstract void ReadPixels(int index, int pass, Span<byte> target);

    /// <summary>The class of example <paramref name="index"/>.</summary>
    /// <inheritdoc cref="ReadPixels"/>
    private protected abstract int ClassOf(int index, int pass);

    /// <inheritdoc/>
    public Batch NextBatch(CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellation.ThrowIfCancellationRequested();
        if (_ahead.Count == 0) _nextAhead = _position;
        while (_ahead.Count <= Options.Prefetch) Prepare();
        var head = _ahead.Peek();
        try
        {
            head.Wait(cancellation);
        }
        catch (AggregateException failure)
        {
            Forget();
            ExceptionDispatchInfo.Throw(failure.GetBaseException());
        }
        _ahead.Dequeue();
        _position = After(_position);
        return head.Result;
    }

    private BatchPosition After(BatchPosition position) =>
        position.Batch + 1 < BatchesPerPass ? new(position.Pass, position.Batch + 1) : new(position.Pass + 1, 0);

    private void Prepare()
    {
        var (at, previous, stop) = (_nextAhead, _last, _stop.Token);
        var order = OrderOf(at.Pass);
        var indexes = order.AsSpan(at.Batch * BatchSize, Math.Min(BatchSize, order.Length - at.Batch * BatchSize)).ToArray();
        var task = Task.Run(async () =>
        {
            // In order: a later batch must not take threads from an earlier one. A failure before is its own caller's to see.
            await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            stop.ThrowIfCancellationRequested();
            return Assemble(indexes, at, stop);
        }, CancellationToken.None);
        (_last, _nextAhead) = (task, After(at));
        _ahead.Enqueue(task);
    }

    private int[] OrderOf(int pass)
    {
        if (pass == _orderPass) return _order;
        var order = new int[Count];
        if (Options.Shuffle) new PhiloxSequence(Options.Seed, ShufflePurpose, (uint)pass).Permute(order);
        else for (var i = 0; i < order.Length; i++) order[i] = i;
        (_order, _orderPass) = (order, pass);
        return order;
    }

    private Batch Assemble(int[] indexes, BatchPosition at, CancellationToken stop)
    {
        var (height, width, channels) = (ImageShape[-3], ImageShape[-2], ImageShape[-1]); // of a clip, its frames'
        var (n, pixels) = (indexes.Length, ImageShape.Count);
        var onDevice = Options.Warp == WarpPlace.Device;
        var images = new HostTensor(new(Options.Warp == WarpPlace.Host ? DType.F32 : DType.U8, new Shape([n, .. ImageShape.Extents])));
        var matrices = onDevice ? new HostTensor(new(DType.F32, (n, 2, 3))) : null;
        var failures = new Exception?[n];
        Parallel.For(0, n, new ParallelOptions { MaxDegreeOfParallelism = Options.Workers > 0 ? Options.Workers : Environment.ProcessorCount, CancellationToken = stop }, i =>
        {
            try
            {
                if (images.Type.DType == DType.U8) ReadPixels(indexes[i], at.Pass, images.Span<byte>().Slice(i * pixels, pixels));
                if (Options.Warp == WarpPlace.Nowhere) return;
                var matrix = Generator.MatrixFor(Options.Seed, at.Pass, indexes[i], height, width);
                if (matrices is not null)
                {
                    matrix.CopyTo(matrices.Span<float>().Slice(i * 6, 6));
                    return;
                }
                var bytes = System.Buffers.ArrayPool<byte>.Shared.Rent(pixels);
                ReadPixels(indexes[i], at.Pass, bytes.AsSpan(0, pixels));
                AffineWarp.OnHost(bytes, images.Span<float>().Slice(i * pixels, pixels), height, width, channels, matrix,
                    Generator.FillMode, Generator.FillValue, Generator.InterpolationOrder, Generator.Rescale);
                System.Buffers.ArrayPool<byte>.Shared.Return(bytes);
            }
            catch (Exception e) when (e is ForgeException or IOException)
            {
                failures[i] = e;
            }
        });
        // The first in the batch's order, whichever thread failed first.
        if (Array.Find(failures, e => e is not null) is { } failure) ExceptionDispatchInfo.Throw(failure);

        var labels = new HostTensor(new(DType.F32, (n, ClassNames.Count)));
        var classes = new int[n];
        for (var i = 0; i < n; i++)
        {
            classes[i] = ClassOf(indexes[i], at.Pass);
            labels.Span<float>()[i * ClassNames.Count + classes[i]] = 1;
        }
        return new(images, labels, matrices, indexes, classes, at)
        {
            Warp = onDevice ? new(Generator.FillMode, Generator.FillValue, Generator.InterpolationOrder, Generator.Rescale) : null,
        };
    }

    // Drops what was prepared ahead and waits for it to end, so that nothing reads files behind the caller's back.
    private void Forget()
    {
        _stop.Cancel();
        _last.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait();
        foreach (var task in _ahead) _ = task.Exception; // observed
        _ahead.Clear();
        _stop.Dispose();
        (_stop, _last) = (new(), Task.CompletedTask);
    }

    /// <summary>Stops preparing batches.</summary>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        Forget();
        _stop.Dispose();
        GC.SuppressFinalize(this);
    }
}
