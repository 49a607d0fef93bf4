using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Forge.Vulkan.Tuning;

/// <summary>Tuned choices and quarantined variants on disk, a file for each device and driver.</summary>
/// <remarks>
/// A file that is damaged, or of another device or driver, is as good as none. Who writes reads first what others wrote meanwhile, behind a lock, and
/// adds to it.
/// </remarks>
internal sealed class TuningCache
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private readonly CacheFolder _folder;
    private readonly string _identity;
    private TuningRecord? _known;

    /// <summary>The cache of a device.</summary>
    /// <param name="root">The cache's root folder, or null to remember for this process alone.</param>
    /// <param name="identity">Everything that tells this device and driver from another.</param>
    public TuningCache(string? root, string identity)
    {
        (_folder, _identity) = (new CacheFolder(root, "tuning"), identity);
        FileName = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(identity)))[..32] + ".json";
    }

    /// <summary>The file's name in the folder.</summary>
    public string FileName { get; }

    /// <summary>Where the file is; null where nothing is kept.</summary>
    public string? File => _folder.Path is { } folder ? Path.Combine(folder, FileName) : null;

    /// <summary>Damaged and foreign files met so far.</summary>
    public int Damaged => _folder.Damaged + _foreign;

    private int _foreign;

    /// <summary>What is known; read once.</summary>
    public TuningRecord Known => _known ??= Read();

    /// <summary>The choices for these inputs, then those for inputs of the same bucket, the latest first of each.</summary>
    /// <param name="op">The op's key.</param>
    /// <param name="inputs">The inputs' types.</param>
    /// <param name="bucket">Their bucket.</param>
    public IEnumerable<TunedChoice> Find(string op, string inputs, string bucket) =>
        Known.Choices.Where(c => c.Op == op && c.Bucket == bucket).OrderBy(c => c.Inputs == inputs ? 0 : 1).ThenByDescending(c => c.At);

    /// <summary>Adds a choice.</summary>
    public void Add(TunedChoice choice) => Merge(new(_identity, [choice], []));

    /// <summary>Adds a variant that must not run.</summary>
    public void Add(QuarantinedVariant variant) => Merge(new(_identity, [], [variant]));

    /// <summary>Drops everything.</summary>
    public void Forget()
    {
        _known = new(_identity, [], []);
        if (File is not null)
            using (Locked())
                Write(_known);
    }

    private void Merge(TuningRecord more)
    {
        if (File is null)
        {
            _known = Known.With(more);
            return;
        }
        using (Locked())
        {
            _known = Read().With(more); // not with what this process knew: somebody may have dropped that
            Write(_known);
        }
    }

    private void Write(TuningRecord record) => _folder.Write(FileName, JsonSerializer.SerializeToUtf8Bytes(record, TuningJson.Default.TuningRecord));

    private TuningRecord Read()
    {
        var empty = new TuningRecord(_identity, [], []);
        if (_folder.Read(FileName) is not { } bytes)
            return empty;
        try
        {
            var record = JsonSerializer.Deserialize(bytes, TuningJson.Default.TuningRecord);
            if (record?.Device == _identity && record.Choices.All(c => c is not null) && record.Quarantined.All(q => q is not null))
                return record;
        }
        catch (JsonException)
        {
            // Whole, but not of this form: another version's.
        }
        _foreign++;
        Switches.Log(1, $"ignored the tuning file {File}: it is not of this device and driver");
        return empty;
    }

    // Whoever holds the lock too long is not waited for: files are replaced whole, so that at worst one choice is lost.
    private FileStream? Locked()
    {
        for (var started = Stopwatch.GetTimestamp(); ;)
            try
            {
                return new FileStream(File + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(started) < s_patience)
            {
                Thread.Sleep(10);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                Switches.Log(1, $"no lock on {File}: {problem.Message}");
                return null;
            }
    }
}
