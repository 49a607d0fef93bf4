using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Kernels;

namespace Forge.Vulkan.Tests;

/// <summary>Coopmat shaders compile, and stay valid SPIR-V with each variant's constants, by tools that know them: no device is needed.</summary>
public sealed class MatrixShaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("forge matrices ");

    // The shapes of today's devices: NVIDIA, AMD and Intel, lavapipe.
    private static readonly DeviceLimits s_limits = new()
    {
        MaxWorkgroupInvocations = 1024,
        MaxWorkgroupX = 1024,
        SharedMemoryBytes = 65536,
        SubgroupSize = 32,
        HasBufferAddress = true,
        Mode = BufferMode.Address,
    };

    public static TheoryData<string, DType> KernelsAndTypes()
    {
        var data = new TheoryData<string, DType>();
        foreach (var type in (DType[])[DType.F16, DType.BF16])
            foreach (var stem in (string[])["MatMul", "Conv2D", "Conv2DInputGradient", "Conv2DWeightGradient"])
                data.Add(stem, type);
        return data;
    }

    [NewerToolsTheory, MemberData(nameof(KernelsAndTypes))]
    public void CoopmatShader_CompilesAndIsValid_InEveryVariant(string stem, DType type)
    {
        var known = type == DType.F16 || NewerTools.Knows("GL_EXT_bfloat16");
        foreach (var mode in (string[])["FORGE_ADDRESS", "FORGE_DESCRIPTOR", "FORGE_CHECKED"])
        {
            var (code, said) = NewerTools.Run("glslc", "-fshader-stage=compute", "--target-env=vulkan1.2", "--target-spv=spv1.5", $"-D{mode}=1", $"-DCOOPMAT={MatrixProbe.Define(type)}",
                "-I", Write(stem), Path.Combine(_folder.FullName, $"{stem}.tiled.comp"), "-o", At("plain.spv"));
            if (!known)
            {
                // A compiler that does not know the type must say so, and nothing else: Debian 13's glslang has no bfloat16 yet.
                Assert.True(code != 0 && said.Contains("extension not supported: GL_EXT_bfloat16", StringComparison.Ordinal), said);
                return;
            }
            Succeeds((code, said), $"{stem} {type} {mode}");
            Succeeds(NewerTools.Run("spirv-val", "--target-env", "vulkan1.2", At("plain.spv")), $"{stem} {type} {mode}");
            if (mode != "FORGE_ADDRESS") continue;
            var labels = new HashSet<string>();
            foreach (var shape in (MatrixShape[])[new(type, 16, 16, 16), new(type, 16, 8, 16), new(type, 8, 16, 16), new(type, 8, 8, 8)])
                foreach (var (variant, constants) in Variants(stem, s_limits with { Matrices = [shape] }, type))
                {
                    labels.Add(variant.Label);
                    var values = string.Join(' ', constants.Select((value, id) => $"{id}:{value}"));
                    Succeeds(NewerTools.Run("spirv-opt", "--target-env=vulkan1.2", $"--set-spec-const-default-value={values}", "--freeze-spec-const", "--fold-spec-const-op-composite", At("plain.spv"), "-o", At("set.spv")),
                        $"{variant.Label} [{values}]");
                    Succeeds(NewerTools.Run("spirv-val", "--target-env", "vulkan1.2", At("set.spv")), $"{variant.Label} [{values}]");
                }
            Assert.True(labels.Count >= 6, $"only {string.Join(", ", labels)}");
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string At(string file) => Path.Combine(_folder.FullName, file);

    private static void Succeeds((int Code, string Said) result, string what) => Assert.True(result.Code == 0, $"{what}: {result.Said}");

    private string Write(string stem)
    {
        var text = ShaderSource.Default.Read($"{stem}.tiled.comp");
        File.WriteAllText(At($"{stem}.tiled.comp"), text);
        foreach (var (name, included) in ShaderSource.Default.Includes(text, [])) File.WriteAllText(At(name), included);
        return _folder.FullName;
    }

    private static IEnumerable<(Variant Variant, IReadOnlyList<uint> Constants)> Variants(string stem, DeviceLimits limits, DType type)
    {
        (Op Op, Kernel Kernel, Shape A, Shape B) use = stem switch
        {
            "MatMul" => (new MatMulOp(), new MatMulKernel(), (512, 256), (256, 384)),
            "Conv2D" => (new Conv2DOp(Conv2DGeometry.Unit), new Conv2DKernel(), (2, 18, 18, 32), (3, 3, 32, 64)),
            "Conv2DInputGradient" => (new Conv2DInputGradientOp(Conv2DGeometry.Unit, (18, 18)), new Conv2DInputGradientKernel(), (2, 16, 16, 64), (3, 3, 32, 64)),
            _ => (new Conv2DWeightGradientOp(Conv2DGeometry.Unit, (3, 3)), new Conv2DWeightGradientKernel(), (2, 18, 18, 32), (2, 16, 16, 64)),
        };
        TensorType[] inputs = [new(type, use.A), new(type, use.B)];
        var outputs = use.Op.Infer(inputs);
        return use.Kernel.VariantsOf(use.Op, inputs, outputs, limits).Where(v => v.Family == Family.Coopmat)
            .Select(v => (v, use.Kernel.PlanOf(use.Op, v, inputs, outputs).Dispatches[0].Constants!));
    }
}
