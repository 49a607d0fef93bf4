using Forge.Core;
using Forge.Vulkan.Checking;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Every op where a device has less than this machine's: smaller workgroups, less shared memory, no subgroups, no integers of 64 bits and so on.</summary>
public sealed class LimitedOpConformanceTests(ConformanceDevices devices) : IClassFixture<ConformanceDevices>
{
    public static TheoryData<string, string, string> OpsDriversAndNarrowings()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var driver in OpConformanceTests.TestedDrivers)
            // Descriptors are another build of every kernel: on one driver in the fast tier.
            foreach (var narrowing in Narrowings.Names.Where(n => Drivers.LongTier || n != Narrowings.Bindings || driver == OpConformanceTests.TestedDrivers[0]))
                foreach (var op in OpTable.Entries.Where(OpConformanceTests.HasKernel))
                    data.Add(op.Name, driver, narrowing);
        return data;
    }

    // What is chosen where a device has less. ShaderModuleTests holds each variant to the limits it was offered under.
    [DriverTheory, MemberData(nameof(OpsDriversAndNarrowings))]
    public void Kernel_AgreesWithTheReference_OnASmallerDevice(string op, string driver, string narrowing) =>
        devices.CheckCasesOf(op, driver, CheckSettings.ModeOf(narrowing) ?? BufferMode.Address, ConformanceDevices.Few, narrowing);
}
