using System.Text;
using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models.Training;

/// <summary>A model as a table: each layer with its output and parameters, and the totals.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class ModelSummary
{
    /// <summary>The table, as Keras prints it.</summary>
    /// <param name="model">A model whose input shape is known.</param>
    /// <exception cref="ForgeException">The input shape is not known.</exception>
    public static string Of(Model model)
    {
        var parameters = model.Parameters;
        string[][] rows = [["Layer (type)", "Output Shape", "Param #"], .. model.Layers.Select(Row)];
        var widths = Enumerable.Range(0, 3).Select(i => rows.Max(r => r[i].Length) + 2).ToArray();
        var text = new StringBuilder();
        text.AppendLine($"Model: \"{model.Name}\"");
        Line('┏', '┳', '┓', '━');
        Cells(rows[0], '┃');
        Line('┡', '╇', '┩', '━');
        for (var i = 1; i < rows.Length; i++)
        {
            Cells(rows[i], '│');
            if (i + 1 < rows.Length) Line('├', '┼', '┤', '─');
        }
        Line('└', '┴', '┘', '─');
        var (all, trainable) = (Count(parameters), Count(parameters.Where(p => p.Trainable)));
        text.AppendLine($" Total params: {all:N0} ({Size(4 * all)})");
        text.AppendLine($" Trainable params: {trainable:N0} ({Size(4 * trainable)})");
        text.Append($" Non-trainable params: {all - trainable:N0} ({Size(4 * (all - trainable))})");
        return text.ToString();

        void Line(char left, char middle, char right, char fill) =>
            text.Append(left).AppendJoin(middle, widths.Select(w => new string(fill, w))).Append(right).AppendLine();

        // Names to the left, counts to the right, as a column of numbers is read.
        void Cells(string[] row, char edge) => text.Append(edge).AppendJoin(edge,
            [$" {row[0]}".PadRight(widths[0]), $" {row[1]}".PadRight(widths[1]), $"{row[2]} ".PadLeft(widths[2])]).Append(edge).AppendLine();
    }

    /// <summary>The elements of some parameters.</summary>
    public static long Count(IEnumerable<Parameter> parameters) => parameters.Sum(p => (long)p.Type.Count);

    /// <summary>Bytes in the unit that reads best: 18.42 MB.</summary>
    internal static string Size(double bytes) => bytes switch
    {
        < 1024 => $"{bytes:0} B",
        < 1024 * 1024 => $"{bytes / 1024:0.00} KB",
        < 1024.0 * 1024 * 1024 => $"{bytes / (1024 * 1024):0.00} MB",
        _ => $"{bytes / (1024.0 * 1024 * 1024):0.00} GB",
    };

    private static string[] Row(Layer layer) =>
        [$"{layer.Name} ({layer.GetType().Name})", $"({string.Join(", ", ["None", .. layer.OutputShape!.Select(e => e.ToString())])})", $"{Count(layer.Parameters):N0}"];
}
