using Forge.Core;
using Forge.Models.Cnn;
using Xunit.Abstractions;

namespace Forge.Vulkan.Tests;

/// <summary>The barriers that are really recorded for whole training steps: all that are needed, and each of them needed.</summary>
public sealed class HazardTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> NetsAndDrivers()
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "swiftshader", "system"]))
            foreach (var net in Drivers.LongTier ? BenchNets.All : [BenchNets.Cnn28])
                data.Add(net.Name, driver);
        return data;
    }

    [DriverTheory, MemberData(nameof(NetsAndDrivers))]
    public void EveryBarrier_ThatIsTakenAway_IsMissedOrProvedRedundant(string net, string driver)
    {
        var log = new CommandLog();
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = BufferMode.Address, Hook = log.Hook })));
        var bench = BenchNets.All.First(n => n.Name == net);
        var step = bench.CompileStep(engine);
        step.Prepare(bench.Inputs);
        var executable = Assert.IsType<Executable>(step.Executable);
        var steps = executable.Steps;
        var (before, closed) = log.BarriersOf(steps.Count);

        // As they were scheduled, besides one that opens the recording and one that ends it.
        Assert.True(before[0] && closed);
        Assert.Equal(executable.BarrierBefore.Skip(1), before.Skip(1));
        Assert.Null(HazardChecker.MissingInReplays(steps, before, closed));

        var (missed, redundant) = (0, 0);
        for (var k = 0; k < steps.Count; k++)
            if (before[k])
                Count($"before '{steps[k].Name}' (step {k})", HazardChecker.MissingInReplays(steps, [.. before.Select((b, i) => b && i != k)], closed));
        Count("at the end", HazardChecker.MissingInReplays(steps, before, closed: false));
        output.WriteLine($"{net}, {driver}: {steps.Count} steps, {missed + redundant} barriers; {missed} missed when taken away, {redundant} redundant");
        Assert.Equal(executable.Counts.Barriers + 2, missed + redundant);
        // The schedule places one only where a step needs it. The one that opens a recording also orders uploads, whether or not replays need it.
        var opens = HazardChecker.MissingInReplays(steps, [.. before.Select((b, i) => b && i != 0)], closed) is not null;
        Assert.Equal(opens ? 0 : 1, redundant);

        void Count(string place, string? hazard)
        {
            output.WriteLine($"{place}: {hazard ?? "redundant: every two steps that conflict are ordered by another"}");
            _ = hazard is null ? redundant++ : missed++;
        }
    }

    // A barrier too many, where there is none: it can be taken away again, and the checker proves it.
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void BarrierTooMany_IsProvedRedundant(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = BufferMode.Address })));
        var step = BenchNets.Cnn28.CompileStep(engine);
        step.Prepare(BenchNets.Cnn28.Inputs);
        var executable = Assert.IsType<Executable>(step.Executable);
        bool[] before = [.. executable.BarrierBefore];
        var spare = Array.IndexOf(before, false, 1);
        Assert.True(spare > 0, "every step of cnn28 stands behind a barrier of its own");
        HazardChecker.Check(executable.Steps, before);
        before[spare] = true;
        Assert.Null(HazardChecker.Missing(executable.Steps, before));
        Assert.Contains($"(step {spare}) separates nothing", Assert.Throws<InvalidOperationException>(() => HazardChecker.Check(executable.Steps, before)).Message, StringComparison.Ordinal);
    }
}
