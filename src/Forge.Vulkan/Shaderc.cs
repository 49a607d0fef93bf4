using System.Reflection;
using System.Runtime.InteropServices;
using Forge.Core;

namespace Forge.Vulkan;

/// <summary>The few functions of libshaderc that Forge calls.</summary>
internal static unsafe partial class Shaderc
{
    private const string Library = "shaderc";
    private static readonly Lazy<(nint Handle, string Name)> s_library = new(Load);

    static Shaderc() => NativeLibrary.SetDllImportResolver(typeof(Shaderc).Assembly, Resolve);

    /// <summary>Compute shaders, of shaderc_shader_kind.</summary>
    public const int ComputeShader = 2;

    /// <summary>Checks that the library is there.</summary>
    /// <param name="shader">What is to be compiled; null where nothing in particular.</param>
    /// <exception cref="DeviceException">There is no shaderc.</exception>
    public static void MustBeThere(string? shader)
    {
        if (s_library.Value.Handle == 0)
            throw new DeviceException((shader is null || ShaderPack.Default is null ? "" : $"{shader} is not among the shaders that came with the program ready compiled. ")
                + $"No shader compiler, libshaderc, was found (tried {s_library.Value.Name}). {Platform.InstallShaderc}");
    }

    [LibraryImport(Library, EntryPoint = "shaderc_compiler_initialize")]
    public static partial nint CompilerInitialize();

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_initialize")]
    public static partial nint OptionsInitialize();

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_release")]
    public static partial void OptionsRelease(nint options);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_add_macro_definition")]
    public static partial void AddMacro(nint options, byte* name, nuint nameLength, byte* value, nuint valueLength);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_set_target_env")]
    public static partial void SetTargetEnvironment(nint options, int environment, uint version);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_set_target_spirv")]
    public static partial void SetTargetSpirv(nint options, uint version);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_set_optimization_level")]
    public static partial void SetOptimization(nint options, int level);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_options_set_include_callbacks")]
    public static partial void SetIncludes(nint options, delegate* unmanaged[Cdecl]<void*, byte*, int, byte*, nuint, IncludeResult*> resolve,
        delegate* unmanaged[Cdecl]<void*, IncludeResult*, void> release, void* user);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_into_spv")]
    public static partial nint Compile(nint compiler, byte* text, nuint bytes, int kind, byte* file, byte* entry, nint options);

    [LibraryImport(Library, EntryPoint = "shaderc_compile_into_preprocessed_text")]
    public static partial nint Preprocess(nint compiler, byte* text, nuint bytes, int kind, byte* file, byte* entry, nint options);

    [LibraryImport(Library, EntryPoint = "shaderc_result_release")]
    public static partial void ResultRelease(nint result);

    [LibraryImport(Library, EntryPoint = "shaderc_result_get_compilation_status")]
    public static partial int ResultStatus(nint result);

    [LibraryImport(Library, EntryPoint = "shaderc_result_get_length")]
    public static partial nuint ResultLength(nint result);

    [LibraryImport(Library, EntryPoint = "shaderc_result_get_bytes")]
    public static partial byte* ResultBytes(nint result);

    [LibraryImport(Library, EntryPoint = "shaderc_result_get_error_message")]
    public static partial byte* ResultMessage(nint result);

    private static (nint Handle, string Name) Load()
    {
        var found = Platform.LoadFirst(Platform.ShadercNames);
        return found.Handle != 0 ? found : (GlslcLibrary.Load(Platform.ShadercNames[0], Platform.CacheFolder), found.Name);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name == Library ? s_library.Value.Handle : 0;

    /// <summary>shaderc_include_result.</summary>
    /// <threadsafety>One thread at a time.</threadsafety>
    [StructLayout(LayoutKind.Sequential)]
    public struct IncludeResult
    {
        /// <summary>The file's name; empty where it was not found.</summary>
        public byte* Name;

        /// <summary>The name's length, in bytes.</summary>
        public nuint NameLength;

        /// <summary>The file's text, or why it was not found.</summary>
        public byte* Content;

        /// <summary>The text's length, in bytes.</summary>
        public nuint ContentLength;

        /// <summary>Not used.</summary>
        public void* User;
    }
}
