using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Forge.Core;
using Forge.Vulkan.Profiling;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Profiling;

/// <summary>Registers and the like, from a driver that tells them: software drivers do not, so two entry points are replaced.</summary>
public unsafe class PipelineStatisticsTests
{
    [DriverFact]
    public void Profile_OnADriverThatTells_HasItsFigures()
    {
        using var backend = new VulkanBackend(Talkative(statistics: true));
        var kernel = Assert.Single(Profile(backend).Kernels);
        Assert.Equal(
            [new("Registers", "42", "how many"), new("Spills", "-1", "how many"), new("Occupancy", "0.625", "how much"), new("Full", "yes", "whether")], kernel.Statistics);
    }

    [DriverFact]
    public void Profile_WithoutAskingForStatistics_HasNone()
    {
        using var backend = new VulkanBackend(Talkative(statistics: false));
        Assert.Empty(Assert.Single(Profile(backend).Kernels).Statistics);
    }

    [DriverFact]
    public void Profile_OnADriverThatDoesNotTell_HasNone()
    {
        using var backend = new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Statistics = true, Narrow = l => l with { HasPipelineStatistics = false } }));
        Assert.Empty(Assert.Single(Profile(backend).Kernels).Statistics);
    }

    private static Device Talkative(bool statistics) => Drivers.Open(Drivers.Names()[0], new()
    {
        Statistics = statistics,
        Narrow = l => l with { HasPipelineStatistics = true },
        Hook = (name, address) => name switch
        {
            "vkGetPipelineExecutablePropertiesKHR" => (nint)(delegate* unmanaged[Cdecl]<void*, PipelineInfoKHR*, uint*, PipelineExecutablePropertiesKHR*, Result>)&Properties,
            "vkGetPipelineExecutableStatisticsKHR" => (nint)(delegate* unmanaged[Cdecl]<void*, PipelineExecutableInfoKHR*, uint*, PipelineExecutableStatisticKHR*, Result>)&Statistics,
            _ => address,
        },
    });

    private static StepProfile Profile(VulkanBackend backend)
    {
        using var engine = new Engine(backend);
        return Profiler.Profile(backend, "exp", engine.Compile(x => x.Exp()), [new(new(DType.F32, (8, 8)))], runs: 1);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result Properties(void* device, PipelineInfoKHR* pipeline, uint* count, PipelineExecutablePropertiesKHR* properties)
    {
        if (pipeline->SType != StructureType.PipelineInfoKhr || pipeline->Pipeline.Handle == 0) return Result.ErrorUnknown;
        *count = 1;
        return Result.Success;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Result Statistics(void* device, PipelineExecutableInfoKHR* executable, uint* count, PipelineExecutableStatisticKHR* statistics)
    {
        if (executable->SType != StructureType.PipelineExecutableInfoKhr || executable->ExecutableIndex != 0) return Result.ErrorUnknown;
        *count = 4;
        if (statistics is null) return Result.Success;
        Fill(ref statistics[0], "Registers", "how many", PipelineExecutableStatisticFormatKHR.Uint64Khr, new() { U64 = 42 });
        Fill(ref statistics[1], "Spills", "how many", PipelineExecutableStatisticFormatKHR.Int64Khr, new() { I64 = -1 });
        Fill(ref statistics[2], "Occupancy", "how much", PipelineExecutableStatisticFormatKHR.Float64Khr, new() { F64 = 0.625 });
        Fill(ref statistics[3], "Full", "whether", PipelineExecutableStatisticFormatKHR.Bool32Khr, new() { B32 = true });
        return Result.Success;
    }

    private static void Fill(ref PipelineExecutableStatisticKHR figure, string name, string description, PipelineExecutableStatisticFormatKHR format, PipelineExecutableStatisticValueKHR value)
    {
        (figure.Format, figure.Value) = (format, value);
        fixed (byte* n = figure.Name, d = figure.Description)
            foreach (var (target, text) in ((nint, string)[])[((nint)n, name), ((nint)d, description)])
            {
                var bytes = Encoding.UTF8.GetBytes(text + '\0');
                bytes.CopyTo(new Span<byte>((void*)target, bytes.Length));
            }
    }
}
