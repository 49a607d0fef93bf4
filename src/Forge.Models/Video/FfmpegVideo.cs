using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Video;

/// <summary>Reads videos through the program ffmpeg: it decodes in a process of its own and sends resized frames through a pipe.</summary>
/// <param name="Seconds">How long a video may take; the process is ended then.</param>
/// <param name="FrameLimit">The most frames of a video.</param>
/// <param name="ByteLimit">The most bytes of a video's resized frames.</param>
public sealed record FfmpegVideo(double Seconds = 60, int FrameLimit = 10_000, long ByteLimit = 512L << 20)
{
    private const int ComplaintLimit = 2000;

    /// <summary>The program: a file, or a name on PATH.</summary>
    public string Program { get; init; } = "ffmpeg";

    /// <summary>Throws unless ffmpeg is there.</summary>
    /// <param name="path">The video that needs it.</param>
    /// <exception cref="DataException">It is not.</exception>
    public void RequireProgram(string path)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        if (!File.Exists(Program) && !folders.Any(folder => File.Exists(Path.Combine(folder, OperatingSystem.IsWindows() ? Program + ".exe" : Program)))) throw Missing(path, null);
    }

    /// <summary>Reads some frames of a video.</summary>
    /// <param name="path">The video.</param>
    /// <param name="height">Rows wanted.</param>
    /// <param name="width">Columns wanted.</param>
    /// <param name="colour">The colours wanted.</param>
    /// <param name="count">Frames wanted.</param>
    /// <param name="choose">Which of so many; throws where they are too few.</param>
    /// <returns>Bytes (frames, height, width, channels).</returns>
    /// <exception cref="DataException">It cannot be read, takes too long, or is over a limit; the message names it.</exception>
    public byte[] Read(string path, int height, int width, ColourMode colour, int count, Func<int, IReadOnlyList<int>> choose)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 }) throw new BadImageException($"{path}: the file is empty. Remove it or fetch it again.");
        var frameBytes = height * width * (colour == ColourMode.Rgb ? 3 : 1);
        var (all, complaint) = Run(path, Arguments(path, height, width, colour), Math.Min(ByteLimit, (long)FrameLimit * frameBytes));
        if (all.Length < frameBytes) throw new BadImageException($"{path}: not a video that ffmpeg can read{(complaint.Length > 0 ? $" ({complaint})" : "")}. Remove it or convert it.");
        var chosen = choose((int)(all.Length / frameBytes));
        var clip = new byte[count * frameBytes];
        for (var i = 0; i < count; i++) all.GetBuffer().AsSpan(chosen[i] * frameBytes, frameBytes).CopyTo(clip.AsSpan(i * frameBytes));
        return clip;
    }

    // Files alone: a playlist must not reach for the network. The prefix keeps names from being taken for options or addresses.
    private static string[] Arguments(string path, int height, int width, ColourMode colour) =>
    [
        "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-i", "file:" + Path.GetFullPath(path), "-map", "0:v:0",
        "-vf", string.Create(CultureInfo.InvariantCulture, $"scale={width}:{height}:flags=neighbor"),
        "-pix_fmt", colour == ColourMode.Rgb ? "rgb24" : "gray", "-f", "rawvideo", "pipe:1",
    ];

    private (MemoryStream Frames, string Complaint) Run(string path, string[] arguments, long byteLimit)
    {
        using var process = new Process { StartInfo = new(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true } };
        var complaint = "";
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text && complaint.Length == 0) complaint = text.Length > ComplaintLimit ? text[..ComplaintLimit] : text;
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception problem)
        {
            throw Missing(path, problem);
        }
        process.StandardInput.Close();
        process.BeginErrorReadLine();
        var late = false;
        using var clock = new Timer(_ =>
        {
            late = true;
            End(process);
        }, null, TimeSpan.FromSeconds(Seconds), Timeout.InfiniteTimeSpan);
        var frames = new MemoryStream();
        var (buffer, pipe) = (new byte[1 << 16], process.StandardOutput.BaseStream);
        while (pipe.Read(buffer) is > 0 and var read)
        {
            if (frames.Length + read > byteLimit)
            {
                End(process);
                throw new BadImageException($"{path}: the video has more than {FrameLimit} frames, or {ByteLimit >> 20} MiB of them at this size. Cut it.");
            }
            frames.Write(buffer.AsSpan(0, read));
        }
        process.WaitForExit();
        if (late) throw new BadImageException(FormattableString.Invariant($"{path}: ffmpeg still read the video after {Seconds:0.#} s and was ended. Cut it."));
        if (process.ExitCode != 0) throw new BadImageException($"{path}: ffmpeg cannot read the video{(complaint.Length > 0 ? $" ({complaint})" : $" (exit code {process.ExitCode})")}. Remove it or convert it.");
        return (frames, complaint);
    }

    private static DataException Missing(string path, Exception? inner) =>
        new($"{path}: reading videos needs the program ffmpeg, which is not here. Install it (Debian and Ubuntu: apt install ffmpeg), or use animated GIF or WebP files or folders of frames.", inner);

    private static void End(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}
