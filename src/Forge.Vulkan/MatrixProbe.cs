using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Asks the shader compiler, on devices with matrix units, which of their types it knows: Debian 12's knows none, Debian 13's knows f16.</summary>
internal static class MatrixProbe
{
    private const string Text = """
        #version 450
        #define BUFFERS OUT(float, Y, 0)
        #include "buffers.glsl"
        layout(local_size_x = 32) in;
        void main() { coopmat<NUMBER, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA> a = coopmat<NUMBER, gl_ScopeSubgroup, 16, 16, gl_MatrixUseA>(NUMBER(0.0)); }
        """;

    /// <summary>What is asked about a type: whether it compiles. It is never dispatched.</summary>
    public static PipelineRequest Question(DType type) =>
        new(new ShaderRequest("MatrixProbe.comp", Text, [("COOPMAT", Define(type)), ("NUMBER", type == DType.BF16 ? "bfloat16_t" : "float16_t")]), [], Buffers: 1, PushWords: 0, LaneTable: 0);

    /// <summary>The types of factors that a compiler knows.</summary>
    public static IReadOnlyList<DType> KnownTo(ShaderCompiler compiler) =>
        [.. ((DType[])[DType.F16, DType.BF16]).Where(type => compiler.WhyNot(Question(type).CompiledFor(new() { Mode = BufferMode.Address }, out _)) is null)];

    /// <summary>Withdraws the matrices whose type does not compile.</summary>
    public static void Confirm(Device device, PipelineLibrary pipelines)
    {
        foreach (var type in device.Limits.Matrices.Select(s => s.Factor).Distinct().ToArray())
            if (pipelines.WhyNot(Question(type)) is { } problem)
            {
                Switches.Log(1, $"{device.Description.Name} multiplies matrices of {type.Label()}, but the shader compiler does not know them ({problem.Split('\n')[^1].Trim()}): a newer libshaderc does");
                device.Limits = device.Limits with { Matrices = [.. device.Limits.Matrices.Where(s => s.Factor != type)] };
            }
    }

    /// <summary>The value of COOPMAT for a type of factors.</summary>
    public static string Define(DType type) => type == DType.BF16 ? "1" : "2";
}
