using System.Diagnostics;

namespace Forge.Vulkan.Tests;

/// <summary>A glslc that knows cooperative matrices, with the SPIR-V tools of its time: Debian 13's, unpacked by ./forge test, or the machine's own.</summary>
internal static class NewerTools
{
    private static readonly string? s_folder = Folder();

    /// <summary>Null where the tools are here; else why not.</summary>
    public static string? Missing { get; } = Problem();

    /// <summary>Runs a tool.</summary>
    /// <returns>Its exit code, and all that it said.</returns>
    public static (int Code, string Said) Run(string tool, params IReadOnlyList<string> arguments)
    {
        // The tools of another release run through the loader of that release's C library, whatever the machine has.
        var start = s_folder is null ? new ProcessStartInfo(tool)
            : new ProcessStartInfo(Path.Combine(s_folder, "lib", "ld.so"), ["--library-path", Path.Combine(s_folder, "lib"), Path.Combine(s_folder, "bin", tool)]);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.RedirectStandardError = start.RedirectStandardOutput = true;
        start.Environment.Remove("LD_LIBRARY_PATH");
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var said = process.StandardOutput.ReadToEnd() + error.Result;
        process.WaitForExit();
        return (process.ExitCode, said);
    }

    /// <summary>The SPIR-V of a shader that needs no more than Vulkan 1.2.</summary>
    /// <param name="shader">The shader, with every macro it is compiled with.</param>
    public static byte[] Compile(ShaderRequest shader)
    {
        var folder = Directory.CreateTempSubdirectory("forge shader ");
        try
        {
            var (file, made) = (Write(shader, folder.FullName), Path.Combine(folder.FullName, "made.spv"));
            var (code, said) = Run("glslc", ["-fshader-stage=compute", "--target-env=vulkan1.2", "--target-spv=spv1.5", .. (shader.Defines ?? []).Select(d => $"-D{d.Name}={d.Value}"),
                "-I", folder.FullName, file, "-o", made]);
            Assert.True(code == 0, $"{shader.Name}: {said}");
            return File.ReadAllBytes(made);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Writes a shader and what it includes into a folder, where glslc finds them.</summary>
    /// <returns>The shader's file.</returns>
    public static string Write(ShaderRequest shader, string folder)
    {
        var text = shader.Text ?? ShaderSource.Default.Read(shader.Name);
        foreach (var (name, included) in ShaderSource.Default.Includes(text, shader.Includes ?? []))
            File.WriteAllText(Path.Combine(folder, name), included);
        var file = Path.Combine(folder, shader.Name);
        File.WriteAllText(file, text);
        return file;
    }

    /// <summary>Whether glslc takes a GLSL extension.</summary>
    public static bool Knows(string extension)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, $"#version 450\n#extension {extension} : require\nlayout(local_size_x = 1) in;\nvoid main() {{}}\n");
            return Run("glslc", "-fshader-stage=compute", "--target-env=vulkan1.2", file, "-o", file + ".spv").Code == 0;
        }
        finally
        {
            File.Delete(file);
            File.Delete(file + ".spv");
        }
    }

    private static string? Folder()
    {
        var data = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } given ? given : Path.Combine(Environment.GetEnvironmentVariable("HOME") ?? "", ".local", "share");
        var folder = Environment.GetEnvironmentVariable("FORGE_TEST_TOOLS13") is { Length: > 0 } named ? named : Path.Combine(data, "forge", "tools13");
        return File.Exists(Path.Combine(folder, "lib", "ld.so")) ? folder : null;
    }

    private static string? Problem()
    {
        try
        {
            return Knows("GL_KHR_cooperative_matrix") && Run("spirv-val", "--version").Code == 0 && Run("spirv-opt", "--version").Code == 0 ? null
                : "the glslc here does not know GL_KHR_cooperative_matrix; ./forge test fetches Debian 13's on Debian 12";
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException)
        {
            return $"needs glslc and SPIR-V tools of Debian 13 or later; ./forge test fetches them on Debian 12 ({e.Message})";
        }
    }
}

/// <summary>A test of several rows that needs a glslc that knows cooperative matrices.</summary>
public sealed class NewerToolsTheoryAttribute : TheoryAttribute
{
    public NewerToolsTheoryAttribute() => Skip = NewerTools.Missing;
}

/// <summary>A test of a row per driver that needs a glslc that knows cooperative matrices.</summary>
public sealed class NewerToolsDriverTheoryAttribute : TheoryAttribute
{
    public NewerToolsDriverTheoryAttribute() => Skip = Needs.MissingDriver ?? NewerTools.Missing;
}
