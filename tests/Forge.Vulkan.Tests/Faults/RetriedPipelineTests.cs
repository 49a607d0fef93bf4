using Forge.Core;
using Forge.Models.Cnn;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>A pipeline whose build failed for lack of memory is built the next time it is asked for, on the same device.</summary>
public sealed class RetriedPipelineTests : IDisposable
{
    private static readonly HostTensor s_x = SharedHash.Uniform(1, (5, 7), 0, 1);
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge retries ");
    private int _folders;

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void PipelineThatFailedOnce_IsBuiltAndRuns_TheNextTime(string driver)
    {
        // Where shaders are objects, pipelines are built only for a device whose binaries nobody keeps.
        foreach (var keeps in (bool[])[true, false])
        {
            var (counted, opened) = (new CallFaults(), new Dictionary<string, int>());
            byte[] expected;
            using (var engine = Open(driver, keeps, counted))
            {
                foreach (var (call, count) in counted.Calls) opened[call] = count;
                expected = Step(engine).Run(s_x)[0].Bytes.ToArray();
            }
            string[] building = [.. counted.Calls.Keys.Where(c => c is "vkCreatePipelineLayout" or "vkCreateShaderModule" or "vkCreateComputePipelines" or "vkCreateShadersEXT" or "vkGetShaderBinaryDataEXT")];
            Assert.Contains(building, c => c is "vkCreateComputePipelines" or "vkCreateShadersEXT");
            foreach (var call in building)
            {
                var calls = new CallFaults(new(call, opened.GetValueOrDefault(call) + 1, Result.ErrorOutOfDeviceMemory));
                using (var engine = Open(driver, keeps, calls))
                {
                    var step = Step(engine);
                    Assert.Equal(call, Assert.Throws<VulkanException>(() => step.Run(s_x)).Call);
                    Assert.True(calls.WasMet);
                    Assert.Equal(expected, step.Run(s_x)[0].Bytes.ToArray());
                    // Another plan that needs the same pipeline.
                    Assert.Equal(expected, Step(engine).Run(s_x)[0].Bytes.ToArray());
                }
                Assert.Empty(calls.Mistakes);
            }
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    private Engine Open(string driver, bool keepsBinaries, CallFaults calls)
    {
        var device = Drivers.Open(driver, new() { Hook = calls.Hook }, shared: true);
        // A folder of its own: a kept binary would be taken back instead of being made.
        return new(new VulkanBackend(device, tuned: false, cacheRoot: keepsBinaries ? Path.Combine(_root.FullName, $"{_folders++}") : null,
            pipelines: keepsBinaries ? null : new PipelineLibrary(device, new ShaderCompiler(cache: DeviceUnderTest.Compiled))));
    }

    private static CompiledFunction Step(Engine engine) => engine.Compile(x => x.Exp() * 0.5f);
}
