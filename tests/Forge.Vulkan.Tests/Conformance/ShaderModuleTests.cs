using System.Collections.Concurrent;
using System.Diagnostics;
using Forge.Core;
using Forge.Vulkan.Checking;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>
/// Every shader module that kernels ask for, over the op table's cases and the large ones, compiled without a device: valid SPIR-V, and nothing in
/// it that the limits under which its variant was offered lack.
/// </summary>
public sealed class ShaderModuleTests
{
    // A processor's driver like llvmpipe, and a GPU with everything that a kernel could want.
    private static readonly Dictionary<string, DeviceLimits> s_devices = new()
    {
        ["processor"] = Rich with { SubgroupSize = 8, MaxPushConstantBytes = 256, Quirks = new() { LaneChain = true, UniformPushTable = true, RunsOnProcessor = true } },
        ["old processor"] = Rich with { SubgroupSize = 8, Quirks = new() { UniformPushTable = true, RunsOnProcessor = true } },
        ["GPU"] = Rich with { SubgroupSize = 32, MaxPushConstantBytes = 256 },
        ["no pointer casts"] = Rich with { SubgroupSize = 4, Quirks = new() { NoPointerCast = true, RunsOnProcessor = true } },
    };

    private static readonly ParallelOptions s_everyCore = new() { MaxDegreeOfParallelism = Environment.ProcessorCount };

    private static DeviceLimits Rich => new()
    {
        MaxWorkgroupInvocations = 1024,
        MaxWorkgroupX = 1024,
        MaxWorkgroupY = 1024,
        SharedMemoryBytes = 48 << 10,
        HasBufferAddress = true,
        HasInt64 = true,
        HasInt16 = true,
        HasInt8 = true,
        HasFloat16 = true,
        HasStorage16 = true,
        HasStorage8 = true,
        HasSubgroupArithmetic = true,
        HasSubgroupBallot = true,
        HasSubgroupShuffle = true,
        HasSubgroupSizeControl = true,
        HasCooperativeMatrix = true,
        MaxStorageBufferRange = 1L << 32,
    };

    public static TheoryData<string, BufferMode> DevicesAndModes()
    {
        var data = new TheoryData<string, BufferMode>();
        foreach (var device in s_devices.Keys)
            foreach (var mode in Enum.GetValues<BufferMode>())
                data.Add(device, mode);
        return data;
    }

    [CompilerTheory(validator: true), MemberData(nameof(DevicesAndModes))]
    public void EveryModule_IsValid(string device, BufferMode mode)
    {
        var modules = new ConcurrentDictionary<string, byte[]>();
        Parallel.ForEach(Requests(s_devices[device] with { Mode = mode }).DistinctBy(r => r.ModuleKey), s_everyCore, r => modules[r.ModuleKey] = r.Compile());
        Assert.True(modules.Count > 50, $"only {modules.Count} modules");
        var folder = Directory.CreateTempSubdirectory("forge-modules-");
        try
        {
            var problems = new ConcurrentBag<string>();
            Parallel.ForEach(modules.Select((m, i) => (Key: m.Key, Spirv: m.Value, File: Path.Combine(folder.FullName, $"{i}.spv"))), s_everyCore, m =>
            {
                File.WriteAllBytes(m.File, m.Spirv);
                if (Problem(m.File) is { } problem) problems.Add($"{m.Key.Split('\0')[0]}: {problem}");
            });
            Assert.True(problems.IsEmpty, string.Join('\n', problems.Order(StringComparer.Ordinal).Take(5)));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [CompilerFact(validator: true)]
    public void DamagedModule_IsFoundInvalid()
    {
        var spirv = new ShaderCompiler(cache: DeviceUnderTest.Compiled).Compile(new("Nothing.comp", "#version 450\nvoid main() {}"));
        spirv = [.. spirv[..^4]];   // without its OpFunctionEnd
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, spirv);
            Assert.NotNull(Problem(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    public static TheoryData<string, string, BufferMode> NarrowedDevices()
    {
        var data = new TheoryData<string, string, BufferMode>();
        foreach (var device in s_devices.Keys)
            foreach (var narrowing in Narrowings.Names.Prepend("nothing"))
            {
                data.Add(device, narrowing, BufferMode.Address);
                if (narrowing is Narrowings.Everything or "bindings of 128 MiB") data.Add(device, narrowing, BufferMode.Descriptor);
            }
        return data;
    }

    [CompilerTheory, MemberData(nameof(NarrowedDevices))]
    public void Variants_AskForNothing_ThatTheDeviceLacks(string device, string narrowing, BufferMode mode)
    {
        var limits = s_devices[device] with { Mode = mode };
        if (narrowing != "nothing") limits = Narrowings.Apply(narrowing, limits);
        var problems = new ConcurrentBag<string>();
        Parallel.ForEach(Requests(limits).DistinctBy(r => r.Request.Key), s_everyCore, r =>
        {
            if (new ShaderNeeds(r.Compile(), r.Request.Constants).Missing(limits) is { } missing) problems.Add($"{r.Op}: {r.Request.Name} needs {missing}");
        });
        Assert.True(problems.IsEmpty, $"{problems.Count} pipelines:\n{string.Join('\n', problems.Distinct().Order(StringComparer.Ordinal).Take(40))}");
    }

    private sealed record Asked(string Op, PipelineRequest Request, PushLayout Push)
    {
        private ShaderRequest Shader => Request.Shader with { Defines = [.. Push.Defines, .. Request.Shader.Defines ?? []] };

        public string ModuleKey => string.Join('\0', [Request.Shader.Name, .. Shader.Defines!.Select(d => $"{d.Name}={d.Value}"), .. (Shader.Includes ?? []).Select(i => i.Text), Request.Shader.Text]);

        public byte[] Compile() => new ShaderCompiler(cache: DeviceUnderTest.Compiled).Compile(Shader);
    }

    // Every dispatch of every variant of every case, on a device of these limits.
    private static IEnumerable<Asked> Requests(DeviceLimits limits)
    {
        var cases = OpTable.Entries.SelectMany(e => Enumerable.Range(0, ConformanceDevices.Some).Select(n => (e.Name, Case: CheckCases.Of(e, CheckCases.Draws(e.Name, n)))))
            .Concat(LargeCases.Names.Select(n => (Name: n, Case: CheckCases.AsPlanned(LargeCases.Make(n)))));
        foreach (var (name, (op, values)) in cases)
        {
            if (KernelTable.Find(op) is not { } kernel) continue;
            TensorType[] inputs = [.. values.Select(v => v.Type)], outputs = [.. op.Infer(inputs)];
            foreach (var variant in kernel.VariantsOf(op, inputs, outputs, limits))
            {
                var plan = kernel.PlanOf(op, variant, inputs, outputs);
                foreach (var dispatch in plan.Dispatches)
                {
                    var request = KernelLowering.Request(new(kernel, variant, plan), dispatch, inputs.Length + outputs.Length);
                    yield return new(name, request, PushLayout.For(limits, request.Buffers, request.PushWords, request.LaneTable, request.Name));
                }
            }
        }
    }

    // What spirv-val finds wrong; null where nothing.
    private static string? Problem(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("spirv-val", ["--target-env", "vulkan1.2", file]) { RedirectStandardError = true })!;
        var problem = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : problem.Trim();
    }
}
