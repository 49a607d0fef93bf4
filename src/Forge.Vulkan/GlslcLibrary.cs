using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Forge.Vulkan;

/// <summary>Loads Debian 12's libshaderc, which lacks the part of glslang that its program glslc carries.</summary>
/// <remarks>
/// That library (2023.2-1) has some forty undefined symbols and cannot be loaded alone; glslc is linked to it and defines them. A
/// position-independent program is a shared library in all but one bit (DF_1_PIE), which makes dlopen refuse it. A copy of glslc without the bit
/// loads, brings libshaderc.so.1 with it, and so gives the whole compiler in process.
/// </remarks>
internal static class GlslcLibrary
{
    private const string FileName = "libshaderc_glslc.so";
    private const ulong Flags1 = 0x6fff_fffb, Pie = 0x0800_0000;

    /// <summary>Loads shaderc by way of glslc.</summary>
    /// <param name="library">The shaderc library that would not load: glslc is looked for beside it, then on PATH.</param>
    /// <param name="cacheRoot">Where the copy is kept; where it cannot be, it lies in a folder for temporary files until it is loaded.</param>
    /// <returns>The handle, or zero.</returns>
    public static nint Load(string library, string? cacheRoot)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/bin");
        if (Path.GetDirectoryName(library) is { Length: > 0 } beside)
            folders = folders.Prepend(Path.Combine(beside, "..", "bin"));
        foreach (var program in folders.Select(f => Path.Combine(f, "glslc")).Where(File.Exists))
            try
            {
                var copy = AsLibrary(File.ReadAllBytes(program));
                if (copy is not null && LoadCopy(copy, cacheRoot) is var handle and not 0)
                {
                    if (NativeLibrary.TryGetExport(handle, "shaderc_compile_into_spv", out _))
                        return handle;
                    NativeLibrary.Free(handle);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Switches.Log(1, $"cannot load shaderc by way of {program}: {e.Message}");
            }
        return 0;
    }

    /// <summary>A 64-bit little-endian ELF program made loadable as a library; null where it is something else.</summary>
    internal static byte[]? AsLibrary(byte[] program)
    {
        if (program.Length < 64 || !program.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            return null;
        var bytes = (byte[])program.Clone();
        var headers = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(32));
        int size = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(54)), count = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(56));
        for (var i = 0; i < count; i++)
        {
            var header = headers + (ulong)(i * size);
            if (headers > (ulong)bytes.Length || header > (ulong)bytes.Length - 56 || BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan((int)header)) != 2) // PT_DYNAMIC
                continue;
            var start = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((int)header + 8));
            var length = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((int)header + 32));
            if (start > (ulong)bytes.Length || length > (ulong)bytes.Length)
                continue;
            for (var at = start; at + 16 <= Math.Min(start + length, (ulong)bytes.Length); at += 16)
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan((int)at)) == Flags1)
                {
                    var flags = bytes.AsSpan((int)at + 8);
                    BinaryPrimitives.WriteUInt64LittleEndian(flags, BinaryPrimitives.ReadUInt64LittleEndian(flags) & ~Pie);
                    return bytes;
                }
        }
        return null;
    }

    private static nint LoadCopy(byte[] copy, string? cacheRoot)
    {
        if (Keep(copy, cacheRoot) is { } kept) return NativeLibrary.TryLoad(kept, out var handle) ? handle : 0;
        // Nobody else may enter such a folder.
        var folder = Directory.CreateTempSubdirectory("forge-shaderc-");
        try
        {
            var path = Path.Combine(folder.FullName, FileName);
            File.WriteAllBytes(path, copy);
            return NativeLibrary.TryLoad(path, out var loaded) ? loaded : 0;
        }
        finally
        {
            folder.Delete(recursive: true); // what is loaded stays
        }
    }

    // The copy on disk is compared with what it should be every time, so nobody else's bytes are ever loaded.
    private static string? Keep(byte[] copy, string? cacheRoot)
    {
        if (new CacheFolder(cacheRoot, "shaderc").Path is not { } folder) return null;
        var path = Path.Combine(folder, FileName);
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            if (File.Exists(path) && File.ReadAllBytes(path).AsSpan().SequenceEqual(copy)) return path;
            File.WriteAllBytes(temporary, copy);
            File.Move(temporary, path, overwrite: true);
            return path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Switches.Log(1, $"cannot keep {path}: {e.Message}");
            File.Delete(temporary);
            return null;
        }
    }
}
