namespace Forge.Core.Tests;

/// <summary>Where links in a folder lead, what is opened, and how much of it.</summary>
public sealed class InputTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("forge inputs ").FullName;

    public InputTests()
    {
        Directory.CreateDirectory(At("own", "below"));
        Directory.CreateDirectory(At("own other")); // begins alike
        File.WriteAllText(At("own", "file"), "inside");
        File.WriteAllText(At("own other", "file"), "outside");
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private string At(params string[] parts) => Path.Combine([_root, .. parts]);

    private string Link(string target, params string[] parts)
    {
        File.CreateSymbolicLink(At(parts), target);
        return At(parts);
    }

    [Fact]
    public void PathInside_ByWhateverLinks_IsAllowed()
    {
        Assert.Null(FolderBounds.Problem(At("own"), At("own", "file")));
        Assert.Null(FolderBounds.Problem(At("own"), At("own")));
        Assert.Null(FolderBounds.Problem(At("own"), At("own", "missing", "file")));
        Assert.Null(FolderBounds.Problem(At("own"), Link("../file", "own", "below", "up")));
        Assert.Null(FolderBounds.Problem(At("own"), Link(At("own", "below", "up"), "own", "twice")));
        Assert.Null(FolderBounds.Problem(Link("own", "to own"), At("to own", "file"))); // the way to the folder is its user's
        Assert.Null(FolderBounds.Problem(At("to own"), At("own", "twice")));
        Assert.Null(FolderBounds.Problem("/", At("own", "file")));
    }

    [Fact]
    public void PathOutside_IsNamed_WithWhereItLeads()
    {
        foreach (var link in (string[])[Link(At("own other", "file"), "own", "absolute"), Link("../own other/file", "own", "relative"), Link("absolute", "own", "chained"), Link("below/../../own other/file", "own", "dotted"), At("own", "..", "own other", "file")])
            Assert.Contains($"it leads to {At("own other", "file")}, outside {At("own")}", FolderBounds.Problem(At("own"), link), StringComparison.Ordinal);
        Link("..", "own", "up");
        Assert.Contains("own other", FolderBounds.Problem(At("own"), At("own", "up", "own other", "file")), StringComparison.Ordinal);
        Assert.Contains("FORGE_LINKS=follow", FolderBounds.Problem(At("own"), Link("/nowhere", "own", "broken")), StringComparison.Ordinal);
    }

    [Fact]
    public void LinksInCircles_AreAProblem_NotAHang()
    {
        Link("b", "own", "a");
        Assert.Contains("in circles", FolderBounds.Problem(At("own"), Link("a", "own", "b")), StringComparison.Ordinal);
        Assert.Contains("in circles", FolderBounds.Problem(At("own"), Link("self/x", "own", "self")), StringComparison.Ordinal);
    }

    [Fact]
    public void PipesAndDevices_AreEmpty_ByALinkToo()
    {
        if (OperatingSystem.IsWindows()) return;
        using (var making = System.Diagnostics.Process.Start("mkfifo", [At("pipe")])) making.WaitForExit();
        foreach (var path in (string[])[At("pipe"), Link("pipe", "to pipe"), Link("to pipe", "to it again"), "/dev/zero", Link("/dev/zero", "zero")])
        {
            Assert.Equal(0, InputFile.LengthOf(path));
            using var stream = InputFile.Open(path);
            Assert.Equal(-1, stream.ReadByte());
        }
        Assert.Equal("inside", InputFile.ReadText(Link(At("own", "file"), "to file")));
    }

    [Fact]
    public void FileOverALimit_IsNotRead()
    {
        using (var whole = InputFile.Open(At("own", "file"), 6, "text-bytes")) Assert.Equal(6, whole.Length);
        Assert.Contains("6 bytes, over the limit of 5; text-bytes of FORGE_LIMITS", Assert.Throws<IOException>(() => InputFile.Open(At("own", "file"), 5, "text-bytes")).Message, StringComparison.Ordinal);
        Assert.ThrowsAny<IOException>(() => InputFile.Open(At("missing")));
        Assert.ThrowsAny<IOException>(() => InputFile.Open(Link("missing", "broken")));
    }

    [Fact]
    public void EveryLimit_IsSetByItsName()
    {
        foreach (var name in InputLimits.Names) Assert.NotEqual(new InputLimits(), InputLimits.Parse($" {name} = 7 "));
        Assert.Equal(new InputLimits { Frames = 5, VideoSeconds = 2.5 }, InputLimits.Parse("frames=5,,video-seconds=2.5"));
        Assert.Equal(new InputLimits(), InputLimits.Parse(""));
        Assert.Equal(InputLimits.Names.Count, typeof(InputLimits).GetProperties().Count(p => p.CanWrite));
    }

    [Theory]
    [InlineData("frames"), InlineData("frames=0"), InlineData("frames=-1"), InlineData("frames=0.5"), InlineData("frames=NaN"), InlineData("frames=1=2"), InlineData("frames=2147483648"), InlineData("idx-bytes=1e300"), InlineData("pixels=1"), InlineData("=1")]
    public void LimitThatIsNone_IsExplained(string text) => Assert.Contains("FORGE_LIMITS has '", Assert.Throws<ForgeException>(() => InputLimits.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void ForeignText_ShowsWhatATerminalWouldObey()
    {
        Assert.Equal("a\\u001B[2J\\u0000\\u009B\\u202Eb\nc\td", ForeignText.Visible("a\u001b[2J\0\u009b\u202eb\nc\td"));
        Assert.Equal("élan 青い", ForeignText.Visible("élan 青い"));
        Assert.Equal("one line", ForeignText.Shown("one\nline"));
        Assert.Equal(ForeignText.ShownCharacters + 1, ForeignText.Shown(new('x', 1 << 20)).Length);
        Assert.Equal("null", ForeignText.Shown(null));
    }
}
