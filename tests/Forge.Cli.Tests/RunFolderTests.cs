using Forge.Cli.Commands;

namespace Forge.Cli.Tests;

/// <summary>Which folder a new run gets.</summary>
public class RunFolderTests
{
    [Fact]
    public void Claim_ByRunsStartedTogether_GivesEachItsOwnFolder()
    {
        using var folder = new TemporaryFolder();
        var claimed = new string[12];
        Parallel.For(0, claimed.Length, i => claimed[i] = RunFolder.Claim(folder["runs", "cnn-4"]));
        Assert.Equal(Enumerable.Range(4, 12).Select(n => folder["runs", $"cnn-{n}"]).Order(), claimed.Order());
        Assert.All(claimed, c => Assert.True(Directory.Exists(c)));
    }
}
