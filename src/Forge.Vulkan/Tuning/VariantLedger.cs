using System.Security.Cryptography;
using System.Text;
using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>Which variant each op has run in this process, and which it shall run because the run that is gone on with ran it so.</summary>
/// <param name="device">The device.</param>
/// <param name="tuned">What is known of variants.</param>
internal sealed class VariantLedger(Device device, TunedVariants tuned)
{
    // "on DEVICE", "tuned HASH", then a line each: "OP on INPUTS -> KERNEL VARIANT".
    private const string On = "on ", Tuned = "tuned ", Arrow = " -> ";

    private readonly HashSet<(Op Op, ValueList<TensorType> Inputs)> _seen = [];
    private readonly List<(OpUse Use, string Ran)> _new = [];      // keys take long to write: only who saves a checkpoint waits for them
    private readonly SortedDictionary<string, string> _ran = new(StringComparer.Ordinal);
    private readonly List<string> _departures = [];
    private IReadOnlyList<string> _asked = [];
    private Dictionary<string, string> _wanted = [];
    private string? _tunedThen;

    /// <summary>The device, what was tuned, and each op with what it ran; of a run gone on with also what was wanted and has not run yet.</summary>
    public IReadOnlyList<string> Table
    {
        get
        {
            foreach (var (use, ran) in _new) _ran[KeyOf(use)] = ran;
            _new.Clear();
            return [On + Here, Tuned + (_tunedThen ?? TunedNow), .. _ran.Select(line => line.Key + Arrow + line.Value)];
        }
    }

    /// <summary>What does not run as the table says that was given to <see cref="Use"/>, for people.</summary>
    public IReadOnlyList<string> Departures => _departures;

    private string Here => device.Description.WithoutIndex;

    private string TunedNow => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tuned.Choices)))[..16];

    /// <summary>Has ops run as a <see cref="Table"/> says that was made on this device; one of another device is only told of.</summary>
    /// <returns>Whether the table is another than the one in use.</returns>
    public bool Use(IReadOnlyList<string> table)
    {
        if (table.SequenceEqual(_asked)) return false;
        (_asked, _wanted, _tunedThen) = (table, [], null);
        _departures.Clear();
        if (table.FirstOrDefault(l => l.StartsWith(On, StringComparison.Ordinal)) is { } before && before[On.Length..] != Here)
        {
            _departures.Add($"it was saved on {before[On.Length..]}, this is {Here}");
            return true;
        }
        _tunedThen = table.FirstOrDefault(l => l.StartsWith(Tuned, StringComparison.Ordinal))?[Tuned.Length..];
        foreach (var line in table)
            if (line.LastIndexOf(Arrow, StringComparison.Ordinal) is > 0 and var at) _wanted[line[..at]] = line[(at + Arrow.Length)..];
        foreach (var (key, ran) in _wanted) _ran.TryAdd(key, ran);
        return true;
    }

    /// <summary>The variant that the table in use names; null where it names none, or none that may run here.</summary>
    public Variant? Wanted(Kernel kernel, OpUse use)
    {
        if (_wanted.Count == 0 || !_wanted.TryGetValue(KeyOf(use), out var ran) || !ran.StartsWith(kernel.Stem + " ", StringComparison.Ordinal)) return null;
        return kernel.Find(ran[(kernel.Stem.Length + 1)..], use.Op, use.Inputs, use.Outputs, device.Limits) is { } variant && tuned.Quarantine(kernel, use, variant) is null ? variant : null;
    }

    /// <summary>Writes down what an op runs.</summary>
    public void Note(Kernel kernel, OpUse use, Variant variant)
    {
        if (!_seen.Add((use.Op, [.. use.Inputs])) && _wanted.Count == 0) return;
        var ran = $"{kernel.Stem} {variant.Label}";
        _new.Add((use, ran));
        if (_wanted.Count == 0) return;
        if (_wanted.TryGetValue(KeyOf(use), out var before) ? before == ran : _tunedThen is null || _tunedThen == TunedNow) return;
        var departure = before is null ? $"{use} had not run yet, and runs {ran} as it is tuned now" : $"{use} ran {before}, which is not to be had now, and runs {ran}";
        if (!_departures.Contains(departure)) _departures.Add(departure);
    }

    private static string KeyOf(OpUse use) => use.Key.ReplaceLineEndings(" ");
}
