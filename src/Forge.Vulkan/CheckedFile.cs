using System.Buffers.Binary;
using System.Security.Cryptography;
using Forge.Core;

namespace Forge.Vulkan;

/// <summary>Cache files that carry their length and SHA-256, so that damage is seen before a driver reads them.</summary>
/// <remarks>Layout: "FORGE\0\1\n", payload length (u64, little-endian), SHA-256 of the payload, payload.</remarks>
internal static class CheckedFile
{
    private const int HeaderBytes = 8 + 8 + 32;
    private static readonly byte[] s_magic = "FORGE\0\u0001\n"u8.ToArray();

    /// <summary>Reads a file's payload; null where it is missing or damaged.</summary>
    /// <param name="path">The file.</param>
    /// <param name="damaged">Whether a file is there but unfit for use.</param>
    public static byte[]? Read(string path, out bool damaged)
    {
        damaged = false;
        byte[] bytes;
        try
        {
            // Looked at before opening: a pipe has no length, and opening one could wait for ever.
            if (InputFile.LengthOf(path) is var length && (length < HeaderBytes || length > InputLimits.Current.CacheBytes))
            {
                damaged = true;
                return null;
            }
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            damaged = true;
            return null;
        }
        damaged = bytes.Length < HeaderBytes
            || !bytes.AsSpan(0, 8).SequenceEqual(s_magic)
            || BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)) != (ulong)(bytes.Length - HeaderBytes)
            || !SHA256.HashData(bytes.AsSpan(HeaderBytes)).AsSpan().SequenceEqual(bytes.AsSpan(16, 32));
        return damaged ? null : bytes[HeaderBytes..];
    }

    /// <summary>Writes a file whole or not at all: another process sees the old one or the new one.</summary>
    /// <returns>Whether it was written. A cache that cannot be written is no error.</returns>
    public static bool Write(string path, ReadOnlySpan<byte> payload)
    {
        var header = new byte[HeaderBytes];
        s_magic.CopyTo(header, 0);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), (ulong)payload.Length);
        SHA256.HashData(payload, header.AsSpan(16));
        var temporary = $"{path}.{Environment.ProcessId}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(header);
                file.Write(payload);
            }
            File.Move(temporary, path, overwrite: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Switches.Log(1, $"cannot write {path}: {e.Message}");
            try
            {
                File.Delete(temporary);
            }
            catch (Exception again) when (again is IOException or UnauthorizedAccessException)
            {
                // A read-only folder: there is nothing to delete either.
            }
            return false;
        }
    }
}
