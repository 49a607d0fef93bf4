using Forge.Core;

namespace Forge.Vulkan.Tests;

/// <summary>Shaders without pipelines: what a driver made of them is taken back in the next run, and only if it is whole and its own.</summary>
public sealed class ShaderObjectTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge objects ");

    public void Dispose() => _root.Delete(recursive: true);

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void SecondRun_TakesBackWhatTheFirstMade(string driver)
    {
        var (taken, damaged, objects) = Run(driver);
        Assert.Equal((0, 0, driver == "mesa25"), (taken, damaged, objects));
        var files = Files().Length;
        Assert.Equal(objects, files > 0);
        Assert.Equal((files, 0, objects), Run(driver));
        Assert.Equal(files, Files().Length);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DamagedBinaries_NeverReachTheDriver(string driver)
    {
        Run(driver);
        var files = Files();
        foreach (var file in files) File.WriteAllText(file, "rubbish");
        Assert.Equal((0, files.Length), Run(driver) is var (taken, damaged, _) ? (taken, damaged) : default);
        Assert.Equal((files.Length, 0), Run(driver) is var (again, whole, _) ? (again, whole) : default); // written anew
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void BinariesOfAnotherDriver_AreRefusedAndMadeAnew(string driver)
    {
        Run(driver);
        var files = Files();
        foreach (var file in files)
        {
            var binary = CheckedFile.Read(file, out _)!;
            for (var i = 0; i < binary.Length; i++) binary[i] ^= 0x5A;
            CheckedFile.Write(file, binary);
        }
        Assert.Equal((0, 0), Run(driver) is var (taken, damaged, _) ? (taken, damaged) : default);
        Assert.Equal((files.Length, 0), Run(driver) is var (again, whole, _) ? (again, whole) : default);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void ThereAreNone_WherePipelinesTellMore(string driver)
    {
        using var measured = Drivers.Open(driver, new() { Statistics = true });
        Assert.True(!measured.CapturesStatistics || measured.ShaderObjects is null);
    }

    private string[] Files() => Directory.Exists(Path.Combine(_root.FullName, "binaries")) ? Directory.GetFiles(Path.Combine(_root.FullName, "binaries")) : [];

    // A product and a chain with a reduction at its end, whose values are checked. Returns binaries taken back, damaged files, whether there are objects.
    private (int TakenBack, int Damaged, bool Objects) Run(string driver)
    {
        var backend = new VulkanBackend(Drivers.Open(driver), cacheRoot: _root.FullName);
        using var engine = new Engine(backend);
        var product = engine.Compile(x => (x.MatMul(x, transposeOther: true) * 2f + 1f).Sum());
        const int Rows = 24, Columns = 40;
        var ones = new HostTensor(new(DType.F32, (Rows, Columns)));
        ones.Span<float>().Fill(1);
        Assert.Equal(Rows * Rows * (2f * Columns + 1), product.Run(ones).Scalar());
        return (backend.Pipelines.Cache.TakenBack, backend.Pipelines.Cache.Damaged, backend.Device.ShaderObjects is not null);
    }
}
