using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Forge.Vulkan;

/// <summary>One shader to compile.</summary>
/// <param name="Name">Its file's name, for messages and for finding its text.</param>
/// <param name="Text">Its GLSL, or null to read the file of that name.</param>
/// <param name="Defines">Macros, in order.</param>
/// <param name="Includes">Files it includes whose text the caller gives.</param>
internal sealed record ShaderRequest(
    string Name, string? Text = null, IReadOnlyList<(string Name, string Value)>? Defines = null, IReadOnlyList<(string Name, string Text)>? Includes = null);

/// <summary>Compiles GLSL to SPIR-V with libshaderc, and remembers the results on disk.</summary>
/// <remarks>Safe to call from several threads.</remarks>
internal sealed unsafe partial class ShaderCompiler
{
    // Vulkan 1.2 and not 1.3: for 1.3, local_size_x_id becomes LocalSizeId, which needs the maintenance4 feature.
    private const uint TargetVulkan = (1u << 22) | (2u << 12);
    private const uint TargetSpirv = 0x0001_0500;
    // GL_NV_cooperative_matrix2 asks for SPIR-V 1.6; its shaders set no size by constant, and its devices have Vulkan 1.3 (DeviceFeatures.cs).
    private const uint TensorsVulkan = (1u << 22) | (3u << 12);
    private const uint TensorsSpirv = 0x0001_0600;
    private readonly ShaderSource _source;
    private readonly SpirvCache _cache;
    private readonly int _optimization;
    // One for the process, never released: its first shader costs as much as some thirty others, for glslang's table of built-in names.
    private static readonly Lazy<nint> s_compiler = new(() =>
    {
        Shaderc.MustBeThere(null);
        return Shaderc.CompilerInitialize();
    });
    private int _compiled;

    /// <summary>A compiler of shaders from <paramref name="source"/>.</summary>
    /// <param name="source">Where texts come from; null means <see cref="ShaderSource.Default"/>.</param>
    /// <param name="cache">Where results are remembered; null means the user's cache folder.</param>
    /// <param name="optimization">
    /// shaderc's level: 0 none, 1 size, 2 performance. None is the default: a shader takes some 10 ms so and some 100 ms at 2, and drivers
    /// optimize for themselves (on Mesa 25 building the pipeline gets some 20 ms slower for the largest kernels).
    /// </param>
    public ShaderCompiler(ShaderSource? source = null, SpirvCache? cache = null, int optimization = 0) =>
        (_source, _cache, _optimization) = (source ?? ShaderSource.Default, cache ?? SpirvCache.Default, optimization);

    /// <summary>Shaders compiled so far; the rest came from the cache.</summary>
    public int Compiled => _compiled;

    /// <summary>Why a shader does not compile; null where it does.</summary>
    public string? WhyNot(ShaderRequest request)
    {
        try
        {
            _ = Compile(request);
            return null;
        }
        catch (ShaderException problem)
        {
            return problem.Message;
        }
    }

    /// <summary>Gives a shader's SPIR-V.</summary>
    /// <exception cref="ShaderException">It does not compile; the message shows the lines.</exception>
    /// <exception cref="Forge.Core.DeviceException">There is no shader compiler.</exception>
    public byte[] Compile(ShaderRequest request)
    {
        var text = request.Text ?? _source.Read(request.Name);
        var includes = _source.Includes(text, request.Includes ?? []);
        var key = Key(text, includes, request.Defines ?? []);
        if (_cache.Find(key) is not { } spirv)
        {
            var started = System.Diagnostics.Stopwatch.GetTimestamp();
            spirv = Run(request, text, includes);
            Switches.Log(3, $"compiled {request.Name} in {System.Diagnostics.Stopwatch.GetElapsedTime(started).TotalMilliseconds:F1} ms");
            Interlocked.Increment(ref _compiled);
            _cache.Store(key, spirv);
        }
        if (Switches.Dump is { } folder)
            Write(folder, request.Name, text, request.Defines ?? [], spirv, key);
        return spirv;
    }

    /// <summary>The hash of everything that decides a shader's SPIR-V: its text, what it includes, its macros and the target. Caches and packs name it so.</summary>
    /// <exception cref="ShaderException">There is no shader of that name.</exception>
    public string KeyOf(ShaderRequest request)
    {
        var text = request.Text ?? _source.Read(request.Name);
        return Key(text, _source.Includes(text, request.Includes ?? []), request.Defines ?? []);
    }

    // The compiler's version is no part of the key: a bundle with a full cache has no compiler to ask.
    private string Key(string text, SortedDictionary<string, string> includes, IReadOnlyList<(string Name, string Value)> defines)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        void Add(string part)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length)); // so that no two lists of parts read alike
            hash.AppendData(bytes);
        }
        Add($"forge 1, vulkan {Target(defines).Vulkan:x}, optimization {_optimization}");
        Add(text);
        foreach (var (name, included) in includes)
        {
            Add(name);
            Add(included);
        }
        foreach (var (name, value) in defines)
        {
            Add(name);
            Add(value);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static (uint Vulkan, uint Spirv) Target(IReadOnlyList<(string Name, string Value)> defines) =>
        defines.Any(d => d.Name == MatrixProbe.WithTensors) ? (TensorsVulkan, TensorsSpirv) : (TargetVulkan, TargetSpirv);

    /// <summary>Gives a shader's text with what it includes in its place and every macro resolved.</summary>
    /// <exception cref="ShaderException">A directive or an include makes no sense.</exception>
    public string Preprocess(ShaderRequest request)
    {
        var text = request.Text ?? _source.Read(request.Name);
        return Encoding.UTF8.GetString(Run(request, text, _source.Includes(text, request.Includes ?? []), toText: true));
    }

    private byte[] Run(ShaderRequest request, string text, SortedDictionary<string, string> includes, bool toText = false)
    {
        using var native = new NativeStrings([request.Name, "main"]);
        var bytes = Encoding.UTF8.GetBytes(text);
        var handle = GCHandle.Alloc(includes);
        Shaderc.MustBeThere(request.Name);
        var options = Shaderc.OptionsInitialize();
        nint result = 0;
        try
        {
            var target = Target(request.Defines ?? []);
            Shaderc.SetTargetEnvironment(options, 0, target.Vulkan);
            Shaderc.SetTargetSpirv(options, target.Spirv);
            Shaderc.SetOptimization(options, _optimization);
            Shaderc.SetIncludes(options, &ResolveInclude, &ReleaseInclude, (void*)GCHandle.ToIntPtr(handle));
            foreach (var (name, value) in request.Defines ?? [])
            {
                var (n, v) = (Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(value));
                fixed (byte* pn = n, pv = v)
                    Shaderc.AddMacro(options, pn, (nuint)n.Length, pv, (nuint)v.Length);
            }
            fixed (byte* p = bytes)
                result = toText
                    ? Shaderc.Preprocess(s_compiler.Value, p, (nuint)bytes.Length, Shaderc.ComputeShader, native.Pointers[0], native.Pointers[1], options)
                    : Shaderc.Compile(s_compiler.Value, p, (nuint)bytes.Length, Shaderc.ComputeShader, native.Pointers[0], native.Pointers[1], options);
            if (Shaderc.ResultStatus(result) != 0)
                throw new ShaderException(Explain(Marshal.PtrToStringUTF8((nint)Shaderc.ResultMessage(result)) ?? "", request.Name, text, includes));
            return new ReadOnlySpan<byte>(Shaderc.ResultBytes(result), checked((int)Shaderc.ResultLength(result))).ToArray();
        }
        finally
        {
            if (result != 0)
                Shaderc.ResultRelease(result);
            Shaderc.OptionsRelease(options);
            handle.Free();
        }
    }

    /// <summary>Adds the text of each line that the compiler complains about.</summary>
    internal static string Explain(string message, string name, string text, IReadOnlyDictionary<string, string> includes)
    {
        var said = new StringBuilder($"{name} does not compile:");
        foreach (var line in message.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            said.Append("\n  ").Append(line);
            if (Complaint().Match(line) is not { Success: true } match)
                continue;
            var file = match.Groups[1].Value;
            var source = file == name ? text : includes.GetValueOrDefault(file);
            var number = int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture);
            if (source?.Split('\n') is { } lines && number >= 1 && number <= lines.Length)
                said.Append(CultureInfo.InvariantCulture, $"\n    {number,5} | {lines[number - 1].TrimEnd()}");
        }
        return said.ToString();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static Shaderc.IncludeResult* ResolveInclude(void* user, byte* requested, int type, byte* requesting, nuint depth)
    {
        var name = Marshal.PtrToStringUTF8((nint)requested) ?? "";
        var includes = (SortedDictionary<string, string>)GCHandle.FromIntPtr((nint)user).Target!;
        var found = includes.TryGetValue(name, out var text);
        var result = (Shaderc.IncludeResult*)NativeMemory.AllocZeroed((nuint)sizeof(Shaderc.IncludeResult));
        result->Name = Native(found ? name : "", out result->NameLength);
        result->Content = Native(found ? text! : $"there is no {name} in shaders/include, nor in the folder of a kernel of your own", out result->ContentLength);
        return result;

        static byte* Native(string s, out nuint length)
        {
            var bytes = Encoding.UTF8.GetBytes(s);
            var p = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(p, bytes.Length));
            p[bytes.Length] = 0;
            length = (nuint)bytes.Length;
            return p;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void ReleaseInclude(void* user, Shaderc.IncludeResult* result)
    {
        NativeMemory.Free(result->Name);
        NativeMemory.Free(result->Content);
        NativeMemory.Free(result);
    }

    private static void Write(string folder, string name, string text, IReadOnlyList<(string Name, string Value)> defines, byte[] spirv, string key)
    {
        Directory.CreateDirectory(folder);
        var stem = Path.Combine(folder, $"{Path.GetFileName(name)}.{key[..12]}");
        File.WriteAllText(stem + ".glsl", string.Concat(defines.Select(d => $"// -D{d.Name}={d.Value}\n")) + text);
        File.WriteAllBytes(stem + ".spv", spirv);
    }

    [GeneratedRegex(@"^(.+?):(\d+): (?:error|warning)", RegexOptions.CultureInvariant)]
    private static partial Regex Complaint();
}
