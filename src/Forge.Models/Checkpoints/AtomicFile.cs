using System.Runtime.InteropServices;

namespace Forge.Models.Checkpoints;

/// <summary>Writes a file so that after any failure, power cut or kill either the old content is there or the whole new one.</summary>
/// <threadsafety>Safe.</threadsafety>
public static partial class AtomicFile
{
    private static readonly TimeSpan Stale = TimeSpan.FromHours(1);

    /// <summary>Writes beside the target, flushes to the disk, renames over the target, and flushes the folder.</summary>
    /// <param name="path">The target; its folder is created where needed.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full or failed; the old file, if any, is intact.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write) => Write(path, write, static stream => stream);

    /// <summary>As <see cref="Write(string, Action{Stream})"/>, through a stream that tests can make fail.</summary>
    internal static void Write(string path, Action<Stream> write, Func<Stream, Stream> wrap)
    {
        path = Path.GetFullPath(path);
        var (folder, name) = (Path.GetDirectoryName(path)!, Path.GetFileName(path));
        Directory.CreateDirectory(folder);
        RemoveLeftovers(folder, name);
        var temporary = Path.Combine(folder, $".{name}.{Guid.NewGuid():N}.tmp");
        try
        {
            long written;
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            using (var outer = new CountedStream(wrap(file)))
            {
                write(outer);
                outer.Flush();
                file.Flush(flushToDisk: true);
                written = outer.Count;
            }
            // Whoever swallowed bytes without a word must not take the old file's place.
            if (new FileInfo(temporary).Length is var arrived && arrived != written)
                throw new IOException($"only {arrived} of {written} bytes arrived");
            File.Move(temporary, path, overwrite: true);
        }
        catch (ArgumentOutOfRangeException tooLarge)
        {
            // So .NET reports EFBIG: the file passed a limit of the file system or the user.
            Remove(temporary);
            throw new IOException("the file would be larger than the system allows", tooLarge);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
        FlushFolder(folder);
    }

    /// <summary>Counts the bytes written on their way.</summary>
    private sealed class CountedStream(Stream inner) : Stream
    {
        public long Count { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            Count += buffer.Length;
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) inner.Dispose();
            base.Dispose(disposing);
        }
    }

    // A killed process leaves its temporary file; nobody takes an hour over a checkpoint.
    private static void RemoveLeftovers(string folder, string name)
    {
        foreach (var file in Directory.EnumerateFiles(folder, $".{name}.*.tmp", new EnumerationOptions { AttributesToSkip = FileAttributes.None }))
            if (File.GetLastWriteTimeUtc(file) < DateTime.UtcNow - Stale) Remove(file);
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Litter is no reason to fail, nor to hide the failure that led here.
        }
    }

    // The rename itself must reach the disk. Windows has no such call: its journal orders the rename.
    private static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var handle = Open(folder, 0);
        if (handle < 0) return; // a folder that can be written but not read; the content is safe, the rename in the journal
        _ = Fsync(handle);
        _ = Close(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int file);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
