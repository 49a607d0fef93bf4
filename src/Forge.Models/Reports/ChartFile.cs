using Forge.Core;
using Forge.Models.Checkpoints;

namespace Forge.Models.Reports;

/// <summary>Chart files are replaced whole, like checkpoints.</summary>
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
}
