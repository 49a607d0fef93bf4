using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Forge.Core;
using Forge.Models.Datasets;

namespace Forge.Models.Video;

/// <summary>Reads videos through the program ffmpeg: it decodes in a process of its own and sends resized frames through a pipe.</summary>
/// <remarks>The process opens the file and no other: no playlist, no stream of the network. On Linux its memory has a limit as well.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record FfmpegVideo
{
    private const int ComplaintLimit = 1000;

    // What ffmpeg calls the formats of ClipReader.VideoExtensions. Playlists (hls, concat, dash) are none of them: those name other files.
    private const string Formats = "mov,mp4,m4a,3gp,3g2,mj2,avi,matroska,webm,mpeg,mpegts,mpegvideo,ogg,asf,flv";

    /// <summary>How long a video may take; the process is ended then.</summary>
    public double Seconds { get; init; } = InputLimits.Current.VideoSeconds;

    /// <summary>The most frames of a video.</summary>
    public int FrameLimit { get; init; } = InputLimits.Current.Frames;

    /// <summary>The most bytes of a video's resized frames.</summary>
    public long ByteLimit { get; init; } = InputLimits.Current.VideoBytes;

    /// <summary>The most pixels of a frame as it is in the video.</summary>
    public long PixelLimit { get; init; } = InputLimits.Current.ImagePixels;

    /// <summary>The most memory that the process may ask for, in bytes.</summary>
    public long MemoryLimit { get; init; } = InputLimits.Current.VideoMemory;

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
        if (File.Exists(path) && InputFile.LengthOf(path) == 0) throw new BadImageException($"{path}: the file is empty. Remove it or fetch it again.");
        if ((long)height * width * 3 * count > Array.MaxLength) throw new DataException($"{path}: {count} frames of {width}x{height} pixels are more than fit in memory at once. Use fewer or smaller ones.");
        var frameBytes = height * width * (colour == ColourMode.Rgb ? 3 : 1);
        var (all, complaint) = Run(path, Arguments(path, height, width, colour), Math.Min(Math.Min(ByteLimit, Array.MaxLength), (long)FrameLimit * frameBytes));
        if (all.Length < frameBytes) throw new BadImageException($"{path}: not a video that ffmpeg can read{(complaint.Length > 0 ? $" ({complaint})" : "")}. Remove it or convert it.");
        var chosen = choose((int)(all.Length / frameBytes));
        var clip = new byte[count * frameBytes];
        for (var i = 0; i < count; i++) all.GetBuffer().AsSpan(chosen[i] * frameBytes, frameBytes).CopyTo(clip.AsSpan(i * frameBytes));
        return clip;
    }

    // Files alone: a playlist must not reach for the network. The prefix keeps names from being taken for options or addresses.
    private string[] Arguments(string path, int height, int width, ColourMode colour) =>
    [
        "-nostdin", "-v", "error", "-max_alloc", Number(Math.Min(MemoryLimit, int.MaxValue)), "-protocol_whitelist", "file,pipe", "-format_whitelist", Formats, "-max_pixels", Number(Math.Min(PixelLimit, int.MaxValue)), "-i", "file:" + Path.GetFullPath(path), "-map", "0:v:0",
        "-vf", string.Create(CultureInfo.InvariantCulture, $"scale={width}:{height}:flags=neighbor"),
        "-pix_fmt", colour == ColourMode.Rgb ? "rgb24" : "gray", "-f", "rawvideo", "pipe:1",
    ];

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    // On Linux through a shell that limits itself and becomes the program.
    private ProcessStartInfo Start(string[] arguments) => OperatingSystem.IsLinux()
        ? new("/bin/sh", ["-c", $"ulimit -v {Number(MemoryLimit / 1024)} 2>/dev/null; exec \"$0\" \"$@\"", Program, .. arguments])
        : new(Program, arguments);

    private (MemoryStream Frames, string Complaint) Run(string path, string[] arguments, long byteLimit)
    {
        RequireProgram(path);
        using var process = new Process { StartInfo = Start(arguments) };
        (process.StartInfo.RedirectStandardOutput, process.StartInfo.RedirectStandardError, process.StartInfo.RedirectStandardInput) = (true, true, true);
        var complaint = "";
        process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text && complaint.Length == 0) complaint = ForeignText.Shown(text, ComplaintLimit);
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
