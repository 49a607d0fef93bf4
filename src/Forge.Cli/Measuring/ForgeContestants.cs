namespace Forge.Cli.Measuring;

/// <summary>Forge's own rows of a comparison: on the device in use, and on other software drivers that ./forge has unpacked.</summary>
internal static class ForgeContestants
{
    // The largest net's step takes seconds on drivers that only portable kernels run on.
    private const int FewIterations = 2, OneWarmup = 1;

    /// <summary>Names of the drivers that can be compared besides the one in use.</summary>
    public static IReadOnlyList<string> OtherDrivers { get; } = ["mesa22", "swiftshader"];

    /// <summary>Forge on the device in use.</summary>
    /// <param name="device">What --device was given; null for the default.</param>
    public static Contestant Own(string? device) => new("forge", null, workload =>
        new(ChildProgram.Forge([.. workload.ForgeArguments(workload.Iterations, workload.Warmup), .. device is null ? (IReadOnlyList<string>)[] : ["--device", device]])));

    /// <summary>Forge on another driver; null where it is not on this machine.</summary>
    public static Contestant? On(string driver)
    {
        if (Manifest(driver) is not { } manifest) return null;
        var environment = new Dictionary<string, string?> { ["VK_DRIVER_FILES"] = manifest, ["VK_ICD_FILENAMES"] = manifest, ["FORGE_DEVICE"] = null };
        return new($"forge on {driver}", null, workload => new(ChildProgram.Forge(workload.ForgeArguments(FewIterations, OneWarmup), environment), MostRounds: 1));
    }

    private static string? Manifest(string driver)
    {
        if (Places.Data is not { } data || Path.Combine(data, driver, "manifests") is var folder && !Directory.Exists(folder)) return null;
        return Directory.EnumerateFiles(folder, "*_icd*.json").Order(StringComparer.Ordinal).FirstOrDefault();
    }
}
