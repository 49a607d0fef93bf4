using System.ComponentModel;
using System.Diagnostics;
using Forge.Vulkan.Profiling;

namespace Forge.Vulkan.Tuning;

/// <summary>Writes what a variant's shaders become: GLSL with its includes and macros resolved, SPIR-V, its disassembly.</summary>
internal static class ShaderDump
{
    /// <summary>Writes the files of each dispatch.</summary>
    /// <param name="folder">Where to; made where it is missing.</param>
    /// <param name="shaders">The folder that the shaders come from.</param>
    /// <param name="device">The device; what its driver tells of pipelines is asked where it was opened to ask.</param>
    /// <param name="use">The op and its types.</param>
    /// <param name="variant">The variant.</param>
    /// <returns>Lines for people: the files written, and what could not be.</returns>
    /// <exception cref="ShaderException">A shader does not compile.</exception>
    public static IReadOnlyList<string> Write(string folder, string shaders, Device device, OpUse use, Variant variant)
    {
        var compiler = new ShaderCompiler(new ShaderSource(shaders));
        using var pipelines = new PipelineLibrary(device, compiler); // of these very texts: nothing built before
        Directory.CreateDirectory(folder);
        var lines = new List<string>();
        var chosen = new ChosenKernel(use.Kernel!, variant, use.Kernel!.PlanOf(use.Op, variant, use.Inputs, use.Outputs));
        foreach (var (dispatch, number) in chosen.Plan.Dispatches.Select((d, i) => (d, i)))
        {
            var request = KernelLowering.Request(chosen, dispatch, use.Inputs.Count + use.Outputs.Count);
            var push = PushLayout.For(device.Limits, request.Buffers, request.PushWords, request.LaneTable, request.Shader.Name);
            var shader = request.Shader with { Defines = [.. push.Defines, .. request.Shader.Defines ?? []] };
            var stem = Path.Combine(folder, $"{number}-{Path.GetFileName(shader.Name)}");
            File.WriteAllText(stem + ".glsl", compiler.Preprocess(shader));
            File.WriteAllBytes(stem + ".spv", compiler.Compile(shader));
            File.WriteAllText(stem + ".constants", string.Concat(request.Constants.Select((c, i) => $"constant_id {i} = {c}\n")) + $"grid {dispatch.Grid.X} x {dispatch.Grid.Y} x {dispatch.Grid.Z}\npush {string.Join(' ', dispatch.Push)}\n");
            var told = PipelineStatistics.Of(device, pipelines.Get(request));
            if (told.Count > 0)
                File.WriteAllLines(stem + ".statistics", told.Select(t => $"{t.Name} = {t.Value}  ({t.Description})"));
            lines.Add($"{stem}.glsl, .spv, .constants{(told.Count > 0 ? ", .statistics" : " (no statistics: the driver tells none)")}{(Disassemble(stem) is { } problem ? $" (no disassembly: {problem})" : ", .spvasm")}");
        }
        return lines;
    }

    // Where the launcher's set of tools may be, besides PATH.
    private static string Tool()
    {
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } xdg ? xdg : Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "", ".local", "share");
        var own = Path.Combine(data, "forge", "tools", "bin", "spirv-dis");
        return File.Exists(own) ? own : "spirv-dis";
    }

    private static string? Disassemble(string stem)
    {
        try
        {
            using var tool = Process.Start(new ProcessStartInfo(Tool(), [stem + ".spv", "-o", stem + ".spvasm"]) { RedirectStandardError = true })!;
            var said = tool.StandardError.ReadToEnd();
            tool.WaitForExit();
            return tool.ExitCode == 0 ? null : said.Trim();
        }
        catch (Win32Exception)
        {
            return "spirv-dis is not here; it comes with spirv-tools";
        }
    }
}
