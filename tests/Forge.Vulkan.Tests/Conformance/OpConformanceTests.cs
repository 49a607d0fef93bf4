using Forge.Core;
using Forge.Vulkan.Checking;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Every op that has a kernel, every variant, every driver: the device's result against the fp64 reference.</summary>
public sealed class OpConformanceTests(ConformanceDevices devices) : IClassFixture<ConformanceDevices>
{
    internal static IReadOnlyList<string> TestedDrivers => Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "swiftshader", "system"]);

    public static TheoryData<string, string, BufferMode> OpsDriversAndModes()
    {
        var data = new TheoryData<string, string, BufferMode>();
        foreach (var driver in TestedDrivers)
            foreach (var mode in (BufferMode[])[BufferMode.Address, BufferMode.Checked])
                Add(driver, mode);
        // Narrower bindings are descriptors, too.
        if (Drivers.LongTier)
            foreach (var driver in TestedDrivers)
                Add(driver, BufferMode.Descriptor);
        if (Drivers.LongTier)
            foreach (var driver in Drivers.NamesWithOtherSubgroupSizes)
                Add(driver, BufferMode.Address);
        return data;

        void Add(string driver, BufferMode mode)
        {
            foreach (var op in OpTable.Entries.Where(HasKernel))
                data.Add(op.Name, driver, mode);
        }
    }

    [DriverTheory, MemberData(nameof(OpsDriversAndModes))]
    public void Kernel_AgreesWithTheReference_InEveryVariant(string op, string driver, BufferMode mode) =>
        devices.CheckCasesOf(op, driver, mode, mode == BufferMode.Address ? ConformanceDevices.Many : ConformanceDevices.Some);

    public static TheoryData<string, string> OpsAndDrivers()
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in TestedDrivers)
            foreach (var op in OpTable.Entries.Where(HasKernel))
                data.Add(op.Name, driver);
        return data;
    }

    // The cases of the test above, whose pipelines are there: what is new is the values.
    [DriverTheory, MemberData(nameof(OpsAndDrivers))]
    public void Kernel_TreatsNaNInfinityDenormalsAndZeros_AsTheReferenceDoes(string op, string driver)
    {
        var entry = OpTable.Find(op)!;
        foreach (var special in SpecialValues.Names)
            for (var number = 0; number < ConformanceDevices.Few; number++)
                if (SpecialValues.Plant(CheckCases.Of(entry, CheckCases.Draws(op, number)), special) is { } planted)
                    devices.Check(planted, driver, BufferMode.Address, narrowing: null, $"{op} case {number}, {SpecialValues.Words(special)}",
                        $"\n  Replay: ./forge check --op {op} --case {number} --under {special}, on {driver}", special: special);
    }

    [Fact]
    public void Closeness_FindsAWrongElement_AndANaN()
    {
        var x = Draw.FromSeed(1).Uniform(new Shape(3, 4));
        var op = new Core.Ops.TransposeOp([1, 0]);
        var expected = Closeness.Reference(op, [x]);
        var (right, wrong, lost) = (expected[0].ToHost(), expected[0].ToHost(), expected[0].ToHost());
        wrong.Span<float>()[5] = MathF.BitIncrement(wrong.Span<float>()[5]);
        lost.Span<float>()[0] = float.NaN;
        Assert.Null(Closeness.For(op).Explain(op, [x], expected, [right]));
        Assert.Contains("y(1, 2)", Closeness.For(op).Explain(op, [x], expected, [wrong]), StringComparison.Ordinal);
        Assert.Contains("NaN", new Closeness(1e30, Closeness.Of.Tensor).Explain(op, [x], expected, [lost]), StringComparison.Ordinal);
    }

    internal static bool HasKernel(OpEntry entry) => KernelTable.Find(CheckCases.Of(entry, []).Op) is not null;
}
