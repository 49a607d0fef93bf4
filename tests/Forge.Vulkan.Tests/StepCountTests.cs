using Forge.Core;
using Forge.Models.Cnn;

namespace Forge.Vulkan.Tests;

/// <summary>What a training step of the benchmark nets does, counted: figures that do not depend on how busy the machine is, pinned exactly.</summary>
/// <remarks>
/// On Mesa 25, with the variants that ship: other drivers get other kernels, and a tuned machine its own. Whoever lowers a figure writes the new
/// one here; whoever raises one says in the commit's message what it bought.
/// </remarks>
public sealed class StepCountTests : IDisposable
{
    // The list of arguments, the results (two scalars: the loss, and the flag that guards the update) and what holds them.
    private const long AllocatedBytes = 264;

    // The arena by the largest sum of bytes that are live at once.
    private const double MostOfLive = 1.025;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("forge counts ");

    private sealed record Counts(int Dispatches, int Barriers, int Submissions, long BytesMoved, long ArenaBytes, long LiveBytes);

    [NamedDriverFact("mesa25")]
    public void Cnn28_DoesAsMuchAsBefore() =>
        Check(BenchNets.Cnn28, new(Dispatches: 24, Barriers: 21, Submissions: 1, BytesMoved: 108_303_984, ArenaBytes: 24_920_064, LiveBytes: 24_920_064));

    [NamedDriverFact("mesa25")]
    public void Cnn150_DoesAsMuchAsBefore() =>
        Check(BenchNets.Cnn150, new(Dispatches: 34, Barriers: 28, Submissions: 1, BytesMoved: 1_235_850_480, ArenaBytes: 212_434_944, LiveBytes: 207_847_424));

    [NamedDriverFact("mesa25")]
    public void Lstm_DoesAsMuchAsBefore_InFewerThanTwentyDispatches() =>
        Check(BenchNets.Lstm, new(Dispatches: 15, Barriers: 10, Submissions: 1, BytesMoved: 36_393_328, ArenaBytes: 11_075_584, LiveBytes: 11_075_584));

    [NamedDriverFact("mesa25")]
    public void Rnn_DoesAsMuchAsBefore() =>
        Check(BenchNets.Rnn, new(Dispatches: 12, Barriers: 9, Submissions: 1, BytesMoved: 9_831_792, ArenaBytes: 2_850_816, LiveBytes: 2_850_816));

    [NamedDriverFact("mesa25")]
    public void Gru_DoesAsMuchAsBefore() =>
        Check(BenchNets.Gru, new(Dispatches: 14, Barriers: 9, Submissions: 1, BytesMoved: 30_853_488, ArenaBytes: 10_289_152, LiveBytes: 10_289_152));

    [NamedDriverFact("mesa25")]
    public void DcGan_DoesAsMuchAsBefore() =>
        Check(BenchNets.DcGan, new(Dispatches: 161, Barriers: 120, Submissions: 1, BytesMoved: 267_102_384, ArenaBytes: 26_316_544, LiveBytes: 26_316_544));

    [DriverTheory, InlineData(false), InlineData(true)]
    public void Replay_MakesNoGarbageButItsResults(bool staged)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Staged = staged })));
        var net = BenchNets.Cnn28;
        var data = net.Data();
        var step = net.CompileStep(engine);
        step.Run(data);
        for (var run = 0; run < 3; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            step.Run(data);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, AllocatedBytes);
        }
    }

    public void Dispose() => _root.Delete(recursive: true);

    private void Check(BenchNet net, Counts expected)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open("mesa25"), cacheRoot: _root.FullName, tuned: true));
        var step = net.CompileStep(engine);
        var plan = step.Prepare(net.Inputs);
        var counts = ((Executable)step.Executable!).Counts;
        Assert.Equal(expected, new(counts.Dispatches, counts.Barriers, counts.Submissions, counts.BytesMoved, plan.RegionBytes[Region.Arena], plan.LiveBytesPeak));
        // No arena is smaller than what is live at once; placing it all wastes next to nothing.
        Assert.InRange(plan.RegionBytes[Region.Arena] / (double)plan.LiveBytesPeak, 1, MostOfLive);
    }
}
