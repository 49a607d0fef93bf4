using System.Globalization;
using System.Text;
using Forge.Core;

namespace Forge.Models.Metrics;

/// <summary>How often each class was taken for each: rows are the truth, columns the prediction.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class ConfusionMatrix
{
    private readonly long[] _counts;

    /// <summary>A matrix of zeros.</summary>
    /// <param name="classNames">The classes, in label order; at least one.</param>
    public ConfusionMatrix(IReadOnlyList<string> classNames)
    {
        ArgumentNullException.ThrowIfNull(classNames);
        ArgumentOutOfRangeException.ThrowIfZero(classNames.Count, nameof(classNames));
        (ClassNames, _counts) = (classNames, new long[classNames.Count * classNames.Count]);
    }

    /// <summary>The classes, in label order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>How many classes.</summary>
    public int Size => ClassNames.Count;

    /// <summary>Samples of class <paramref name="actual"/> that were predicted as <paramref name="predicted"/>.</summary>
    public long this[int actual, int predicted] => _counts[Index(actual, predicted)];

    /// <summary>All samples.</summary>
    public long Total => _counts.Sum();

    /// <summary>Samples predicted right.</summary>
    public long Correct => Enumerable.Range(0, Size).Sum(c => this[c, c]);

    /// <summary>Samples whose class this is (the row's sum).</summary>
    public long Actual(int label) => Enumerable.Range(0, Size).Sum(p => this[label, p]);

    /// <summary>Samples predicted to be this class (the column's sum).</summary>
    public long Predicted(int label) => Enumerable.Range(0, Size).Sum(a => this[a, label]);

    /// <summary>Counts one sample.</summary>
    public void Add(int actual, int predicted) => _counts[Index(actual, predicted)]++;

    /// <summary>Counts a batch: the prediction is each row's largest score, the first of equals.</summary>
    /// <param name="scores">(n, classes), row-major; probabilities or logits.</param>
    /// <param name="labels">The n true classes.</param>
    /// <exception cref="ForgeException">The lengths do not fit, or a score is NaN.</exception>
    public void Add(ReadOnlySpan<float> scores, IReadOnlyList<int> labels)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (scores.Length != labels.Count * Size)
            throw new ForgeException($"{scores.Length} scores do not make {labels.Count} rows of {Size} classes.");
        for (var i = 0; i < labels.Count; i++) Add(labels[i], TopK.Best(scores.Slice(i * Size, Size)));
    }

    private int Index(int actual, int predicted) => (uint)actual < (uint)Size && (uint)predicted < (uint)Size
        ? actual * Size + predicted
        : throw new ForgeException($"Class {((uint)actual < (uint)Size ? predicted : actual)} does not exist: there are {Size} classes.");

    /// <summary>The matrix as a table; columns are numbered, rows numbered and named.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("Confusion matrix: rows are the truth, columns the prediction.\n");
        var names = ClassNames.Select((name, label) => $"{label} {name}").ToList();
        var first = names.Max(DisplayLength);
        var cell = Math.Max(_counts.Max().ToString(CultureInfo.InvariantCulture).Length, (Size - 1).ToString(CultureInfo.InvariantCulture).Length) + 2;
        text.Append(' ', first);
        for (var p = 0; p < Size; p++) text.Append(p.ToString(CultureInfo.InvariantCulture).PadLeft(cell));
        for (var a = 0; a < Size; a++)
        {
            text.Append('\n').Append(names[a]).Append(' ', first - DisplayLength(names[a]));
            for (var p = 0; p < Size; p++) text.Append(this[a, p].ToString(CultureInfo.InvariantCulture).PadLeft(cell));
        }
        return text.Append('\n').ToString();
    }

    /// <summary>Characters as a reader counts them, so that accents written as two code points don't shift a column.</summary>
    internal static int DisplayLength(string text) => new StringInfo(text).LengthInTextElements;
}
