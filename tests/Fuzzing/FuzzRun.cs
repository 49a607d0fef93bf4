using System.Diagnostics;
using System.Text;

namespace Forge.Fuzzing;

/// <summary>What a target made of its inputs.</summary>
/// <param name="Target">Its name.</param>
/// <param name="Inputs">How many were read.</param>
/// <param name="Accepted">Those that were accepted; the others were refused as they should be.</param>
/// <param name="MostBytes">The most that one allocated, in bytes.</param>
/// <param name="Slowest">The longest that one took.</param>
internal sealed record FuzzOutcome(string Target, int Inputs, int Accepted, long MostBytes, TimeSpan Slowest)
{
    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant(
        $"FUZZ {Target}: {Inputs} inputs, {Accepted} accepted, {Inputs - Accepted} refused, at most {MostBytes / 1024.0:0} KiB and {Slowest.TotalMilliseconds:0} ms an input");
}

/// <summary>Feeds a target with damaged inputs. The same target, seed and number give the same input, whatever the tier.</summary>
internal static class FuzzRun
{
    /// <summary>The time box of the fast tier.</summary>
    public static TimeSpan FastTier { get; } = TimeSpan.FromSeconds(0.6);

    /// <summary>Whether ./forge test --all runs.</summary>
    public static bool LongTier { get; } = Environment.GetEnvironmentVariable("FORGE_TEST_TIER") == "all";

    /// <summary>Reads the corpus, then damaged inputs: so many as the tier wants. Fails at the first that is answered wrongly, with the smallest input found that does so.</summary>
    public static FuzzOutcome Of(FuzzTarget target)
    {
        for (var i = 0; i < target.Corpus.Count; i++)
        {
            var (whole, problem) = Try(target, target.Corpus[i]);
            Assert.True(problem is null && whole.Accepted, $"{target.Name}: input {i} of the corpus should be accepted: {problem ?? whole.Refusal}");
        }
        var outcome = new FuzzOutcome(target.Name, 0, 0, 0, default);
        (int Number, byte[] Input, long Since) now = (0, [], Stopwatch.GetTimestamp());
        string? failure = null;
        var gate = new Lock();
        // A thread of its own: a stack as small as a pool's thread has, and one that hangs can be left behind.
        var worker = new Thread(() =>
        {
            var clock = Stopwatch.StartNew();
            for (var number = 0; number < target.LongTierInputs && (LongTier || number < target.FastTierInputs || clock.Elapsed < FastTier); number++)
            {
                var input = InputOf(target, number);
                lock (gate) now = (number, input, Stopwatch.GetTimestamp());
                var (read, problem) = Try(target, input);
                if (problem is not null)
                {
                    failure = Describe(target, number, input, problem);
                    return;
                }
                outcome = new(target.Name, number + 1, outcome.Accepted + (read.Accepted ? 1 : 0), Math.Max(outcome.MostBytes, read.Bytes), read.Time > outcome.Slowest ? read.Time : outcome.Slowest);
            }
        }, maxStackSize: 1 << 20)
        { IsBackground = true };
        worker.Start();
        while (!worker.Join(100))
            lock (gate)
                if (Stopwatch.GetElapsedTime(now.Since) > target.TimeLimit)
                    Assert.Fail($"{target.Name}: input {now.Number} is still being read after {target.TimeLimit.TotalSeconds:0} s.\n{Shown(now.Input)}");
        Assert.True(failure is null, failure);
        Assert.True(outcome.Inputs >= target.FastTierInputs && outcome.Accepted < outcome.Inputs, $"{outcome}: too few, or none was refused");
        return outcome;
    }

    /// <summary>The damaged input of a number.</summary>
    public static byte[] InputOf(FuzzTarget target, int number)
    {
        var random = new Random(unchecked((int)Hash(target.Name) + number * 7919));
        var (input, other) = (TextMutations.OneOf(random, target.Corpus), TextMutations.OneOf(random, target.Corpus));
        for (var edits = random.Next(3) == 0 ? random.Next(2, 5) : 1; edits > 0; edits--)
        {
            var knows = target.Edits.Count > 0 && (!target.EditsBytes || random.Next(2) == 0);
            input = TextMutations.OneOf(random, knows ? target.Edits : ByteMutations.All)(random, input, other);
        }
        return input;
    }

    /// <summary>How an input was answered.</summary>
    internal sealed record Reading(bool Accepted, string? Refusal, long Bytes, TimeSpan Time);

    /// <summary>Has a target read an input; what went wrong, where something did.</summary>
    internal static (Reading Reading, string? Problem) Try(FuzzTarget target, byte[] input)
    {
        var (before, start) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
        string? refusal = null, problem = null;
        try
        {
            target.Read(input);
        }
        catch (Exception e) when (target.Refusals.Any(t => t.IsInstanceOfType(e)))
        {
            refusal = e.Message;
            problem = Unclear(e.Message);
        }
        catch (Exception e)
        {
            problem = $"{e.GetType().Name}: {e.Message}\n{e.StackTrace}";
        }
        var bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        if (bytes > target.AllocationLimit(input.Length)) problem ??= $"it allocated {bytes} bytes for {input.Length}; {target.AllocationLimit(input.Length)} is the limit";
        return (new(refusal is null && problem is null, refusal, bytes, Stopwatch.GetElapsedTime(start)), problem);
    }

    // People read it on a terminal, which obeys control characters.
    private static string? Unclear(string message) =>
        message.Length is 0 or > 1500 ? $"the message has {message.Length} characters: {message[..Math.Min(300, message.Length)]}"
        : message.Any(c => char.IsControl(c) && c is not ('\n' or '\t') || c is >= '\u202A' and <= '\u202E') ? $"the message has characters that a terminal obeys: {message}"
        : null;

    /// <summary>What went wrong, with the smallest input found that shares it.</summary>
    internal static string Describe(FuzzTarget target, int number, byte[] input, string problem)
    {
        var kind = problem.Split('\n', ':')[0];
        // Smaller inputs with the same kind of problem: parts are left out, large ones first.
        var clock = Stopwatch.StartNew();
        for (var size = input.Length / 2; size > 0 && clock.Elapsed < s_shrinking; size /= 2)
            for (var at = 0; at + size <= input.Length && clock.Elapsed < s_shrinking;)
            {
                byte[] smaller = [.. input[..at], .. input[(at + size)..]];
                if (Try(target, smaller).Problem is { } same && same.StartsWith(kind, StringComparison.Ordinal)) (input, problem) = (smaller, same);
                else at += size;
            }
        return $"{target.Name}: input {number}: {problem}\n{Shown(input)}";
    }

    private static readonly TimeSpan s_shrinking = TimeSpan.FromSeconds(10);

    /// <summary>The start of an input, in hexadecimal digits and as text.</summary>
    internal static string Shown(byte[] input)
    {
        var start = input[..Math.Min(600, input.Length)];
        var text = new string([.. Encoding.Latin1.GetString(start).Select(c => char.IsControl(c) ? '.' : c)]);
        return $"{input.Length} bytes: {Convert.ToHexString(start)}\n{text}";
    }

    // FNV-1a: the same in every process, unlike the runtime's.
    private static uint Hash(string text)
    {
        var hash = 2166136261u;
        foreach (var c in text) hash = (hash ^ c) * 16777619u;
        return hash;
    }
}
