using System.Text.Json;
using Forge.Core;
using Forge.Vulkan.Profiling;

namespace Forge.Vulkan.Tests.Profiling;

/// <summary>Profiles of a small step: what is counted, how times add up, and the trace.</summary>
public class ProfilerTests
{
    private const int Runs = 3;

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Profile_HasEveryDispatch_AndSharesThatSumToOne(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        var (profile, counts) = ProfileTwoProducts(backend);
        Assert.Equal(counts.Dispatches, profile.Dispatches);
        Assert.Equal(1, profile.Kernels.Sum(k => k.Share), 9);
        Assert.Equal(2 * Runs, profile.Runs.Count);
        Assert.All(profile.Runs.Where((_, i) => i % 2 == 1), r => Assert.True(r.Device.Count >= counts.Dispatches));
        Assert.True(profile.Kernels.Zip(profile.Kernels.Skip(1)).All(pair => pair.First.Ms >= pair.Second.Ms), "not the longest first");

        // Two products of the same shapes are one kernel, called twice: 2 * 2 * 64 * 96 * 96 operations.
        var product = Assert.Single(profile.Kernels, k => k.Op == "MatMul");
        Assert.Equal((2, 4.0 * 64 * 96 * 96, "64x96 96x96"), (product.Calls, product.Flops, product.Shape));
        Assert.Equal(product.Flops / product.Bytes, product.Intensity, 9);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Profile_KernelsAndGaps_AreWithinWhatTheHostWaited(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        var (profile, _) = ProfileTwoProducts(backend);
        foreach (var run in profile.Runs.Where(r => r.Device.Count > 0))
        {
            var span = TimeSpan.FromMicroseconds((run.Device[^1].Start + run.Device[^1].Nanoseconds) / 1e3);
            Assert.InRange(span, TimeSpan.FromMicroseconds(run.Device.Sum(t => t.Nanoseconds) / 1e3 - 1), run.Host.Submit + run.Host.Wait);
            Assert.True(run.Wall >= run.Host.Upload + run.Host.Submit + run.Host.Wait, "parts are longer than the whole");
        }
        Assert.True(profile.GapsMs >= 0, $"gaps of {profile.GapsMs} ms");
        Assert.All(profile.Plain, r => Assert.True(r.Replay >= TimeSpan.Zero && r.Engine >= r.Replay, $"{r.Engine} {r.Replay}"));
    }

    [DriverFact]
    public void Trace_IsAListOfEvents_WithTracksOfHostAndDevice()
    {
        using var backend = new VulkanBackend(Drivers.Open(Drivers.Names()[0]));
        var (profile, counts) = ProfileTwoProducts(backend);
        using var written = new MemoryStream();
        ProfileTrace.Write(profile, backend.DeviceInUse, written);
        using var trace = JsonDocument.Parse(written.ToArray());
        var events = trace.RootElement.GetProperty("traceEvents").EnumerateArray().ToArray();

        var names = events.Where(e => e.GetProperty("ph").GetString() == "M").Select(e => (e.GetProperty("pid").GetInt32(), e.GetProperty("name").GetString(), e.GetProperty("args").GetProperty("name").GetString())).ToArray();
        Assert.Contains((1, "process_name", "Host"), names);
        Assert.Contains((2, "process_name", $"Device: {backend.DeviceInUse.Name}"), names);
        var complete = events.Where(e => e.GetProperty("ph").GetString() == "X").ToArray();
        Assert.All(complete, e => Assert.True(e.GetProperty("ts").GetDouble() >= 0 && e.GetProperty("dur").GetDouble() >= 0 && e.GetProperty("tid").GetInt32() > 0));

        var kernels = complete.Where(e => e.GetProperty("cat").GetString() == "kernel").ToArray();
        Assert.True(kernels.Length >= Runs * counts.Dispatches);
        Assert.All(kernels, e => Assert.Equal(2, e.GetProperty("pid").GetInt32()));
        Assert.Contains(kernels, e => e.GetProperty("args").GetProperty("shader").GetString()!.StartsWith("Elementwise", StringComparison.Ordinal) && e.GetProperty("args").GetProperty("flops").GetDouble() > 0);
        var products = kernels.Where(e => e.GetProperty("args").GetProperty("op").GetString() == "MatMul").ToArray();
        Assert.True(products.Length >= 2 * Runs);
        Assert.All(products, e => Assert.Equal("64x96 96x96", e.GetProperty("args").GetProperty("inputs").GetString()));
        Assert.All(products, e => Assert.True(e.GetProperty("args").TryGetProperty("part", out _) != e.GetProperty("args").TryGetProperty("flops", out _)));
        // Kernels follow one another, each run's within its step on the host's track.
        for (var i = 1; i < kernels.Length; i++)
            Assert.True(kernels[i].GetProperty("ts").GetDouble() >= End(kernels[i - 1]) - 0.01, $"kernel {i} overlaps the one before");
        var steps = complete.Where(e => e.GetProperty("cat").GetString() == "step").ToArray();
        Assert.Equal(2 * Runs, steps.Length);
        Assert.All(kernels, k => Assert.Contains(steps, s => s.GetProperty("ts").GetDouble() <= k.GetProperty("ts").GetDouble() + 0.01 && End(s) >= End(k) - 0.01));

        static double End(JsonElement e) => e.GetProperty("ts").GetDouble() + e.GetProperty("dur").GetDouble();
    }

    [DriverFact]
    public void Profile_WhereTheDeviceHasNoTimestamps_SaysSo()
    {
        using var backend = new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Narrow = l => l with { TimestampPeriod = 0 } }));
        var error = Assert.Throws<DeviceException>(() => ProfileTwoProducts(backend));
        Assert.Contains("timestamps", error.Message, StringComparison.Ordinal);
        Assert.Contains("forge bench", error.Message, StringComparison.Ordinal);
        Assert.Throws<DeviceException>(() => DeviceCeilings.Measure(backend));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Ceilings_AreMeasured_CacheNoSlowerThanMemory(string driver)
    {
        using var backend = new VulkanBackend(Drivers.Open(driver));
        var ceilings = DeviceCeilings.Measure(backend);
        Assert.True(ceilings.Gflops > 0.1 && ceilings.MemoryGbs > 0.01 && ceilings.CacheGbs >= ceilings.MemoryGbs, ceilings.ToString());
        Assert.InRange(ceilings.LaunchMs, 1e-6, 100);
    }

    [Fact]
    public void Ceilings_OfTwoMeasurements_AreTheHigherOfEach() =>
        Assert.Equal(new(90, 25, 60, 0.02), new DeviceCeilings(90, 20, 60, 0.03).Or(new(70, 25, 50, 0.02)));

    [DriverFact]
    public void Profile_WhereTheHostCannotReachTheDevicesMemory_HasTheCopiesToo()
    {
        using var backend = new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Staged = true }));
        var (profile, counts) = ProfileTwoProducts(backend);
        Assert.Equal(counts.Dispatches, profile.Dispatches);
        Assert.Equal(1, profile.Kernels.Sum(k => k.Share), 9);
        var copies = profile.Kernels.Where(k => k.Workgroup == 0).ToArray();
        Assert.Equal(2, copies.Sum(k => k.Calls));
        Assert.All(copies, c => Assert.True(c.Op == "copy" && c.Variant == "-" && c.Flops == 0 && c.Bytes >= 2 * 4 * 64 * 96, c.ToString()));
    }

    [Theory]
    [InlineData(1e9, 1e6, 1, "compute"), InlineData(1e6, 1e9, 1, "memory"), InlineData(1e6, 1e6, 1, "launch"), InlineData(0, 0, 1, "launch"), InlineData(1e9, 1e6, 2000, "launch")]
    public void BoundBy_IsTheLongestOfWhatACeilingAllows(double flops, double bytes, int dispatches, string expected)
    {
        var kernel = new KernelProfile("op", "portable/x", "8x8", 1, dispatches, 64, Ms: 100, Share: 1, flops, bytes, []);
        Assert.Equal(expected, kernel.BoundBy(new DeviceCeilings(Gflops: 100, MemoryGbs: 20, CacheGbs: 40, LaunchMs: 0.1)));
    }

    private static (StepProfile, ExecutableCounts) ProfileTwoProducts(VulkanBackend backend)
    {
        using var engine = new Engine(backend);
        var step = engine.Compile((x, w) => x.MatMul(w).Exp().MatMul(w) + 1f);
        HostTensor[] arguments = [new(new(DType.F32, (64, 96))), new(new(DType.F32, (96, 96)))];
        var profile = Profiler.Profile(backend, "two products", step, arguments, Runs);
        return (profile, ((Executable)step.Executable!).Counts);
    }
}
