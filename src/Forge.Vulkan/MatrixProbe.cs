using Forge.Core;

namespace Forge.Vulkan;

/// <summary>
/// Asks the shader compiler, on devices with matrix units, which of their types it knows (Debian 12's knows none, Debian 13's knows f16), and where a
/// workgroup's matrices load from tensors, whether it knows that (Debian 13's does).
/// </summary>
internal static class MatrixProbe
{
    private const string Text = """
        #version 450
        #define BUFFERS OUT(float, Y, 0)
        #include "buffers.glsl"
        layout(local_size_x = 32) in;
        void main() { coopmat<NUMBER, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA> a = coopmat<NUMBER, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA>(NUMBER(0.0)); }
        """;

    private const string TensorText = """
        #version 450
        #define BUFFERS OUT(float, Y, 0)
        #include "buffers.glsl"
        layout(local_size_x = 32) in;
        #include "tensor.glsl"
        void main() { MATRIX_C(32, 32) c; SET_ZERO(c, 32, 32); STORE_TENSOR(c, Y, 0u, PART(TENSOR(32u, 32u, 32u), 0u, 32u, 0u, 32u)); }
        """;

    /// <summary>What a shader is compiled with whose matrices are held by a workgroup, in the words of matrices.glsl.</summary>
    public const string OfWorkgroups = "WORKGROUP_MATRICES";

    /// <summary>What a shader is compiled with whose matrices load from tensors besides: tensor.glsl.</summary>
    public const string WithTensors = "TENSORS";

    /// <summary>Whether a compiler knows GL_NV_cooperative_matrix2. It is never dispatched.</summary>
    public static PipelineRequest TensorQuestion { get; } =
        new(new ShaderRequest("TensorProbe.comp", TensorText, [("COOPMAT", Define(DType.F16)), (WithTensors, "1")]), [], Buffers: 1, PushWords: 0, LaneTable: 0);

    /// <summary>What is asked about a type: whether it compiles. It is never dispatched.</summary>
    public static PipelineRequest Question(DType type) =>
        new(new ShaderRequest("MatrixProbe.comp", Text, [("COOPMAT", Define(type)), ("NUMBER", type == DType.BF16 ? "bfloat16_t" : "float16_t")]), [], Buffers: 1, PushWords: 0, LaneTable: 0);

    /// <summary>The types of factors that a compiler knows.</summary>
    public static IReadOnlyList<DType> KnownTo(ShaderCompiler compiler) =>
        [.. ((DType[])[DType.F16, DType.BF16]).Where(type => compiler.WhyNot(Question(type).CompiledFor(new() { Mode = BufferMode.Address }, out _)) is null)];

    /// <summary>Whether a compiler knows loads of tensors.</summary>
    public static bool KnowsTensors(ShaderCompiler compiler) => compiler.WhyNot(TensorQuestion.CompiledFor(new() { Mode = BufferMode.Address }, out _)) is null;

    /// <summary>Withdraws the matrices whose type does not compile, and loads of tensors where they do not.</summary>
    public static void Confirm(Device device, PipelineLibrary pipelines)
    {
        foreach (var type in device.Limits.Matrices.Select(s => s.Factor).Union(device.Limits.WorkgroupMatrices.Select(s => s.Factor)).ToArray())
            if (pipelines.WhyNot(Question(type)) is { } problem)
            {
                Switches.Log(1, $"{device.Description.Name} multiplies matrices of {type.Label()}, but the shader compiler does not know them ({problem.Split('\n')[^1].Trim()}): a newer libshaderc does");
                device.Limits = device.Limits with
                {
                    Matrices = [.. device.Limits.Matrices.Where(s => s.Factor != type)],
                    WorkgroupMatrices = [.. device.Limits.WorkgroupMatrices.Where(s => s.Factor != type)],
                };
            }
        if (device.Limits is { HasTensorLoads: true, WorkgroupMatrices.Count: > 0 } && pipelines.WhyNot(TensorQuestion) is { } unknown)
        {
            Switches.Log(1, $"{device.Description.Name} loads matrices from tensors, but the shader compiler does not know that ({unknown.Split('\n')[^1].Trim()}): a newer libshaderc does");
            device.Limits = device.Limits with { HasTensorLoads = false };
        }
    }

    /// <summary>The value of COOPMAT for a type of factors.</summary>
    public static string Define(DType type) => type == DType.BF16 ? "1" : "2";
}
