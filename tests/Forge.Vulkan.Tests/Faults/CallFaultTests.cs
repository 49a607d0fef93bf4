using System.Globalization;
using Forge.Core;
using Forge.Models.Checkpoints;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>Every Vulkan call of a short training fails in turn, in four ways: a typed error names it, nothing leaks, the checkpoint stays, and the next training has the same bits.</summary>
public sealed class CallFaultTests : IDisposable
{
    private static readonly Result[] s_results = [Result.ErrorOutOfHostMemory, Result.ErrorOutOfDeviceMemory, Result.ErrorDeviceLost, Result.ErrorInitializationFailed];

    // What a run can do without: the driver's cache, waiting for a device that is idle, and binaries of an earlier run, which are made anew.
    private static readonly string[] s_dispensable = ["vkGetPipelineCacheData", "vkDeviceWaitIdle", "vkCreateShadersEXT"];

    private const int FewAttempts = 6;
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge faults ");

    public static TheoryData<string, BufferMode, bool> Settings()
    {
        var data = new TheoryData<string, BufferMode, bool>();
        foreach (var driver in Drivers.Names())
        {
            data.Add(driver, BufferMode.Address, false);
            if (Drivers.LongTier || data.Count == 1) data.Add(driver, BufferMode.Descriptor, true);
            if (Drivers.LongTier)
                data.Add(driver, BufferMode.Checked, true);
        }
        return data;
    }

    [DriverTheory, MemberData(nameof(Settings))]
    public void CallThatFails_IsNamed_AndLeavesNothingBehind(string driver, BufferMode mode, bool staged)
    {
        var setting = new TrainingSetting(driver, mode, staged);
        var cold = Record(setting, out _);
        var warm = Record(setting, out var expected);
        var outcomes = new Dictionary<string, int>();
        var attempts = 0;
        foreach (var fault in Faults(warm).Concat(Faults(cold.Where(c => !warm.ContainsKey(c.Key)).ToDictionary())))
        {
            var outcome = Attempt(setting, fault, expected, isCold: !warm.ContainsKey(fault.Call));
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            // Each attempt is in a fresh device anyway; a whole run after it tells that the process is as it was.
            if (++attempts % (Drivers.LongTier ? 10 : 25) == 0)
                Assert.True(Run(setting, new(), "cache").Matches(expected), $"the run after {fault} has other bits");
        }
        Assert.True(Run(setting, new(), "cache").Matches(expected), "the last run has other bits");
        Report($"{setting}: {warm.Values.Sum()} calls of {warm.Keys.Union(cold.Keys).Count()} entry points, {attempts} faults: {string.Join(", ", outcomes.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => $"{o.Value} {o.Key}"))}");
    }

    // Further devices compile on threads of their own: which of their calls comes when differs from run to run, so some faults find no call.
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void CallThatFails_WhileFurtherDevicesCompile_LeavesNothingBehind(string driver)
    {
        var setting = new TrainingSetting(driver, BufferMode.Address, false, Ahead: true);
        using (var device = Drivers.Open(driver, new() { Hook = (_, address) => address, AheadWhereHooked = true }, shared: true))
            if (!CompileAhead.Helps(device)) return;
        var recorded = new CallFaults(severalDevices: true);
        var expected = Run(setting, recorded, "cold");
        Assert.True(recorded.Mistakes.Count == 0, string.Join("; ", recorded.Mistakes));
        Assert.True(recorded.Calls["vkCreateDevice"] > 1, "no further device was opened");
        var (attempts, met) = (0, 0);
        foreach (var (call, count) in recorded.Calls.OrderBy(c => c.Key, StringComparer.Ordinal))
            foreach (var result in Drivers.LongTier ? s_results : [s_results[attempts % s_results.Length]])
            {
                // The last calls of each kind are mostly the further devices'.
                var fault = new CallFault(call, Math.Max(1, count - attempts % 2), result);
                var calls = new CallFaults(fault, severalDevices: true);
                attempts++;
                try
                {
                    Assert.True(Run(setting, calls, $"cold {attempts}").Matches(expected), $"{fault}: other bits");
                }
                catch (ForgeException error)
                {
                    Assert.Contains(call, error.Message, StringComparison.Ordinal);
                }
                Assert.True(calls.Mistakes.Count == 0, $"{fault}: {string.Join("; ", calls.Mistakes.Distinct())}");
                if (calls.WasMet) met++;
                if (!Drivers.LongTier && attempts == FewAttempts) return;
            }
        Report($"{setting}: {recorded.Calls.Values.Sum()} calls of {recorded.Calls.Count} entry points, {attempts} faults, {met} of them met");
    }

    public void Dispose() => _root.Delete(recursive: true);

    // In the long tier every call in every way; else one in three of first, middle and last, each entry point in one way.
    private static IEnumerable<CallFault> Faults(IReadOnlyDictionary<string, int> calls)
    {
        var turn = 0;
        foreach (var (call, count) in calls.OrderBy(c => c.Key, StringComparer.Ordinal))
        {
            if (Drivers.LongTier)
            {
                foreach (var occurrence in Enumerable.Range(1, count))
                    foreach (var result in s_results)
                        yield return new(call, occurrence, result);
                continue;
            }
            turn++;
            yield return new(call, (turn % 3) switch { 0 => 1, 1 => (count + 1) / 2, _ => count }, s_results[turn % s_results.Length]);
        }
    }

    private string Attempt(TrainingSetting setting, CallFault fault, TrainedBits expected, bool isCold)
    {
        var calls = new CallFaults(fault);
        var checkpoint = Path.Combine(_root.FullName, "checkpoint.safetensors");
        var avoided = new List<string>();
        string outcome;
        try
        {
            var bits = Run(setting, calls, isCold ? Guid.NewGuid().ToString("N") : "cache", avoided.Add);
            Assert.True(s_dispensable.Contains(fault.Call) || IsRefusal(fault), $"{fault}: nobody noticed");
            Assert.True(bits.Matches(expected) || avoided.Count > 0, $"{fault}: the run went on and has other bits");
            outcome = avoided.Count > 0 ? "another variant" : "went on, same bits";
        }
        catch (ForgeException error)
        {
            Assert.True(error is VulkanException or MemoryException or DeviceException, $"{fault}: {error.GetType().Name} {error.Message}");
            Assert.Contains(fault.Call, error.Message, StringComparison.Ordinal);
            if (error is VulkanException vulkan)
                Assert.Equal((fault.Call, fault.Result.ToString()), (vulkan.Call, vulkan.Result));
            outcome = error.GetType().Name;
        }
        Assert.True(calls.WasMet, $"{fault}: the call was not made");
        Assert.True(calls.Mistakes.Count == 0, $"{fault}: {string.Join("; ", calls.Mistakes.Distinct())}");
        // The checkpoint of the run before this one, or one that this run wrote.
        var saved = TrainedBits.Of(Checkpoint.Load(checkpoint));
        Assert.True(saved.AsSpan().SequenceEqual(expected.First) || saved.AsSpan().SequenceEqual(expected.Second) || avoided.Count > 0, $"{fault}: the checkpoint holds something else");
        Assert.Empty(Directory.GetFiles(_root.FullName, ".checkpoint*"));
        return outcome;
    }

    // A shader that is refused once, for no lack of memory, is built again; one that is refused twice gives way to another.
    private static bool IsRefusal(CallFault fault) =>
        fault is { Call: "vkCreateComputePipelines" or "vkCreateShadersEXT" or "vkCreateShaderModule", Result: Result.ErrorInitializationFailed };

    private IReadOnlyDictionary<string, int> Record(TrainingSetting setting, out TrainedBits bits)
    {
        var calls = new CallFaults();
        bits = Run(setting, calls, "cache");
        Assert.True(calls.Mistakes.Count == 0, string.Join("; ", calls.Mistakes.Distinct()));
        return calls.Calls;
    }

    private TrainedBits Run(TrainingSetting setting, CallFaults calls, string cache, Action<string>? avoided = null) =>
        ShortTraining.Run(setting, calls, Path.Combine(_root.FullName, cache), Path.Combine(_root.FullName, "checkpoint.safetensors"), avoided);

    private static void Report(string line)
    {
        if (Environment.GetEnvironmentVariable("FORGE_TEST_REPORTS") is { Length: > 0 } folder && Directory.Exists(folder))
            File.AppendAllText(Path.Combine(folder, "faults.txt"), string.Create(CultureInfo.InvariantCulture, $"{line}\n"));
    }
}
