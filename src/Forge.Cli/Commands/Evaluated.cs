using System.Text.Json;
using Forge.Models.Metrics;

namespace Forge.Cli.Commands;

/// <summary>A judged data set as an event.</summary>
internal static class Evaluated
{
    /// <summary>Writes an event with every score and the confusion matrix.</summary>
    public static void WriteEvent(Report report, string name, ConfusionMatrix matrix, ClassificationReport scores, Action<Utf8JsonWriter>? more) => report.Event(name, writer =>
    {
        writer.WriteNumber("images", matrix.Total);
        writer.WriteNumberOrNull("accuracy", scores.Accuracy);
        foreach (var (member, average) in ((string, ClassScores)[])[("micro", scores.Micro), ("macro", scores.Macro), ("weighted", scores.Weighted)])
        {
            writer.WriteStartObject(member);
            Write(writer, average);
            writer.WriteEndObject();
        }
        writer.WriteStartArray("classes");
        foreach (var one in scores.Classes)
        {
            writer.WriteStartObject();
            writer.WriteString("name", one.Name);
            Write(writer, one);
            writer.WriteNumber("support", one.Support);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("confusion");
        for (var actual = 0; actual < matrix.Size; actual++)
        {
            writer.WriteStartArray();
            for (var predicted = 0; predicted < matrix.Size; predicted++) writer.WriteNumberValue(matrix[actual, predicted]);
            writer.WriteEndArray();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("warnings");
        foreach (var warning in scores.Warnings) writer.WriteStringValue(warning);
        writer.WriteEndArray();
        more?.Invoke(writer);
    });

    private static void Write(Utf8JsonWriter writer, ClassScores scores)
    {
        writer.WriteNumberOrNull("precision", scores.Precision);
        writer.WriteNumberOrNull("recall", scores.Recall);
        writer.WriteNumberOrNull("f1", scores.F1);
    }
}
