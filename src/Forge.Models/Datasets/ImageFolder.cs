using Forge.Core;

namespace Forge.Models.Datasets;

/// <summary>The images below a data folder: one sub-folder a class, searched to any depth.</summary>
/// <param name="Folder">The data folder.</param>
/// <param name="ClassNames">The classes, in label order.</param>
/// <param name="Files">Every image's path and class, class after class, sorted within each.</param>
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
    /// Links to folders are followed for the classes themselves but not below them, so a loop of links cannot hang. With classes given,
    /// other folders are left out, and a class without a folder has no images.
    /// </remarks>
    /// <exception cref="DataException">The folder is missing or unreadable, holds no images, or fewer than two classes.</exception>
    public static ImageFolder Scan(string folder, IReadOnlyList<string>? classes = null, Subset subset = Subset.All, double validationSplit = 0)
    {
        if (!Directory.Exists(folder))
            throw new DataException(File.Exists(folder)
                ? $"{folder}: is a file; a folder with one sub-folder a class was expected."
                : $"{folder}: no such folder. Give a folder with one sub-folder a class.");
        try
        {
            var names = classes ?? [.. Directory.EnumerateDirectories(folder, "*", Everything).Select(path => Path.GetFileName(path)!).Order(CodePointOrder.Instance)];
            if (names.Count == 0) throw new DataException($"{folder}: holds no sub-folders. One sub-folder a class was expected, with that class's images in it.");
            if (names.Count == 1 && classes is null)
                throw new DataException($"{folder}: holds one class only, '{names[0]}'. Telling classes apart needs at least two sub-folders.");
            var files = new List<(string, int)>();
            var found = 0;
            for (var label = 0; label < names.Count; label++)
            {
                var root = Path.Combine(folder, names[label]);
                if (!Directory.Exists(root)) continue;
                var images = ImagesBelow(root);
                found += images.Count;
                var boundary = (int)(validationSplit * images.Count);
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
                ? $"{folder}: no images in its {names.Count} class folders. Files ending in {string.Join(' ', ImageDecoder.Extensions)} are looked for."
                : $"{folder}: the {subset} part of its {found} images is empty at a validation split of {validationSplit}. Use another split or more images.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{folder}: cannot be listed ({e.Message}).", e);
        }
    }

    // Folders in order of their path, files in order of their name within each.
    private static List<string> ImagesBelow(string root)
    {
        var folders = new List<string> { root };
        for (var i = 0; i < folders.Count; i++)
            foreach (var below in new DirectoryInfo(folders[i]).EnumerateDirectories("*", Everything))
                if ((below.Attributes & FileAttributes.ReparsePoint) == 0) folders.Add(Path.Combine(folders[i], below.Name));
        folders.Sort(CodePointOrder.Instance);
        var images = new List<string>();
        foreach (var folder in folders)
            images.AddRange(Directory.EnumerateFiles(folder, "*", Everything)
                .Where(path => ImageDecoder.Extensions.Contains(Path.GetExtension(path).ToLowerInvariant()))
                .Order(CodePointOrder.Instance));
        return images;
    }
}

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
