using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>Fashion-MNIST: 28x28 grey pictures of clothes in ten classes; 60,000 to train on, 10,000 to test on.</summary>
/// <param name="Train">The training pictures.</param>
/// <param name="Test">The test pictures.</param>
public sealed record FashionMnist(LabelledImages Train, LabelledImages Test)
{
    /// <summary>What the labels 0 to 9 stand for.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"];

    /// <summary>Loads all four files.</summary>
    /// <param name="folder">Where they lie; null looks in FORGE_DATA, then in Forge's data folder, then where Debian's package puts them.</param>
    /// <exception cref="DataException">A file is missing, damaged or does not fit the others; the message names it.</exception>
    public static FashionMnist Load(string? folder = null)
    {
        folder ??= Find();
        return new(LoadPart(folder, "train", 60_000), LoadPart(folder, "t10k", 10_000));
    }

    /// <summary>Loads the test pictures alone.</summary>
    /// <inheritdoc cref="Load(string?)"/>
    public static LabelledImages LoadTest(string? folder = null) => LoadPart(folder ?? Find(), "t10k", 10_000);

    /// <summary>The first folder that has the data set.</summary>
    /// <exception cref="DataException">None has it; the message lists where it was looked for and how to get it.</exception>
    public static string Find()
    {
        var folders = Folders().ToList();
        return folders.Find(folder => File.Exists(FileOf(folder, "train-images-idx3-ubyte")))
            ?? throw new DataException("Fashion-MNIST was not found. Looked in:\n  " + string.Join("\n  ", folders)
                + "\nRun ./forge train cnn, which fetches it, or put the four *-ubyte.gz files in a folder and set FORGE_DATA to it.");
    }

    private static IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable("FORGE_DATA") is { Length: > 0 } chosen)
        {
            yield return chosen;
            yield return Path.Combine(chosen, "fashion-mnist");
        }
        // XDG_DATA_HOME or ~/.local/share; on Windows the local application data folder.
        var shared = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg
            ? xdg : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        yield return Path.Combine(shared, "forge", "datasets", "fashion-mnist");
        if (OperatingSystem.IsLinux()) yield return "/usr/share/datasets/fashion-mnist";
    }

    private static string FileOf(string folder, string name)
    {
        var plain = Path.Combine(folder, name);
        return File.Exists(plain) ? plain : plain + ".gz";
    }

    private static LabelledImages LoadPart(string folder, string part, int count)
    {
        var (imagePath, labelPath) = (FileOf(folder, $"{part}-images-idx3-ubyte"), FileOf(folder, $"{part}-labels-idx1-ubyte"));
        foreach (var path in (string[])[imagePath, labelPath])
            if (!File.Exists(path)) throw new DataException($"{path}: missing. Fashion-MNIST needs four files; run ./forge train cnn, which fetches them.");
        var (images, labels) = (IdxFile.Read(imagePath), IdxFile.Read(labelPath));
        if (images.Type != IdxType.U8 || images.Dimensions is not [var n, 28, 28])
            throw new DataException($"{imagePath}: holds {string.Join("x", images.Dimensions)} {images.Type}; {count}x28x28 unsigned bytes were expected.");
        if (labels.Type != IdxType.U8 || labels.Dimensions is not [var m])
            throw new DataException($"{labelPath}: holds {string.Join("x", labels.Dimensions)} {labels.Type}; {count} unsigned bytes were expected.");
        if (n != m) throw new DataException($"{imagePath} has {n} images but {labelPath} has {m} labels. Download both again.");
        var classes = new int[m];
        for (var i = 0; i < m; i++)
        {
            classes[i] = labels.Bytes[i];
            if (classes[i] >= ClassNames.Count) throw new DataException($"{labelPath}: label {i} is {classes[i]}; 0 to 9 were expected. The file is damaged.");
        }
        return new(images.Bytes, n, 28, 28, 1, classes, ClassNames);
    }
}
