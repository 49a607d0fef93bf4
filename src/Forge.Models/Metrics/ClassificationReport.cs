using System.Globalization;
using System.Text;

namespace Forge.Models.Metrics;

/// <summary>Precision, recall and F1 of one class or of an average over classes.</summary>
/// <param name="Name">The class, or the average's name.</param>
/// <param name="Precision">Right among those predicted so; 0 if none was.</param>
/// <param name="Recall">Found among those that are so; 0 if none is.</param>
/// <param name="F1">2PR / (P + R); 0 if both are.</param>
/// <param name="Support">Samples that are so.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClassScores(string Name, double Precision, double Recall, double F1, long Support);

/// <summary>What a confusion matrix says about each class and about all of them.</summary>
/// <param name="Classes">Each class's scores, in label order.</param>
/// <param name="Accuracy">The fraction predicted right.</param>
/// <param name="Micro">Over all samples at once: with one label a sample, precision, recall and F1 all equal the accuracy.</param>
/// <param name="Macro">The plain mean over classes, those without samples included.</param>
/// <param name="Weighted">The mean over classes weighted by support.</param>
/// <param name="Warnings">Which scores are 0 because nothing defines them.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ClassificationReport(
    IReadOnlyList<ClassScores> Classes, double Accuracy, ClassScores Micro, ClassScores Macro, ClassScores Weighted, IReadOnlyList<string> Warnings)
{
    /// <summary>Computes the report; undefined scores are 0 with a warning, never NaN.</summary>
    public static ClassificationReport From(ConfusionMatrix matrix)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        var (classes, absent, never) = (new List<ClassScores>(), new List<string>(), new List<string>());
        for (var label = 0; label < matrix.Size; label++)
        {
            var (right, actual, predicted, name) = (matrix[label, label], matrix.Actual(label), matrix.Predicted(label), matrix.ClassNames[label]);
            if (actual == 0) absent.Add($"'{name}'");
            if (predicted == 0) never.Add($"'{name}'");
            var (precision, recall) = (Ratio(right, predicted), Ratio(right, actual));
            classes.Add(new(name, precision, recall, F1Of(precision, recall), actual));
        }
        var total = matrix.Total;
        var warnings = new List<string>();
        if (absent.Count > 0) warnings.Add($"{string.Join(", ", absent)} {(absent.Count == 1 ? "has no samples: its" : "have no samples: their")} recall counts as 0.");
        if (never.Count > 0) warnings.Add($"{string.Join(", ", never)} {(never.Count == 1 ? "was never predicted: its" : "were never predicted: their")} precision counts as 0.");
        if (total == 0) warnings.Add("There are no samples at all: every score counts as 0.");
        var accuracy = Ratio(matrix.Correct, total);
        return new(classes, accuracy, new("micro avg", accuracy, accuracy, accuracy, total),
            Mean("macro avg", _ => 1.0 / classes.Count), Mean("weighted avg", c => Ratio(c.Support, total)), warnings);

        ClassScores Mean(string name, Func<ClassScores, double> weight) =>
            new(name, classes.Sum(c => weight(c) * c.Precision), classes.Sum(c => weight(c) * c.Recall), classes.Sum(c => weight(c) * c.F1), total);
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;

    private static double F1Of(double precision, double recall) => precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);

    /// <summary>The table people know from scikit-learn, with warnings below.</summary>
    public override string ToString()
    {
        var width = Classes.Concat([Weighted]).Max(c => ConfusionMatrix.DisplayLength(c.Name));
        var text = new StringBuilder().Append(' ', width).Append("  precision    recall  f1-score   support\n\n");
        foreach (var one in Classes) Row(one);
        text.Append('\n').Append("accuracy".PadLeft(width)).Append(Number(Accuracy).PadLeft(31)).Append(Micro.Support.ToString(CultureInfo.InvariantCulture).PadLeft(10)).Append('\n');
        Row(Macro);
        Row(Weighted);
        foreach (var warning in Warnings) text.Append("Warning: ").Append(warning).Append('\n');
        return text.ToString();

        void Row(ClassScores scores)
        {
            text.Append(' ', width - ConfusionMatrix.DisplayLength(scores.Name)).Append(scores.Name).Append(' ');
            foreach (var value in (double[])[scores.Precision, scores.Recall, scores.F1]) text.Append(Number(value).PadLeft(10));
            text.Append(scores.Support.ToString(CultureInfo.InvariantCulture).PadLeft(10)).Append('\n');
        }

        static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
    }
}
