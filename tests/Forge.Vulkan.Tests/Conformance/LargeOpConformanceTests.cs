namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Shapes by name, each at an edge of some kernel: more than one dispatch, tile, slice or chunk, and what is left over.</summary>
public sealed class LargeOpConformanceTests(ConformanceDevices devices) : IClassFixture<ConformanceDevices>
{
    public static TheoryData<string, string> CasesAndDrivers()
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in OpConformanceTests.TestedDrivers)
            foreach (var name in LargeCases.Names)
                data.Add(name, driver);
        return data;
    }

    [DriverTheory, MemberData(nameof(CasesAndDrivers))]
    public void Kernel_AgreesWithTheReference_WhereOneDispatchIsNotEnough(string name, string driver) =>
        devices.Check(LargeCases.Make(name), driver, BufferMode.Address, narrowing: null, name);
}
