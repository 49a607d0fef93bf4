using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>The images below a data folder: one sub-folder a class, searched to any depth.</summary>
/// <param name="Folder">The data folder.</param>
/// <param name="ClassNames">The classes, in label order.</param>
/// <param name="Files">Every image's path and class, class after class, sorted within each.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ImageFolder(string Folder, IReadOnlyList<string> ClassNames, IReadOnlyList<(string Path, int Class)> Files)
{
    // Hidden files count, as they do for Keras; what cannot be read is an error, not a gap.
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <summary>Lists a folder by Keras's rules.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="classes">Class names in label order; null takes the sub-folder names in code point order, empty folders included.</param>
    /// <param name="subset">Which side of the split.</param>
    /// <param name="validationSplit">The first fraction of each class's files that is for validation.</param>
    /// <remarks>
    /// Links to folders are followed for the classes themselves, where they stay in the data folder (FORGE_LINKS=follow allows others), but not below
    /// them, so a loop of links cannot hang. With classes given,
    /// other folders are left out, and a class without a folder has no images.
    /// </remarks>
    /// <exception cref="DataException">The folder is missing or unreadable, holds no images, or fewer than two classes.</exception>
    public static ImageFolder Scan(string folder, IReadOnlyList<string>? classes = null, Subset subset = Subset.All, double validationSplit = 0) =>
        Scan(folder, new("images", ImageDecoder.Extensions, root => ImagesBelow(root)), classes, subset, validationSplit);

    /// <summary>Lists a folder whose classes hold examples of some kind.</summary>
    /// <inheritdoc cref="Scan(string, IReadOnlyList{string}?, Subset, double)"/>
    internal static ImageFolder Scan(string folder, ExampleKind kind, IReadOnlyList<string>? classes, Subset subset, double validationSplit)
    {
        if (!Directory.Exists(folder))
            throw new DataException(File.Exists(folder)
                ? $"{folder}: is a file; a folder with one sub-folder a class was expected."
                : $"{folder}: no such folder. Give a folder with one sub-folder a class.");
        try
        {
            var names = classes ?? [.. Directory.EnumerateDirectories(folder, "*", Everything).Select(path => Path.GetFileName(path)!).Order(CodePointOrder.Instance)];
            if (names.Count == 0) throw new DataException($"{folder}: holds no sub-folders. One sub-folder a class was expected, with that class's {kind.Name} in it.");
            if (names.Count == 1 && classes is null)
                throw new DataException($"{folder}: holds one class only, '{names[0]}'. Telling classes apart needs at least two sub-folders.");
            var files = new List<(string, int)>();
            var found = 0;
            for (var label = 0; label < names.Count; label++)
            {
                var root = Path.Combine(folder, names[label]);
                if (names[label] is "." or ".." || Path.GetFileName(names[label]) != names[label])
                    throw new DataException($"{folder}: '{ForeignText.Shown(names[label])}' is no name of a class's folder in it.");
                if (!Directory.Exists(root)) continue;
                if (FolderBounds.Problem(folder, root) is { } problem) throw new DataException($"{root}: cannot be read: {problem}.");
                var images = kind.Below(root);
                found += images.Count;
                var boundary = (int)(validationSplit * images.Count);
                if (kind.EachClassIsHeldBack && validationSplit > 0)
                {
                    if (images.Count < 2) throw new DataException($"{root}: this class has {(images.Count == 0 ? "no" : "one only of the")} {kind.Name}, so none can be held back for validation. Add some, or validate on another folder or on nothing: --val FOLDER, --val 0.");
                    boundary = Math.Clamp(boundary, 1, images.Count - 1);
                }
                var (start, stop) = subset switch
                {
                    Subset.Validation => (0, boundary),
                    Subset.Training => (boundary, images.Count),
                    _ => (0, images.Count),
                };
                for (var i = start; i < stop; i++) files.Add((images[i], label));
            }
            if (files.Count > 0) return new(folder, names, files);
            throw new DataException(found == 0
                ? $"{folder}: no {kind.Name} in its {names.Count} class folders. Files ending in {string.Join(' ', kind.Extensions)} are looked for."
                : $"{folder}: the {subset} part of its {found} {kind.Name} is empty at a validation split of {validationSplit}. Use another split or more {kind.Name}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{folder}: cannot be listed ({e.Message}).", e);
        }
    }

    /// <summary>The classes of a folder must be those expected.</summary>
    /// <exception cref="DataException">They are not; the message shows both.</exception>
    internal void RequireClasses(IReadOnlyList<string>? classes)
    {
        if (classes is null || ClassNames.SequenceEqual(classes)) return;
        throw new DataException($"{Folder}: its classes ({Shown(ClassNames)}) are not those expected ({Shown(classes)}). Use data with the same classes.");

        static string Shown(IReadOnlyList<string> names) => $"{names.Count}: " + string.Join(", ", names.Take(10)) + (names.Count > 10 ? ", ..." : "");
    }

    /// <summary>A folder and those below it, in order of their paths.</summary>
    internal static List<string> FoldersBelow(string root)
    {
        var folders = new List<string> { root };
        for (var i = 0; i < folders.Count; i++)
            foreach (var below in new DirectoryInfo(folders[i]).EnumerateDirectories("*", Everything))
                if ((below.Attributes & FileAttributes.ReparsePoint) == 0) folders.Add(Path.Combine(folders[i], below.Name));
        folders.Sort(CodePointOrder.Instance);
        return folders;
    }

    /// <summary>A folder's files with some endings, in order of their names.</summary>
    internal static IEnumerable<string> FilesIn(string folder, IReadOnlyList<string> extensions) =>
        Directory.EnumerateFiles(folder, "*", Everything).Where(path => extensions.Contains(Path.GetExtension(path).ToLowerInvariant())).Order(CodePointOrder.Instance);

    /// <summary>The images in a folder and below it, links to folders not followed, in order of their paths.</summary>
    /// <exception cref="IOException">A folder cannot be listed.</exception>
    public static IReadOnlyList<string> ImagesBelow(string root) => [.. FoldersBelow(root).SelectMany(folder => FilesIn(folder, ImageDecoder.Extensions))];
}

/// <summary>What a data folder is searched for.</summary>
/// <param name="Name">What messages call several of them.</param>
/// <param name="Extensions">File name endings, for messages.</param>
/// <param name="Below">The paths of all below a class's folder, in order.</param>
/// <param name="EachClassIsHeldBack">Whether a split holds back at least one of each class, instead of rounding down as Keras does.</param>
internal sealed record ExampleKind(string Name, IReadOnlyList<string> Extensions, Func<string, IReadOnlyList<string>> Below, bool EachClassIsHeldBack = false);

/// <summary>Orders text by Unicode code points, as Python does; ordinal order would put characters beyond U+FFFF before U+E000.</summary>
internal sealed class CodePointOrder : IComparer<string>
{
    internal static CodePointOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null) return x is null ? y is null ? 0 : -1 : 1;
        var length = Math.Min(x.Length, y.Length);
        for (var i = 0; i < length; i++)
            if (x[i] != y[i]) return Rank(x[i]) - Rank(y[i]);
        return x.Length - y.Length;
    }

    // Surrogates stand for code points above every other unit.
    private static int Rank(char unit) => char.IsSurrogate(unit) ? unit + 0x10000 : unit;
}
