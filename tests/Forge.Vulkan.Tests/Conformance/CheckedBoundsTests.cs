using System.Runtime.InteropServices;
using Forge.Core;
using Forge.Vulkan.Checking;
using Xunit.Abstractions;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>
/// Checked mode over the op table: every binding of every dispatch of every variant (in the fast tier of one a shader) loses its last element, though the
/// arena goes on behind it, so that what a kernel does there leaves its slice. The report must name op, binding and index, and what lies behind the
/// slice must stay as it was.
/// </summary>
public sealed class CheckedBoundsTests(CheckedBoundsTests.Devices devices, ITestOutputHelper output) : IClassFixture<CheckedBoundsTests.Devices>
{
    private const uint Untouched = 0x7fc5a5a5;

    public static TheoryData<string, string> OpsAndDrivers()
    {
        var data = new TheoryData<string, string>();
        // SwiftShader takes up to half a minute to build one checked kernel.
        foreach (var driver in Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "system"]))
            foreach (var op in OpTable.Entries.Where(e => KernelTable.Find(Case(e).Op) is not null))
                data.Add(op.Name, driver);
        return data;
    }

    [DriverTheory, MemberData(nameof(OpsAndDrivers))]
    public void EveryBinding_ThatIsTooShort_IsNamed(string op, string driver)
    {
        using var counted = DriverReport.Of(driver).Test();
        var (test, @case) = (devices.Open(driver), Case(OpTable.Find(op)!));
        TensorType[] inputs = [.. @case.Inputs.Select(i => i.Type)], outputs = [.. @case.Op.Infer(inputs)];
        var kernel = KernelTable.Find(@case.Op)!;
        var (loads, stores) = (0, 0);
        var variants = kernel.VariantsOf(@case.Op, inputs, outputs, test.Device.Limits);
        foreach (var variant in Drivers.LongTier ? variants : variants.DistinctBy(kernel.ShaderOf))
        {
            var plan = kernel.PlanOf(@case.Op, variant, inputs, outputs);
            using var run = new Arena(test, @case, outputs, new(kernel, variant, plan));
            var written = new List<BufferSlice>();
            run.Run(run.Steps);     // nothing is short: nothing is said
            for (var s = 0; s < run.Steps.Count; s++)
                for (var b = 0; run.Steps[s] is RecordedDispatch dispatch && b < dispatch.Bindings.Count; b++)
                {
                    // Not all kernels reach the last element: a slice skips some, a filter's border may. None reach into nothing without being noticed.
                    var fault = run.Short(s, b, dispatch.Bindings[b].Slice.Bytes - 4) ?? run.Short(s, b, 0);
                    if (fault is null)
                    {
                        output.WriteLine($"{op} {variant.Label}, {dispatch.Pipeline.Name}: binding {b} is not reached");
                        continue;
                    }
                    if (dispatch.Bindings[b].Written) written.Add(dispatch.Bindings[b].Slice);
                    _ = fault.IsStore ? stores++ : loads++;
                    Assert.True(dispatch.Bindings[b].Written || !fault.IsStore, $"{op} {variant.Label}: binding {b} is only read, but a store was reported");
                }
            // A binding may stand in for one that the op has no use for; a result is written through one of its own.
            Assert.All(run.Outputs, o => Assert.Contains(written, o.Overlaps));
        }
        output.WriteLine($"{op}, {driver}: {loads} loads and {stores} stores past a slice, each reported");
        Assert.True(stores > 0, "no store was reported");
        Assert.True(loads > 0 || inputs.Length == 0, "no load was reported");
    }

    private static OpCase Case(OpEntry op) => CheckCases.AsPlanned(op.Sample(Draw.FromSeed(1)));

    /// <summary>A case's tensors in one buffer, one behind the other, and the steps of a variant on them.</summary>
    private sealed class Arena : IDisposable
    {
        private readonly DeviceUnderTest _test;
        private readonly string _op;
        private readonly DeviceBuffer _buffer;
        private readonly byte[] _memory;

        public Arena(DeviceUnderTest test, OpCase @case, TensorType[] outputs, ChosenKernel chosen)
        {
            (_test, _op) = (test, @case.Op.Name);
            var at = 0L;
            long[] sizes = [.. @case.Inputs.Select(i => i.Type.Bytes), .. outputs.Select(o => o.Bytes), .. chosen.Plan.ScratchBytes, chosen.Plan.OnesBytes];
            long[] offsets = [.. sizes.Select(bytes => (at, at += (bytes + 255) / 256 * 256 + 256).Item1)];
            _buffer = new DeviceBuffer(test.Device, at, MemoryUse.Device, "a small arena");
            _memory = new byte[at];
            MemoryMarshal.Cast<byte, uint>(_memory.AsSpan()).Fill(Untouched);
            for (var i = 0; i < @case.Inputs.Count; i++)
                @case.Inputs[i].ToHost().Bytes.CopyTo(_memory.AsSpan((int)offsets[i]));
            MemoryMarshal.Cast<byte, float>(_memory.AsSpan((int)offsets[^1], (int)sizes[^1])).Fill(1);
            BufferSlice[] slices = [.. sizes.Select((bytes, i) => new BufferSlice(_buffer, offsets[i], bytes))];
            var blocks = new KernelBlocks(slices[..@case.Inputs.Count], slices[@case.Inputs.Count..(@case.Inputs.Count + outputs.Length)],
                slices[(@case.Inputs.Count + outputs.Length)..^1], slices[^1..]);
            Outputs = blocks.Outputs;
            var built = test.Pipelines.Get([.. KernelLowering.Requests(chosen, @case.Inputs.Count + outputs.Length)]);
            Steps = [.. KernelLowering.Steps(_op, chosen.Plan, built, blocks)];
        }

        public IReadOnlyList<RecordedStep> Steps { get; }

        public IReadOnlyList<BufferSlice> Outputs { get; }

        /// <summary>Runs the steps with one binding as short as that. What was reported; null for nothing.</summary>
        public BoundsException? Short(int step, int binding, long bytes)
        {
            var dispatch = (RecordedDispatch)Steps[step];
            var slice = dispatch.Bindings[binding].Slice with { Bytes = bytes };
            BufferAccess[] bindings = [.. dispatch.Bindings];
            bindings[binding] = bindings[binding] with { Slice = slice };
            RecordedStep[] steps = [.. Steps];
            // Not `with`: the accesses of the base are what the bindings were when it was made.
            steps[step] = new RecordedDispatch(dispatch.Name, dispatch.Pipeline, dispatch.Grid, dispatch.Words, bindings);
            try
            {
                Run(steps);
                return null;
            }
            catch (BoundsException fault)
            {
                Assert.Equal((_op, binding), (fault.Op, fault.Binding));
                // A wide access may start inside: it reaches 4 elements at most.
                Assert.True(fault.Index + 4 > bytes / 4, $"element {fault.Index} of {bytes / 4} was reported");
                Assert.Contains($"binding {binding}", fault.Message, StringComparison.Ordinal);
                var after = new byte[4];
                _test.Transfers.Download(slice with { Offset = slice.Offset + bytes, Bytes = 4 }, after);
                var others = steps.SelectMany((s, i) => s.Accesses.Where((_, b) => (i, b) != (step, binding))).Any(a => a.Written && a.Slice.Overlaps(slice with { Bytes = bytes + 4 }));
                Assert.True(others || after.AsSpan().SequenceEqual(_memory.AsSpan((int)(slice.Offset + bytes), 4)), $"what lies behind binding {binding} was written");
                return fault;
            }
        }

        public void Run(IReadOnlyList<RecordedStep> steps)
        {
            _test.Transfers.Upload(new(_buffer, 0, _memory.Length), _memory);
            _test.Run([.. steps]);
        }

        public void Dispose() => _buffer.Dispose();
    }

    /// <summary>A device in checked mode on each driver, opened when first asked for.</summary>
    public sealed class Devices : IDisposable
    {
        private readonly Dictionary<string, DeviceUnderTest> _open = [];

        internal DeviceUnderTest Open(string driver) =>
            _open.TryGetValue(driver, out var test) ? test : _open[driver] = new(driver, BufferMode.Checked, shared: true);

        public void Dispose()
        {
            foreach (var test in _open.Values) test.Dispose();
        }
    }
}
