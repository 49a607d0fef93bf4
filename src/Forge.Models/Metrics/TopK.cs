using Forge.Core;

namespace Forge.Models.Metrics;

/// <summary>The best classes of a row of scores.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class TopK
{
    /// <summary>The index of the largest score, the first of equals.</summary>
    /// <exception cref="ForgeException">A score is NaN, or there are none.</exception>
    public static int Best(ReadOnlySpan<float> scores)
    {
        if (scores.IsEmpty) throw new ForgeException("There are no scores to choose from.");
        var best = 0;
        for (var i = 0; i < scores.Length; i++)
        {
            if (float.IsNaN(scores[i])) throw new ForgeException($"The score of class {i} is NaN: the model has diverged. Use an earlier checkpoint or a lower learning rate.");
            if (scores[i] > scores[best]) best = i;
        }
        return best;
    }

    /// <summary>The <paramref name="k"/> largest scores with their classes, largest first, the lower class first among equals.</summary>
    public static IReadOnlyList<(int Class, float Score)> Of(ReadOnlySpan<float> scores, int k)
    {
        _ = Best(scores); // refuses NaN
        var ranked = new (int Class, float Score)[scores.Length];
        for (var i = 0; i < ranked.Length; i++) ranked[i] = (i, scores[i]);
        Array.Sort(ranked, static (x, y) => x.Score != y.Score ? y.Score.CompareTo(x.Score) : x.Class - y.Class);
        return ranked[..Math.Clamp(k, 0, ranked.Length)];
    }

    /// <summary>How many rows have their label among the <paramref name="k"/> best: fewer than k scores are larger (Keras's in_top_k).</summary>
    /// <param name="scores">(n, classes), row-major.</param>
    /// <param name="labels">The n true classes.</param>
    /// <param name="k">At least 1.</param>
    /// <exception cref="ForgeException">The lengths do not fit, a label is out of range, or a score is NaN.</exception>
    public static int CountHits(ReadOnlySpan<float> scores, IReadOnlyList<int> labels, int k)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (labels.Count == 0) return 0;
        if (scores.Length % labels.Count != 0) throw new ForgeException($"{scores.Length} scores do not make {labels.Count} rows.");
        var (classes, hits) = (scores.Length / labels.Count, 0);
        for (var i = 0; i < labels.Count; i++)
        {
            var row = scores.Slice(i * classes, classes);
            _ = Best(row);
            if ((uint)labels[i] >= (uint)classes) throw new ForgeException($"Label {i} is {labels[i]}, but there are {classes} classes.");
            var larger = 0;
            foreach (var score in row) larger += score > row[labels[i]] ? 1 : 0;
            hits += larger < k ? 1 : 0;
        }
        return hits;
    }
}
