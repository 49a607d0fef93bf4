using System.Globalization;
using Forge.Core;
using Forge.Vulkan.Tuning;
using Xunit.Sdk;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Every op that has a kernel, every variant, every driver: the device's result against the fp64 reference.</summary>
public sealed class OpConformanceTests(ConformanceDevices devices) : IClassFixture<ConformanceDevices>
{
    private const int FewCases = 3;

    private static IReadOnlyList<string> TestedDrivers => Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "swiftshader", "system"]);

    public static TheoryData<string, string, BufferMode> OpsDriversAndModes()
    {
        var data = new TheoryData<string, string, BufferMode>();
        foreach (var driver in TestedDrivers)
            foreach (var mode in (BufferMode[])[BufferMode.Address, BufferMode.Checked])
                Add(driver, mode);
        foreach (var driver in Drivers.LongTier ? TestedDrivers : TestedDrivers.Take(1))
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
        Check(op, driver, mode, cases: Drivers.LongTier || !IsSlow(driver, mode) ? int.MaxValue : FewCases);

    // SwiftShader takes half a minute to compile one checked recurrent cell.
    private static bool IsSlow(string driver, BufferMode mode) => mode == BufferMode.Descriptor || (driver == "swiftshader" && mode == BufferMode.Checked);

    public static TheoryData<string, string, string> OpsDriversAndNarrowings()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var driver in TestedDrivers)
            foreach (var narrowing in Narrowings.Names)
                foreach (var op in OpTable.Entries.Where(HasKernel))
                    data.Add(op.Name, driver, narrowing);
        return data;
    }

    // What is chosen where a device has less. ShaderModuleTests holds each variant to the limits it was offered under.
    [DriverTheory, MemberData(nameof(OpsDriversAndNarrowings))]
    public void Kernel_AgreesWithTheReference_OnASmallerDevice(string op, string driver, string narrowing) =>
        Check(op, driver, BufferMode.Address, cases: Drivers.LongTier ? int.MaxValue : FewCases, narrowing);

    public static TheoryData<string, string, BufferMode> LargeCasesDriversAndModes()
    {
        var data = new TheoryData<string, string, BufferMode>();
        foreach (var driver in TestedDrivers)
            foreach (var name in LargeCases.Names)
                data.Add(name, driver, BufferMode.Address);
        return data;
    }

    [DriverTheory, MemberData(nameof(LargeCasesDriversAndModes))]
    public void Kernel_AgreesWithTheReference_WhereOneDispatchIsNotEnough(string name, string driver, BufferMode mode) =>
        devices.Check(ConformanceCases.AsPlanned(LargeCases.Make(name)), driver, mode, narrowing: null, name, "this test");

    [Fact]
    public void Closeness_FindsAWrongElement_AndANaN()
    {
        var x = Draw.FromSeed(1).Uniform(new Shape(3, 4));
        var op = new Core.Ops.TransposeOp([1, 0]);
        var expected = ConformanceCases.Reference(op, [x]);
        var (right, wrong, lost) = (expected[0].ToHost(), expected[0].ToHost(), expected[0].ToHost());
        wrong.Span<float>()[5] = MathF.BitIncrement(wrong.Span<float>()[5]);
        lost.Span<float>()[0] = float.NaN;
        Assert.Null(Closeness.For(op).Explain(op, [x], expected, [right]));
        Assert.Contains("y(1, 2)", Closeness.For(op).Explain(op, [x], expected, [wrong]), StringComparison.Ordinal);
        Assert.Contains("NaN", new Closeness(1e30, Closeness.Of.Tensor).Explain(op, [x], expected, [lost]), StringComparison.Ordinal);
    }

    private void Check(string op, string driver, BufferMode mode, int cases, string? narrowing = null)
    {
        var entry = OpTable.Find(op)!;
        foreach (var (number, seed) in ConformanceCases.Seeds(op).Take(cases))
            devices.Check(ConformanceCases.AsPlanned(entry.Sample(Draw.FromSeed(seed))), driver, mode, narrowing, $"{op} case {number}",
                string.Create(CultureInfo.InvariantCulture, $"FORGE_TEST_SEED={seed:X} dotnet test tests/Forge.Vulkan.Tests --filter DisplayName~{op}"));
    }

    private static bool HasKernel(OpEntry entry) => KernelTable.Find(ConformanceCases.AsPlanned(entry.Sample(new Draw([]))).Op) is not null;
}

/// <summary>Devices by driver and mode, opened when first asked for and kept through the tests of a class: pipelines are built once.</summary>
public sealed class ConformanceDevices : IDisposable
{
    private readonly Dictionary<(string, BufferMode, string?), Opened> _open = [];

    /// <summary>Runs every variant of a case, and again with outputs written over inputs where the op allows it.</summary>
    /// <param name="case">The case.</param>
    /// <param name="driver">The driver.</param>
    /// <param name="mode">How kernels reach their buffers.</param>
    /// <param name="narrowing">A narrowing by name: variants that are the same on the whole device are left out then.</param>
    /// <param name="name">What messages call the case.</param>
    /// <param name="replay">How to run it again.</param>
    /// <param name="only">Which variants, the same or not; all that differ where left out.</param>
    /// <returns>How many variants were run.</returns>
    /// <exception cref="XunitException">A variant is wrong; the message says which, where and how to run it again.</exception>
    internal int Check(OpCase @case, string driver, BufferMode mode, string? narrowing, string name, string replay, Func<Variant, bool>? only = null)
    {
        var (test, run, whole) = Open(driver, mode, narrowing);
        using var counted = DriverReport.Of(driver).Test();
        var (op, inputs) = (@case.Op, @case.Inputs);
        TensorType[] inputTypes = [.. inputs.Select(i => i.Type)], outputTypes = [.. op.Infer(inputTypes)];
        var kernel = KernelTable.Find(op)!;
        var variants = kernel.VariantsOf(op, inputTypes, outputTypes, test.Device.Limits);
        if (!variants.Any(v => v.Family == Family.Portable))
            throw new XunitException($"{name}: no portable variant for {string.Join(", ", (object[])inputTypes)} on {driver}, {mode}{(narrowing is null ? "" : $", {narrowing}")}");
        if (only is not null)
            variants = [.. variants.Where(only)];
        else if (narrowing is not null)
        {
            var tested = kernel.VariantsOf(op, inputTypes, outputTypes, whole).Select(v => Described(kernel, op, v, inputTypes, outputTypes, whole)).ToHashSet();
            variants = [.. variants.Where(v => !tested.Contains(Described(kernel, op, v, inputTypes, outputTypes, test.Device.Limits)))];
        }
        if (variants.Count == 0) return 0;
        var expected = ConformanceCases.Reference(op, inputs);
        HostTensor[] hosts = [.. inputs.Select(i => i.ToHost())];
        var over = Overwritten(op, inputTypes, outputTypes);
        foreach (var variant in variants)
            foreach (var places in over is null ? [null] : new[] { null, over })
            {
                string? wrong;
                try
                {
                    wrong = Closeness.For(op).Explain(op, inputs, expected, run.Run(op, kernel, variant, hosts, places));
                }
                catch (Exception e) when (e is GuardException or BoundsException or ShaderException or VulkanException)
                {
                    wrong = e.Message;
                }
                if (wrong is not null)
                    throw new XunitException($"{name}: {wrong}\n  Variant {variant.Label}{(places is null ? "" : ", outputs over inputs")}, {driver}, {mode}{(narrowing is null ? "" : $", {narrowing}")}. {op}\n"
                        + $"  inputs {string.Join(", ", (object[])inputTypes)}.\n  Replay: {replay}");
            }
        return variants.Count;
    }

    /// <summary>What a device has, narrowed.</summary>
    internal DeviceLimits Limits(string driver, BufferMode mode, string? narrowing) => Open(driver, mode, narrowing).Device.Device.Limits;

    public void Dispose()
    {
        foreach (var (device, run, _) in _open.Values)
        {
            run.Dispose();
            device.Dispose();
        }
    }

    // With the limits of the device when it is not narrowed.
    private sealed record Opened(DeviceUnderTest Device, GuardedRun Run, DeviceLimits Whole);

    private Opened Open(string driver, BufferMode mode, string? narrowing)
    {
        if (_open.TryGetValue((driver, mode, narrowing), out var open))
            return open;
        DeviceLimits? whole = null;
        var device = new DeviceUnderTest(driver, mode, narrow: limits => narrowing is null ? whole = limits : Narrowings.Apply(narrowing, whole = limits), shared: true);
        return _open[(driver, mode, narrowing)] = new(device, new GuardedRun(device.Device, device.Transfers, device.Pipelines), whole!);
    }

    // What a variant dispatches, as text: what is the same on the whole device has been run there.
    private static string Described(Kernel kernel, Op op, Variant variant, TensorType[] inputs, TensorType[] outputs, DeviceLimits limits)
    {
        var plan = kernel.PlanOf(op, variant, inputs, outputs);
        return string.Join('\n', plan.Dispatches.Select(d =>
        {
            var request = KernelLowering.Request(new(kernel, variant, plan), d, inputs.Length + outputs.Length);
            return $"{request.Key} {d.Grid} {string.Join(' ', d.Push)} {PushLayout.For(limits, request.Buffers, request.PushWords, request.LaneTable, request.Name)}";
        }));
    }

    // Each input at most once; null where nothing may be written over.
    private static int[]? Overwritten(Op op, TensorType[] inputs, TensorType[] outputs)
    {
        var taken = new HashSet<int>();
        var over = outputs.Select((type, o) =>
        {
            var at = Array.FindIndex(inputs, i => i == type);
            for (; at >= 0; at = Array.FindIndex(inputs, at + 1, i => i == type))
                if (op.MayWriteOver(o, at) && taken.Add(at))
                    return at;
            return -1;
        }).ToArray();
        return taken.Count > 0 ? over : null;
    }
}
