using Forge.Core;
using Forge.Models.Cnn;

namespace Forge.Vulkan.Tests;

/// <summary>What a training step of the benchmark nets does, counted: figures that do not depend on how busy the machine is.</summary>
public class StepCountTests
{
    // The list of arguments, the results (two scalars: the loss, and the flag that guards the update) and what holds them.
    private const long AllocatedBytes = 264;

    [DriverTheory, InlineData(false), InlineData(true)]
    public void Replay_MakesNoGarbageButItsResults(bool staged)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Staged = staged })));
        var net = BenchNets.Cnn28;
        var (images, labels) = net.Data();
        var step = net.CompileStep(engine);
        step.Run(images, labels);
        for (var run = 0; run < 3; run++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            step.Run(images, labels);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, AllocatedBytes);
        }
    }
}
