using System.Globalization;
using Forge.Core;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;
using Xunit.Sdk;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Devices by driver and mode, opened when first asked for and kept through the tests of a class: pipelines are built once.</summary>
public sealed class ConformanceDevices : IDisposable
{
    private readonly Dictionary<(string, BufferMode, string?), CheckDevice> _open = [];

    /// <summary>Cases of an op on a device as it is: FORGE_TEST_CASES, or else 200 in the long tier and 20 in the fast one.</summary>
    internal static int Many =>
        int.TryParse(Environment.GetEnvironmentVariable("FORGE_TEST_CASES"), CultureInfo.InvariantCulture, out var count) ? count : Drivers.LongTier ? 200 : 20;

    /// <summary>Cases of an op otherwise: another build of every kernel, most of which is compiling.</summary>
    internal static int Some => Math.Min(Many, Drivers.LongTier ? 20 : 10);

    /// <summary>Cases where the fast tier has time for few.</summary>
    internal static int Few => Drivers.LongTier ? Some : Math.Min(Some, 3);

    /// <summary>Runs every variant of a case, twice, and again with outputs written over inputs where the op allows it.</summary>
    /// <param name="drawn">The case.</param>
    /// <param name="driver">The driver.</param>
    /// <param name="mode">How kernels reach their buffers.</param>
    /// <param name="narrowing">A narrowing by name: variants that are the same on the whole device are left out then.</param>
    /// <param name="name">What messages call the case.</param>
    /// <param name="replay">How to run it again.</param>
    /// <param name="only">Which variants, the same or not; all that differ where left out.</param>
    /// <param name="special">Which special values are among the case's inputs; null for none.</param>
    /// <returns>How many variants were run.</returns>
    /// <exception cref="XunitException">A variant is wrong; the message says which, where and how to run it again.</exception>
    internal int Check(OpCase drawn, string driver, BufferMode mode, string? narrowing, string name, string replay = "", Func<Variant, bool>? only = null, string? special = null)
    {
        var device = Open(driver, mode, narrowing);
        using var counted = DriverReport.Of(driver).Test();
        var prepared = new PreparedCase(CheckCases.AsPlanned(drawn), special);
        var place = $"{driver}, {mode}{(narrowing is null ? "" : $", {narrowing}")}";
        IReadOnlyList<Variant> variants;
        try
        {
            variants = [.. device.Variants(prepared, all: only is not null).Where(only ?? (_ => true))];
        }
        catch (DeviceException problem)
        {
            throw new XunitException($"{name}: {problem.Message}, {place}");
        }
        foreach (var variant in variants)
            if (device.Check(prepared, variant) is { Verdict: not Verdict.Right } answer)
                throw new XunitException($"{name}: {answer.Message}\n  Variant {variant.Label}, {place}. {prepared.Op}\n  inputs {answer.Shapes}.{replay}");
        return variants.Count;
    }

    /// <summary>Runs an op's first cases, each in every variant.</summary>
    internal void CheckCasesOf(string op, string driver, BufferMode mode, int cases, string? narrowing = null)
    {
        var entry = OpTable.Find(op)!;
        for (var number = 0; number < cases; number++)
            Check(entry.Sample(new Draw(CheckCases.Draws(op, number))), driver, mode, narrowing, $"{op} case {number}",
                $"\n  Replay: ./forge check --op {op} --case {number}{((narrowing ?? (mode == BufferMode.Checked ? CheckSettings.Checked : null)) is { } under ? $" --under {under}" : "")}, on {driver}");
        if (Open(driver, mode, narrowing) is { IsFull: true } full && _open.Remove((driver, mode, narrowing)))
            full.Dispose();
    }

    /// <summary>What a device has, narrowed.</summary>
    internal DeviceLimits Limits(string driver, BufferMode mode, string? narrowing) => Open(driver, mode, narrowing).Limits;

    public void Dispose()
    {
        foreach (var device in _open.Values)
            device.Dispose();
    }

    private CheckDevice Open(string driver, BufferMode mode, string? narrowing) =>
        _open.TryGetValue((driver, mode, narrowing), out var open) ? open
            : _open[(driver, mode, narrowing)] = CheckDevice.Open(options => Drivers.Open(driver, options, shared: true), narrowing, mode, new ShaderCompiler(cache: DeviceUnderTest.Compiled));
}
