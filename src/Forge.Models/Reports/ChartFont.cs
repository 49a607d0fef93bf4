using ScottPlot;
using SkiaSharp;

namespace Forge.Models.Reports;

/// <summary>Finds a font for a chart's words: the system's, a font file of this machine, else <see cref="BuiltInFont"/>.</summary>
/// <remarks>
/// On Linux the drawing library is built without fontconfig, so it knows no installed fonts: their files are looked up here. Class names
/// may be in any script, so a font that has all the letters is preferred.
/// </remarks>
internal sealed class ChartFont : IFontResolver
{
    private const string FilePrefix = "Forge file:", BuiltInName = "Forge built-in";
    private const int FilesLookedAt = 200;

    private static readonly string[] Preferred = ["DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "Roboto-Regular.ttf", "FreeSans.ttf"];
    private static readonly Lazy<IReadOnlyList<string>> Files = new(FindFiles);
    private static readonly Lazy<bool> Registered = new(static () =>
    {
        Fonts.FontResolvers.Insert(0, new ChartFont());
        return true;
    });

    // Without fontconfig there is a default font all the same, but an empty one.
    private static readonly Lazy<bool> SystemFontsWork = new(static () =>
    {
        using var font = new SKFont(SKTypeface.Default);
        return font.ContainsGlyphs("Aa0");
    });

    private ChartFont() { }

    /// <summary>Uses a font for everything a plot says.</summary>
    /// <returns>The font's name, for labels added later.</returns>
    internal static string Apply(Plot plot, string letters)
    {
        var name = NameFor(letters);
        plot.Font.Set(name);
        plot.Legend.FontName = name;
        return name;
    }

    /// <summary>The name, for the drawing library, of a font that has these letters; the best guess if none has all.</summary>
    /// <param name="letters">Everything that will be written, besides digits and ASCII.</param>
    /// <param name="installed">Whether to look at this machine's fonts.</param>
    internal static string NameFor(string letters, bool installed = true)
    {
        _ = Registered.Value;
        if (installed && SystemFontsWork.Value) return letters.Any(c => c > 0x024F) ? Fonts.Detect(letters) : Fonts.Default;
        string? first = null;
        foreach (var file in installed ? Files.Value : [])
        {
            using var typeface = SKTypeface.FromFile(file);
            if (typeface is null) continue;
            using var font = new SKFont(typeface);
            if (!font.ContainsGlyphs("Aa0")) continue; // symbols only
            first ??= file;
            if (font.ContainsGlyphs(letters)) return FilePrefix + file;
        }
        return first is null ? BuiltInName : FilePrefix + first;
    }

    /// <summary>Whether a font of that name has all the letters of a text.</summary>
    internal static bool CanWrite(string fontName, string text)
    {
        using var typeface = new ChartFont().CreateTypeface(fontName, false, false) ?? SKTypeface.FromFamilyName(fontName);
        using var font = new SKFont(typeface);
        return font.ContainsGlyphs(text);
    }

    public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing)
    {
        if (fontName.StartsWith(FilePrefix, StringComparison.Ordinal)) return SKTypeface.FromFile(fontName[FilePrefix.Length..]);
        if (fontName != BuiltInName) return null;
        using var data = SKData.CreateCopy(BuiltInFont.Bytes);
        return SKTypeface.FromData(data);
    }

    public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) =>
        CreateTypeface(fontName, FontWeight.Normal, FontSlant.Upright, FontSpacing.Normal);

    private static List<string> FindFiles()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var shared = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData); // XDG_DATA_HOME or ~/.local/share
        var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 6, IgnoreInaccessible = true };
        var files = new List<string>();
        foreach (var folder in (string[])[Path.Combine(shared, "forge", "fonts"), Path.Combine(shared, "fonts"), Path.Combine(home, ".fonts"), "/usr/local/share/fonts", "/usr/share/fonts"])
            if (Path.IsPathRooted(folder) && Directory.Exists(folder))
                files.AddRange(Directory.EnumerateFiles(folder, "*.?tf", options).Where(f => Path.GetExtension(f) is ".ttf" or ".otf").Order(StringComparer.Ordinal));
        return [.. files.OrderBy(f => Array.IndexOf(Preferred, Path.GetFileName(f)) is >= 0 and var rank ? rank : Preferred.Length).Take(FilesLookedAt)];
    }
}
