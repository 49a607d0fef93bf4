using Forge.Core;
using Forge.Models.Checkpoints;
using ScottPlot;

namespace Forge.Models.Reports;

/// <summary>What all charts share: fonts that have the letters, and files that are replaced whole.</summary>
internal static class ChartFile
{
    internal static void Write(string path, byte[] png)
    {
        try
        {
            AtomicFile.Write(path, stream => stream.Write(png));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{path}: the picture could not be written ({e.Message.TrimEnd('.')}). Free space or choose another place.", e);
        }
    }

    /// <summary>Class names may be in any script: takes a font of this machine that has their letters.</summary>
    internal static void UseFontFor(LabelStyle style, string letters)
    {
        if (letters.Any(letter => letter > 0x024F)) style.FontName = Fonts.Detect(letters);
    }
}
