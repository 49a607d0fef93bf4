using Forge.Core;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>
/// Every op on tensors without elements, through whole plans: a sampled case loses one axis, or as few axes together as the op accepts, and what is
/// left of its outputs must be what the reference gives.
/// </summary>
public sealed class EmptyTensorTests(EmptyTensorTests.Engines engines) : IClassFixture<EmptyTensorTests.Engines>
{
    // Ops all of whose inputs have elements: a mean, or a row to choose from, needs some.
    private static readonly string[] s_never = ["BatchNormalization", "BatchNormalizationGrad"];

    // Descriptor mode runs under the validation layer, where that is installed: binding, copying and dispatching nothing are errors.
    public static TheoryData<string, string, BufferMode> OpsDriversAndModes()
    {
        var data = new TheoryData<string, string, BufferMode>();
        foreach (var driver in Drivers.LongTier ? Drivers.Names() : Drivers.Names("mesa25", "swiftshader", "system"))
            foreach (var mode in (BufferMode[])[BufferMode.Address, BufferMode.Checked, BufferMode.Descriptor])
                foreach (var op in OpTable.Entries)
                    data.Add(op.Name, driver, mode);
        return data;
    }

    [DriverTheory, MemberData(nameof(OpsDriversAndModes))]
    public void Plan_AgreesWithTheReference_WhereTensorsAreEmpty(string op, string driver, BufferMode mode)
    {
        var cases = Enumerable.Range(0, Drivers.LongTier ? 60 : 16).SelectMany(n => EmptyCases.Of(OpTable.Find(op)!.Sample(Draw.FromSeed((ulong)n + 1)))).ToList();
        Assert.Equal(s_never.Contains(op), cases.Count == 0);
        using var counted = DriverReport.Of(driver).Test();
        foreach (var emptied in cases)
        {
            var answer = PlanCheck.Forward(engines.Open(driver, mode), emptied);
            Assert.True(answer.Verdict == Verdict.Right, $"{emptied.Op} on {answer.Shapes}: {answer.Message}");
        }
    }

    /// <summary>An engine on each driver in each mode, opened when first asked for.</summary>
    public sealed class Engines : IDisposable
    {
        private readonly Dictionary<(string, BufferMode), Engine> _open = [];

        internal Engine Open(string driver, BufferMode mode) => _open.TryGetValue((driver, mode), out var engine) ? engine
            : _open[(driver, mode)] = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = mode, Validation = mode == BufferMode.Descriptor && Needs.MissingValidation is null }, shared: true)));

        public void Dispose()
        {
            foreach (var engine in _open.Values) engine.Dispose();
        }
    }
}
