using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Layers;

namespace Forge.Models.Rnn;

/// <summary>A recurrent classifier of pictures: an image's rows from top to bottom as the steps of a sequence, one cell, a softmax over its last state.</summary>
/// <param name="Cell">One of <see cref="Cells"/>.</param>
/// <param name="Units">Numbers in the cell's state, at least 1.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RnnDesign(string Cell, int Units) : ClassifierDesign
{
    /// <summary>Its name on the command line.</summary>
    public const string Name = "rnn";

    /// <summary>Units when nothing else is said.</summary>
    public const int DefaultUnits = 128;

    /// <summary>The cells there are; the first when nothing else is said.</summary>
    public static IReadOnlyList<string> Cells { get; } = ["lstm", "gru", "simple"];

    /// <inheritdoc/>
    public override string ModelConfig => FormattableString.Invariant($$"""{"builder":"RowRnn","cell":"{{Cell}}","units":{{Units}}}""");

    /// <inheritdoc/>
    public override string SizeOptions => "--size or --units";

    /// <inheritdoc/>
    public override Sequential Build(Shape images, int classes)
    {
        if (images.Rank != 3) throw new ShapeException($"The model needs images (height, width, channels), not {images}.");
        RequireClasses(classes);
        RecurrentLayer cell = Cell switch
        {
            "lstm" => new LSTM(Units),
            "gru" => new GRU(Units),
            "simple" => new SimpleRNN(Units),
            _ => throw new ForgeException($"There is no recurrent cell '{Cell}'. Use one of {string.Join(", ", Cells)}."),
        };
        return new(new Input(images), new Reshape((images[0], images[1] * images[2])), cell, new Dense(classes, activation: "softmax"));
    }
}
