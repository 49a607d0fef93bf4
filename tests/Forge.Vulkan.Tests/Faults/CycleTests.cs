using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using Forge.Core;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Layers;
using Forge.Vulkan.Tuning;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>Tests that nothing else may run beside: they look at the memory of the process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>Again and again the same: what is made is freed, and the memory of the process stays what it was.</summary>
[Collection(nameof(Alone))]
public sealed partial class CycleTests
{
    private const int Warm = 100;   // until then caches fill
    private const double MostGrowth = 0.02;
    private static int PlanCycles => Drivers.LongTier ? 10_000 : 30;
    private static readonly HostTensor s_images = SharedHash.Uniform(1, (4, 8, 8, 1), 0, 1);

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void PlansMadeRunAndDisposed_LeaveNothing(string driver)
    {
        var calls = new CallFaults();
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Hook = calls.Hook }, shared: true), tuned: false), new() { Seed = 3 });
        var model = new Sequential(new Input((8, 8, 1)), new Conv2D(3, 3, activation: "relu"), new Flatten(), new Dense(3));
        var growth = Growth(PlanCycles, Cycle, () => calls.Alive);
        Report($"{driver}: plans made, run, disposed: {growth}");
        Assert.True(growth.IsSmall, $"{growth}");

        void Cycle()
        {
            using var step = engine.Compile(x => Losses.CategoricalCrossentropyOfLogits(model.Call(x).Softmax(), model.Call(x)));
            step.Run(s_images);
            step.Run(s_images);
        }
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DevicesOpenedAndClosed_LeaveNothing(string driver)
    {
        var calls = Drivers.LongTier ? null : new CallFaults();
        var cycles = Drivers.LongTier ? 1_000 : 6;
        var growth = Growth(cycles, Cycle, () => calls?.Alive ?? "");
        Assert.Empty(calls?.Mistakes ?? []);
        // What the loader and the driver keep for themselves of a device that was opened and closed, without any of Forge.
        using var api = new VulkanApi();
        var bare = Drivers.LongTier ? Growth(cycles, () => OpenBare(driver, api), () => "") : null;
        Report($"{driver}: devices opened and closed: {growth}; bare Vulkan devices: {bare}");
        Assert.True(growth.IsSmall || growth.Bytes - bare!.Bytes < MostGrowth * growth.Before, $"{growth}; bare {bare}");

        void Cycle()
        {
            using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Hook = calls is null ? null : calls.Hook }, shared: true), tuned: false));
            Assert.Equal(2, engine.Compile(x => x + 1f).Run(HostTensor.Of(1)).Scalar());
        }
    }

    // The driver stays loaded between devices: its code is still mapped when none is open.
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void SoftwareDriver_StaysLoaded_WhenItsLastDeviceIsClosed(string driver)
    {
        string library;
        using (var device = Drivers.Open(driver, shared: true))
        {
            if (!device.Description.IsSoftware || !OperatingSystem.IsLinux()) return;
            library = Assert.Single(DriverIdentity.LibrariesOf(device));
        }
        Assert.Contains(library, File.ReadAllText("/proc/self/maps"), StringComparison.Ordinal);
    }

    // The layer's entry points are not the driver's: once a layer's library was kept instead of the driver's, and 1,000 devices on SwiftShader ended the process.
    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void SoftwareDriver_IsKnown_BehindTheValidationLayer(string driver)
    {
        using var device = Drivers.Open(driver, shared: true);
        if (!device.Description.IsSoftware || !OperatingSystem.IsLinux()) return;
        using var watched = Drivers.Open(driver, new() { Validation = true, Mode = BufferMode.Descriptor }, shared: true);
        Assert.Contains(Assert.Single(DriverIdentity.LibrariesOf(device)), DriverIdentity.LibrariesOf(watched));
        Assert.All(DriverIdentity.LibrariesOf(watched), l => Assert.DoesNotContain("validation", Path.GetFileName(l), StringComparison.Ordinal));
    }

    // Without Forge's hold on its library SwiftShader would lose a key of thread-local storage with each of these, of 1,024.
    private static unsafe void OpenBare(string driver, VulkanApi api) => Drivers.WithEnvironment("VK_DRIVER_FILES", Drivers.Present[driver] ?? "", () =>
    {
        var application = new ApplicationInfo { SType = StructureType.ApplicationInfo, ApiVersion = Vk.Version12 };
        var create = new InstanceCreateInfo { SType = StructureType.InstanceCreateInfo, PApplicationInfo = &application };
        Assert.Equal(Result.Success, api.Vk.CreateInstance(&create, null, out var instance));
        api.Use(instance);
        uint count = 1;
        PhysicalDevice physical;
        api.Vk.EnumeratePhysicalDevices(instance, &count, &physical);
        Assert.NotEqual(0u, count);
        var priority = 1f;
        var queue = new DeviceQueueCreateInfo { SType = StructureType.DeviceQueueCreateInfo, QueueCount = 1, PQueuePriorities = &priority };
        var open = new DeviceCreateInfo { SType = StructureType.DeviceCreateInfo, QueueCreateInfoCount = 1, PQueueCreateInfos = &queue };
        Silk.NET.Vulkan.Device device;
        Assert.Equal(Result.Success, api.Vk.CreateDevice(physical, &open, null, &device));
        api.Vk.DestroyDevice(device, null);
        api.Vk.DestroyInstance(instance, null);
        return true;
    });

    // Runs cycles and compares what is alive after the warm ones with what is alive at the end.
    private static MemoryGrowth Growth(int cycles, Action cycle, Func<string> alive)
    {
        var warm = Math.Min(Warm, cycles / 3);
        for (var i = 0; i < warm; i++) cycle();
        if (cycles > 3 * Warm) WaitForTheCompiler();
        var (before, objects) = (Resident(), alive());
        for (var i = warm; i < cycles; i++) cycle();
        Assert.Equal(objects, alive());
        return new(cycles, warm, before, Resident());
    }

    // The runtime compiles again what was called often, on a thread of its own, a while after: some 8 MB here, which are nobody's leak.
    private static void WaitForTheCompiler()
    {
        var started = Stopwatch.StartNew();
        for (var (compiled, quiet) = (-1, 0); quiet < 4 && started.Elapsed < TimeSpan.FromMinutes(2); Thread.Sleep(500))
        {
            var now = JitInfo.GetCompiledMethodCount();
            quiet = now - compiled < 3 ? quiet + 1 : 0;
            compiled = (int)now;
        }
    }

    // After the collector and the allocator have given back what they can.
    private static long Resident()
    {
        for (var i = 0; i < 3; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }
        if (!OperatingSystem.IsLinux())
            return Environment.WorkingSet;
        _ = malloc_trim(0);
        return long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }

    private static void Report(string line)
    {
        if (Environment.GetEnvironmentVariable("FORGE_TEST_REPORTS") is { Length: > 0 } folder && Directory.Exists(folder))
            File.AppendAllText(Path.Combine(folder, "leaks.txt"), line + "\n");
    }

    [LibraryImport("libc")]
    private static partial int malloc_trim(nint pad);

    private sealed record MemoryGrowth(int Cycles, int Warm, long Before, long After)
    {
        public long Bytes => After - Before;

        // Few cycles tell nothing of memory: there the objects are counted.
        public bool IsSmall => Cycles <= Warm * 3 || Bytes < MostGrowth * Before;

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"{Before / 1e6:0.0} MB after {Warm} cycles, {After / 1e6:0.0} MB after {Cycles} ({100.0 * Bytes / Before:+0.0;-0.0} %)");
    }
}
