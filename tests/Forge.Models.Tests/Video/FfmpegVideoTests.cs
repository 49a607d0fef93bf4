using Forge.Core;
using Forge.Models.Datasets;
using Forge.Models.Video;

namespace Forge.Models.Tests.Video;

/// <summary>Videos, with programs in ffmpeg's place that do what it might: a frame is 2x2 grey, four bytes.</summary>
public sealed class FfmpegVideoTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Video => _folder.Write("a video"u8.ToArray(), "clip.mp4");

    private FfmpegVideo Playing(string script) => new() { Program = Script(script) };

    private string Script(string lines)
    {
        var path = _folder.Write(System.Text.Encoding.UTF8.GetBytes("#!/bin/sh\n" + lines + "\n"), "player");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    private static byte[] Read(FfmpegVideo ffmpeg, string video, int frames = 2) =>
        ffmpeg.Read(video, 2, 2, ColourMode.Grey, frames, count => count >= frames ? [.. Enumerable.Range(0, frames)] : throw new BadImageException($"{count} frames"));

    private static string ProblemOf(FfmpegVideo ffmpeg, string video) => Assert.ThrowsAny<DataException>(() => Read(ffmpeg, video)).Message;

    [Fact]
    public void Frames_ComeThroughThePipe() => Assert.Equal("aaaabbbb"u8.ToArray(), Read(Playing("printf aaaabbbbcccc"), Video));

    [Fact]
    public void Arguments_AllowFilesAlone_AndAskForTheSizeWanted()
    {
        var said = Path.Combine(_folder.Path, "said");
        Read(Playing($"echo \"$@\" > '{said}'; printf aaaabbbb"), Video);
        var words = File.ReadAllText(said);
        foreach (var word in (string[])["-nostdin", "-protocol_whitelist file,pipe", "-format_whitelist mov,", "-max_pixels 64000000", "-max_alloc", " -i file:/", "scale=2:2", "gray", "clip.mp4"]) Assert.Contains(word, words, StringComparison.Ordinal);
    }

    [Fact]
    public void UnreadableVideo_IsNamed_WithWhatFfmpegSays()
    {
        var message = ProblemOf(Playing("echo 'moov atom not found' >&2; exit 1"), Video);
        foreach (var word in (string[])["clip.mp4", "moov atom not found"]) Assert.Contains(word, message, StringComparison.Ordinal);
    }

    [Fact]
    public void VideoWithoutLength_IsNamed()
    {
        Assert.Contains("the file is empty", ProblemOf(Playing("printf aaaabbbb"), _folder.Write([], "nothing.mp4")), StringComparison.Ordinal);
        Assert.Contains("clip.mp4", ProblemOf(Playing("exit 0"), Video), StringComparison.Ordinal);
        Assert.Equal("1 frames", ProblemOf(Playing("printf aaaa"), Video));
    }

    [Fact]
    public void Limits_EndTheProgram()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains("after 0.5 s", ProblemOf(Playing("exec sleep 100") with { Seconds = 0.5 }, Video), StringComparison.Ordinal);
        foreach (var limited in (FfmpegVideo[])[Playing("exec yes") with { FrameLimit = 9 }, Playing("exec yes") with { ByteLimit = 100 }])
            Assert.Contains("more than", ProblemOf(limited, Video), StringComparison.Ordinal);
        Assert.True(clock.Elapsed.TotalSeconds < 60, "A program that was to be ended was waited for.");
    }

    [Fact]
    public void MissingProgram_SaysWhatToInstall()
    {
        var missing = new FfmpegVideo { Program = "no-such-program-of-forge" };
        foreach (var act in (Action[])[() => Read(missing, Video), () => missing.RequireProgram(Video)])
        {
            var message = Assert.Throws<DataException>(act).Message;
            foreach (var word in (string[])["clip.mp4", "ffmpeg", "apt install ffmpeg", "GIF", "frames"]) Assert.Contains(word, message, StringComparison.Ordinal);
        }
    }

    [FfmpegFact]
    public void RealFfmpeg_ReadsARealVideo_InItsOrder()
    {
        var path = Path.Combine(_folder.Path, "real.avi");
        using (var making = System.Diagnostics.Process.Start("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "nullsrc=size=32x32:rate=10:duration=1.2,geq=lum='20*N':cb=128:cr=128", "-c:v", "ffv1", path])) making.WaitForExit();
        var clip = new ClipReader(4, 8, ColourMode.Grey).Read(path);
        var shades = Enumerable.Range(0, 4).Select(i => (int)clip[i * 64]).ToList();
        Assert.Equal(shades.Order(), shades);
        Assert.True(shades[3] - shades[0] > 100 && shades.Distinct().Count() == 4, string.Join(' ', shades));
        Assert.Contains("cannot read", ProblemOf(new(), Video), StringComparison.Ordinal);
    }
}

/// <summary>A test that needs ffmpeg itself.</summary>
public sealed class FfmpegFactAttribute : FactAttribute
{
    public FfmpegFactAttribute()
    {
        try
        {
            new FfmpegVideo().RequireProgram("a video");
        }
        catch (DataException)
        {
            Skip = "needs ffmpeg";
        }
    }
}

/// <summary>A test of several rows that needs ffmpeg itself.</summary>
public sealed class FfmpegTheoryAttribute : TheoryAttribute
{
    public FfmpegTheoryAttribute() => Skip = new FfmpegFactAttribute().Skip;
}
