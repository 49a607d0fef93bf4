using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests;

/// <summary>Pipelines compiled ahead on further devices: each once, in this run and later ones, and never at the price of a step.</summary>
public sealed unsafe class CompileAheadTests : IDisposable
{
    private const int Pipelines = 6;
    private static int s_devices;
    private static delegate* unmanaged<void*, void*, void*, void*, Result> s_createDevice;
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge ahead ");

    public void Dispose() => _root.Delete(recursive: true);

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void NewPipelines_AreCompiledOnce_InThisRunAndTheNext(string driver)
    {
        using var device = Drivers.Open(driver);
        var parts = Parts(device, "int");
        using (var first = new CompileAhead(device, _root.FullName))
        {
            first.Start(parts);
            first.Start(parts);
            first.Finish();
            Assert.Equal(Pipelines, first.Compiled);
        }
        using var second = new CompileAhead(device, _root.FullName);
        second.Start(parts);
        second.Finish();
        Assert.Equal(0, second.Compiled);
        second.Start(Parts(device, "uint"));
        second.Finish();
        Assert.Equal(Pipelines, second.Compiled);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DamagedList_MeansThatAllIsNew(string driver)
    {
        using var device = Drivers.Open(driver);
        var parts = Parts(device, "int");
        using (var first = new CompileAhead(device, _root.FullName)) first.Start(parts);
        var list = Assert.Single(Directory.GetFiles(Path.Combine(_root.FullName, "pipelines"), "*.seen"));
        File.WriteAllText(list, "rubbish");
        using var second = new CompileAhead(device, _root.FullName);
        second.Start(parts);
        second.Finish();
        Assert.Equal(Pipelines, second.Compiled);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void FurtherDeviceThatDoesNotOpen_StopsNothing(string driver)
    {
        EntryPointHook hook = (name, address) =>
        {
            if (name != "vkCreateDevice") return address;
            s_createDevice = (delegate* unmanaged<void*, void*, void*, void*, Result>)address;
            return (nint)(delegate* unmanaged[Cdecl]<void*, void*, void*, void*, Result>)&OnlyOne;
        };
        s_devices = 0;
        using var device = Drivers.Open(driver, new() { Hook = hook });
        Assert.False(CompileAhead.Helps(device));
        using var ahead = new CompileAhead(device, null);
        ahead.Start(Parts(device, "int"));
        ahead.Finish();
        Assert.Equal(0, ahead.Compiled);
        Assert.True(s_devices > 1);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result OnlyOne(void* physical, void* create, void* allocator, void* device) =>
        Interlocked.Increment(ref s_devices) == 1 ? s_createDevice(physical, create, allocator, device) : Result.ErrorInitializationFailed;

    private static PipelineParts[] Parts(Device device, string type)
    {
        var push = PushLayout.For(device.Limits, buffers: 1, words: 0, laneTable: 0, "Ahead.comp");
        var text = $$"""
            #version 450
            #extension GL_GOOGLE_include_directive : require
            #define BUFFERS OUT({{type}}, Y, 0)
            #include "buffers.glsl"
            layout(local_size_x = 1) in;
            layout(constant_id = 0) const uint WHAT = 0;
            void main() { STORE(Y, 0u, {{type}}(WHAT)); }
            """;
        var spirv = new ShaderCompiler().Compile(new("Ahead.comp", text, push.Defines));
        return [.. Enumerable.Range(0, Pipelines).Select(i => new PipelineParts($"ahead {i}", spirv, [(uint)i], push))];
    }
}
