using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Training;

/// <summary>Batches of inputs and targets in memory.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class TensorBatches : IBatches
{
    // Keeps shuffles apart from other draws under the same seed ("shuf").
    private const uint ShufflePurpose = 0x73687566;

    private readonly HostTensor _x, _y;
    private readonly bool _shuffle;
    private readonly ulong _seed;
    private readonly int[] _order;
    private int _orderPass = -1;
    private BatchPosition _position;

    /// <summary>Takes the tensors as they are, without copying.</summary>
    /// <param name="x">Inputs (n, ...).</param>
    /// <param name="y">Targets (n, ...).</param>
    /// <param name="batchSize">Rows of a batch, at least 1; the last of a pass may be smaller.</param>
    /// <param name="shuffle">Whether each pass has an order of its own.</param>
    /// <param name="seed">Decides the orders.</param>
    /// <exception cref="DataException">There are no rows, or not as many inputs as targets.</exception>
    public TensorBatches(HostTensor x, HostTensor y, int batchSize = 32, bool shuffle = true, ulong seed = 1)
    {
        if (x.Shape.Rank == 0 || y.Shape.Rank == 0 || x.Shape[0] == 0 || x.Shape[0] != y.Shape[0])
            throw new DataException($"Inputs {x.Shape} and targets {y.Shape} must have the same number of rows, at least one.");
        if (batchSize < 1) throw new DataException($"The batch size is {batchSize}, but must be at least 1.");
        (_x, _y, BatchSize, _shuffle, _seed, _order) = (x, y, batchSize, shuffle, seed, new int[x.Shape[0]]);
    }

    /// <inheritdoc/>
    public int Count => _order.Length;

    /// <inheritdoc/>
    public int BatchSize { get; }

    /// <inheritdoc/>
    public int BatchesPerPass => (Count + BatchSize - 1) / BatchSize;

    /// <summary>None: the targets say what they mean.</summary>
    public IReadOnlyList<string> ClassNames => [];

    /// <inheritdoc/>
    public Shape ImageShape => new(_x.Shape.Extents[1..]);

    /// <inheritdoc/>
    public BatchPosition Position
    {
        get => _position;
        set => _position = value.Pass >= 0 && value.Batch >= 0 && value.Batch < BatchesPerPass
            ? value
            : throw new DataException($"Batch {value.Batch} of pass {value.Pass} does not exist: a pass has {BatchesPerPass} batches of {BatchSize}. Resume with the same data and batch size.");
    }

    /// <inheritdoc/>
    public Batch NextBatch(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (_orderPass != _position.Pass) Reorder();
        var at = _position;
        var indexes = _order.AsSpan(at.Batch * BatchSize, Math.Min(BatchSize, Count - at.Batch * BatchSize)).ToArray();
        _position = at.Batch + 1 < BatchesPerPass ? at with { Batch = at.Batch + 1 } : new(at.Pass + 1, 0);
        return new(_x.Rows(indexes), _y.Rows(indexes), Matrices: null, indexes, Classes: [], at);
    }

    /// <summary>Frees nothing: the tensors are the caller's.</summary>
    public void Dispose() { }

    private void Reorder()
    {
        _orderPass = _position.Pass;
        if (_shuffle) new PhiloxSequence(_seed, ShufflePurpose, (uint)_orderPass).Permute(_order);
        else for (var i = 0; i < _order.Length; i++) _order[i] = i;
    }
}
