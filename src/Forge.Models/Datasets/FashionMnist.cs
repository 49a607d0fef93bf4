using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Fashion-MNIST: 28x28 grey pictures of clothes in ten classes; 60,000 to train on, 10,000 to test on.</summary>
/// <param name="Train">The training pictures.</param>
/// <param name="Test">The test pictures.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FashionMnist(LabelledImages Train, LabelledImages Test)
{
    /// <summary>What the labels 0 to 9 stand for.</summary>
    public static IReadOnlyList<string> ClassNames => IdxDataSet.Fashion.ClassNames;

    /// <summary>Loads all four files.</summary>
    /// <param name="folder">Where they lie; null looks in FORGE_DATA, then in Forge's data folder, then where Debian's package puts them.</param>
    /// <exception cref="DataException">A file is missing, damaged or does not fit the others; the message names it.</exception>
    public static FashionMnist Load(string? folder = null)
    {
        var (train, test) = IdxDataSet.Fashion.Load(folder);
        return new(train, test);
    }

    /// <summary>Loads the test pictures alone.</summary>
    /// <inheritdoc cref="Load(string?)"/>
    public static LabelledImages LoadTest(string? folder = null) => IdxDataSet.Fashion.LoadTest(folder);

    /// <summary>The first folder that has the data set.</summary>
    /// <exception cref="DataException">None has it; the message lists where it was looked for and how to get it.</exception>
    public static string Find() => IdxDataSet.Fashion.Find();
}
