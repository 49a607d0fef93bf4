using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Kernels;
using Forge.Vulkan.Tests.Conformance;

namespace Forge.Vulkan.Tests;

/// <summary>Coopmat shaders compile, and stay valid SPIR-V with each variant's constants, by tools that know them: no device is needed.</summary>
public sealed class MatrixShaderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("forge matrices ");

    // Room for every variant; the matrices are given by each test.
    private static readonly DeviceLimits s_limits = WorkgroupMatrixTests.Gpu with { SharedMemoryBytes = 65536, HasFloat16 = true, HasCooperativeMatrix = true };

    // The shapes of today's devices: NVIDIA, AMD and Intel, lavapipe.
    private static readonly (uint M, uint N, uint K)[] s_shapes = [(16, 16, 16), (16, 8, 16), (8, 16, 16), (8, 8, 8)];

    /// <summary>The kernels with coopmat variants.</summary>
    public static TheoryData<string> Stems => ["MatMul", "Conv2D", "Conv2DInputGradient", "Conv2DWeightGradient"];

    public static TheoryData<string, DType> KernelsAndTypes()
    {
        var data = new TheoryData<string, DType>();
        foreach (var type in (DType[])[DType.F16, DType.BF16])
            foreach (string stem in Stems)
                data.Add(stem, type);
        return data;
    }

    [NewerToolsTheory, MemberData(nameof(KernelsAndTypes))]
    public void CoopmatShader_CompilesAndIsValid_InEveryVariant(string stem, DType type)
    {
        var known = type == DType.F16 || NewerTools.Knows("GL_EXT_bfloat16");
        var variants = s_shapes.SelectMany(s => VariantsOf(stem, s_limits with { Matrices = [new(type, s.M, s.N, s.K)] }, type)).Where(v => v.Variant.Family == Family.Coopmat)
            .DistinctBy(v => v.Variant.Label).ToList();
        Assert.True(variants.Count >= (stem == "MatMul" ? 14 : 10), $"only {string.Join(", ", variants.Select(v => v.Variant.Label))}");
        foreach (var module in variants.GroupBy(v => string.Join(' ', v.Variant.Defines!.Select(d => $"-D{d.Name}={d.Value}").Prepend(v.Variant.Shader))))
            foreach (var mode in (string[])["FORGE_ADDRESS", "FORGE_DESCRIPTOR", "FORGE_CHECKED"])
            {
                var first = module.First().Variant;
                // Loads of tensors are in SPIR-V 1.6; all else keeps to Vulkan 1.2.
                var (vulkan, spirv) = WorkgroupTile.IsOfTensors(first) ? ("vulkan1.3", "spv1.6") : ("vulkan1.2", "spv1.5");
                var (code, said) = NewerTools.Run("glslc", ["-fshader-stage=compute", $"--target-env={vulkan}", $"--target-spv={spirv}", $"-D{mode}=1", .. first.Defines!.Select(d => $"-D{d.Name}={d.Value}"),
                    "-I", _folder.FullName, NewerTools.Write(new(first.Shader!), _folder.FullName), "-o", At("plain.spv")]);
                if (!known)
                {
                    // A compiler that does not know the type must say so, and nothing else: Debian 13's glslang has no bfloat16 yet.
                    Assert.True(code != 0 && said.Contains("extension not supported: GL_EXT_bfloat16", StringComparison.Ordinal), said);
                    continue;
                }
                Succeeds((code, said), $"{module.Key} {mode}");
                Succeeds(NewerTools.Run("spirv-val", "--target-env", vulkan, At("plain.spv")), $"{module.Key} {mode}");
                if (mode != "FORGE_ADDRESS") continue;
                foreach (var (variant, constants) in module)
                {
                    Assert.Null(new ShaderNeeds(File.ReadAllBytes(At("plain.spv")), constants).Missing(s_limits));
                    var values = string.Join(' ', constants.Select((value, id) => $"{id}:{value}"));
                    Succeeds(NewerTools.Run("spirv-opt", $"--target-env={vulkan}", $"--set-spec-const-default-value={values}", "--freeze-spec-const", "--fold-spec-const-op-composite", At("plain.spv"), "-o", At("set.spv")),
                        $"{variant.Label} [{values}]");
                    Succeeds(NewerTools.Run("spirv-val", "--target-env", vulkan, At("set.spv")), $"{variant.Label} [{values}]");
                }
            }
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string At(string file) => Path.Combine(_folder.FullName, file);

    private static void Succeeds((int Code, string Said) result, string what) => Assert.True(result.Code == 0, $"{what}: {result.Said}");

    /// <summary>The variants of a kernel for factors of a type, with the specialization constants of their products.</summary>
    internal static IEnumerable<(Variant Variant, IReadOnlyList<uint> Constants)> VariantsOf(string stem, DeviceLimits limits, DType type)
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
        return use.Kernel.VariantsOf(use.Op, inputs, outputs, limits).Select(v => (v, use.Kernel.PlanOf(use.Op, v, inputs, outputs).Dispatches[0].Constants ?? []));
    }
}
