using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests;

/// <summary>Calls that fail, by replacing entry points, and machines that lack something.</summary>
public unsafe class FailureTests
{
    private static delegate* unmanaged<PhysicalDevice, PhysicalDeviceFeatures2*, void> s_features;

    [Fact]
    public void NoLoader_SaysWhatToInstall()
    {
        var error = Assert.Throws<DeviceException>(() => new VulkanApi(loaderNames: ["libno-such-loader.so.1"]));
        Assert.Contains("No Vulkan loader", error.Message, StringComparison.Ordinal);
        Assert.Contains("libno-such-loader.so.1", error.Message, StringComparison.Ordinal);
        Assert.Contains("install", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [LoaderFact]
    public void NoDriver_IsSaidSo_AndNotOutOfMemory()
    {
        var error = Drivers.WithEnvironment("VK_DRIVER_FILES", "/nonexistent/icd.json", () => Assert.Throws<DeviceException>(() => Device.List()));
        Assert.Contains("No Vulkan driver", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("OutOf", error.Message, StringComparison.Ordinal);
    }

    [LoaderTheory, InlineData(nameof(OutOfHostMemory)), InlineData(nameof(IncompatibleDriver))]
    public void InstanceWithoutADriver_IsSaidSo_WhateverTheLoaderReports(string failure)
    {
        var replacement = failure == nameof(OutOfHostMemory)
            ? (nint)(delegate* unmanaged[Cdecl]<void*, void*, void*, Result>)&OutOfHostMemory
            : (nint)(delegate* unmanaged[Cdecl]<void*, void*, void*, Result>)&IncompatibleDriver;
        var error = Assert.Throws<DeviceException>(() => new VulkanInstance(new VulkanApi(Replace("vkCreateInstance", replacement)), validation: false));
        Assert.Contains("No Vulkan driver", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DeviceWithoutTimelineSemaphores_IsRefused_ByTheFeaturesName(string driver)
    {
        EntryPointHook hook = (name, address) =>
        {
            if (name != "vkGetPhysicalDeviceFeatures2")
                return address;
            s_features = (delegate* unmanaged<PhysicalDevice, PhysicalDeviceFeatures2*, void>)address;
            return (nint)(delegate* unmanaged[Cdecl]<PhysicalDevice, PhysicalDeviceFeatures2*, void>)&WithoutTimelines;
        };
        var error = Assert.Throws<DeviceException>(() => Drivers.Open(driver, new() { Hook = hook }));
        Assert.Contains("timelineSemaphore", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void AllocationThatFails_SaysHowMuchWasAsked(string driver)
    {
        using var test = new DeviceUnderTest(driver, hook: Replace("vkAllocateMemory", (nint)(delegate* unmanaged[Cdecl]<void*, void*, void*, void*, Result>)&OutOfDeviceMemory));
        var error = Assert.Throws<MemoryException>(() => test.Words<float>(new float[1000]));
        Assert.Contains("4,000 bytes", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void BufferLargerThanTheDeviceAllows_IsRefused_BeforeVulkanIsAsked(string driver)
    {
        using var test = new DeviceUnderTest(driver, narrow: l => l with { MaxAllocationBytes = 1000 });
        var error = Assert.Throws<MemoryException>(() => test.Words<float>(new float[1000]));
        Assert.Contains("allows 1,000", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void BindingLargerThanTheDeviceAllows_IsRefused_ButReachedByAddress(string driver)
    {
        var x = HostTensor.From(new float[1000], new Shape(1000));
        VulkanBackend Open(BufferMode mode) => new(Drivers.Open(driver, new() { Mode = mode, Narrow = l => l with { MaxStorageBufferRange = 1024 } }));
        using (var descriptors = new Engine(Open(BufferMode.Descriptor)))
        {
            var error = Assert.Throws<DeviceException>(() => descriptors.Compile(v => -v).Run(x));
            Assert.Contains("4,000 bytes long", error.Message, StringComparison.Ordinal);
            Assert.Contains("binds 1,024 at most", error.Message, StringComparison.Ordinal);
        }
        using var addresses = new Engine(Open(BufferMode.Address));
        Assert.Equal(x.Shape, addresses.Compile(v => -v).Run(x)[0].Shape);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void LostDevice_NamesCallResultAndOperation(string driver)
    {
        using var device = Drivers.Open(driver, new() { Hook = Replace("vkQueueSubmit", (nint)(delegate* unmanaged[Cdecl]<void*, uint, void*, ulong, Result>)&DeviceLost) });
        using var transfers = new Transfers(device);
        using var recording = Recorder.Record(device, transfers, []);
        var error = Assert.Throws<VulkanException>(() => recording.Run("running the test's plan"));
        Assert.Equal(("vkQueueSubmit", "ErrorDeviceLost"), (error.Call, error.Result));
        Assert.Contains("running the test's plan", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void PipelineThatFails_NamesTheShader(string driver)
    {
        using var test = new DeviceUnderTest(driver, hook: Replace("vkCreateComputePipelines", (nint)(delegate* unmanaged[Cdecl]<void*, ulong, uint, void*, void*, void*, Result>)&NoPipelines));
        var error = Assert.Throws<VulkanException>(() => test.Pipelines.Get(new PipelineRequest(new("Nothing.comp", "#version 450\nvoid main() {}"), [], 0, 0, 0)));
        Assert.Contains("Nothing.comp", error.Message, StringComparison.Ordinal);
    }

    private static EntryPointHook Replace(string call, nint replacement) => (name, address) => name == call ? replacement : address;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result OutOfHostMemory(void* a, void* b, void* c) => Result.ErrorOutOfHostMemory;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result IncompatibleDriver(void* a, void* b, void* c) => Result.ErrorIncompatibleDriver;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result OutOfDeviceMemory(void* a, void* b, void* c, void* d) => Result.ErrorOutOfDeviceMemory;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result DeviceLost(void* queue, uint count, void* submits, ulong fence) => Result.ErrorDeviceLost;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result NoPipelines(void* device, ulong cache, uint count, void* infos, void* allocator, void* pipelines) => Result.ErrorUnknown;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void WithoutTimelines(PhysicalDevice device, PhysicalDeviceFeatures2* features)
    {
        s_features(device, features);
        for (var next = (BaseOutStructure*)features; next is not null; next = next->PNext)
            if (next->SType == StructureType.PhysicalDeviceVulkan12Features)
                ((PhysicalDeviceVulkan12Features*)next)->TimelineSemaphore = false;
    }
}
