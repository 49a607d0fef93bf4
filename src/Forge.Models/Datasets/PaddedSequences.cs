using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Sequences of different lengths as one tensor.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class PaddedSequences
{
    /// <summary>Sequences one a row, with padding behind what each has: layers leave padding out after a <see cref="Layers.Masking"/> of the same value.</summary>
    /// <param name="sequences">At least one, each f32 (steps, features).</param>
    /// <param name="steps">Steps of a row; the longest sequence's when left out.</param>
    /// <param name="padding">The value of every feature of a step that is not there.</param>
    /// <returns>f32 (n, steps, features).</returns>
    /// <exception cref="DataException">There is none, one is longer than a row, or they do not have the same features.</exception>
    public static HostTensor Pad(IReadOnlyList<HostTensor> sequences, int? steps = null, float padding = 0)
    {
        if (sequences.Count == 0) throw new DataException("There is no sequence to pad.");
        for (var i = 0; i < sequences.Count; i++)
            if (sequences[i].Type.DType != DType.F32 || sequences[i].Shape.Rank != 2)
                throw new DataException($"Sequence {i} is {sequences[i].Type}; f32 (steps, features) is needed.");
        var (rows, features) = (steps ?? sequences.Max(s => s.Shape[0]), sequences[0].Shape[1]);
        var padded = new HostTensor(new(DType.F32, (sequences.Count, rows, features)));
        padded.Span<float>().Fill(padding);
        for (var i = 0; i < sequences.Count; i++)
        {
            var (length, width) = (sequences[i].Shape[0], sequences[i].Shape[1]);
            if (width != features) throw new DataException($"Sequence {i} has {width} features a step, sequence 0 has {features}. All need the same.");
            if (length > rows) throw new DataException($"Sequence {i} has {length} steps, but there is room for {rows}. Cut it, or allow more steps.");
            sequences[i].Span<float>().CopyTo(padded.Span<float>()[(i * rows * features)..]);
        }
        return padded;
    }
}
