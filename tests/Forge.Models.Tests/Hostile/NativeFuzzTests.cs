using Forge.Core;
using Forge.Fuzzing;
using Forge.Models.Datasets;
using Forge.Models.Tests.Video;
using Forge.Models.Video;
using Xunit.Abstractions;

namespace Forge.Models.Tests.Hostile;

/// <summary>Whole pictures, animations and videos: their native decoders meet damaged files in processes of their own, with a limit of memory.</summary>
public sealed class NativeFuzzTests(ITestOutputHelper output)
{
    // The runtime takes some hundred megabytes of it.
    private const long Memory = 1L << 30;

    [LinuxFact]
    public void DamagedImages_AreDecodedOrRefused() => output.WriteLine(FuzzChild.Of(NativeTargets.Find(NativeTargets.Images), Memory).ToString());

    [LinuxFact]
    public void DamagedAnimations_AreDecodedOrRefused() => output.WriteLine(FuzzChild.Of(NativeTargets.Find(NativeTargets.Animations), Memory).ToString());

    // What would be missed if the nets had holes.
    [LinuxTheory]
    [InlineData(NativeTargets.PlantedCrash, "ended with 134"), InlineData(NativeTargets.PlantedHog, "Out of memory"), InlineData(NativeTargets.PlantedHang, "still being read")]
    public void PlantedFault_IsCaught(string name, string how) => Assert.Contains(how, FuzzChild.Run(NativeTargets.Find(name), Memory).Problem, StringComparison.Ordinal);

    [FfmpegFact]
    public void DamagedVideos_AreReadOrRefused()
    {
        using var folder = new TemporaryFolder();
        byte[][] videos = [Video(folder, "a.avi", "ffv1"), Video(folder, "b.mp4", "mpeg4"), Video(folder, "c.mkv", "mjpeg"), Video(folder, "d.ts", "mpeg2video"), Video(folder, "e.flv", "flv1")];
        var reader = new ClipReader(2, 8, ColourMode.Grey);
        output.WriteLine(FuzzRun.Of(new("videos through ffmpeg", videos, file =>
        {
            Assert.Equal(2 * 8 * 8, reader.Read(folder.Write(file, "x.mp4")).Length);
        }, typeof(DataException))
        { LongTierInputs = 200, FastTierInputs = 5, AllocationLimit = _ => 32 << 20, TimeLimit = TimeSpan.FromSeconds(90) }).ToString());
    }

    // ffmpeg takes a playlist for one by its content, and opens what it names.
    [FfmpegTheory]
    [InlineData("x.ts", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{0}\n#EXT-X-ENDLIST\n"), InlineData("x.mp4", "ffconcat version 1.0\nfile mine.ts\n"), InlineData("x.avi", "ffconcat version 1.0\nfile '{0}'\n")]
    public void PlaylistCalledAVideo_OpensNothing(string name, string content)
    {
        using var folder = new TemporaryFolder();
        Video(folder, "mine.ts", "mpeg2video");
        var path = folder.Write(System.Text.Encoding.UTF8.GetBytes(content.Replace("{0}", folder["mine.ts"], StringComparison.Ordinal)), name);
        Assert.Contains("cannot read", Assert.Throws<BadImageException>(() => new ClipReader(2, 8, ColourMode.Grey).Read(path)).Message, StringComparison.Ordinal);
        Assert.Equal(128, new ClipReader(2, 8, ColourMode.Grey).Read(folder["mine.ts"]).Length);
    }

    [FfmpegFact]
    public void VideoOfLargeFrames_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Video(folder, "large.avi", "ffv1");
        Assert.ThrowsAny<DataException>(() => new ClipReader(2, 8, ColourMode.Grey) { Ffmpeg = new() { PixelLimit = 1000 } }.Read(folder["large.avi"]));
        Assert.ThrowsAny<DataException>(() => new ClipReader(2, 8, ColourMode.Grey) { Ffmpeg = new() { MemoryLimit = 8 << 20 } }.Read(folder["large.avi"]));
        Assert.Equal(128, new ClipReader(2, 8, ColourMode.Grey) { Ffmpeg = new() { PixelLimit = 4096 } }.Read(folder["large.avi"]).Length);
    }

    private static byte[] Video(TemporaryFolder folder, string name, string codec)
    {
        using var making = System.Diagnostics.Process.Start("ffmpeg", ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=32x32:rate=10:duration=0.6", "-c:v", codec, folder[name]]);
        making.WaitForExit();
        return File.ReadAllBytes(folder[name]);
    }
}

/// <summary>A test of processes with limits that the shell sets, as on Linux.</summary>
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute() => Skip = OperatingSystem.IsLinux() ? null : "limits of memory are set as Linux does";
}

/// <summary>A test of several rows of processes with limits that the shell sets, as on Linux.</summary>
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute() => Skip = new LinuxFactAttribute().Skip;
}
