using System.Globalization;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Models.Cnn;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tests.Faults;
using Forge.Vulkan.Tuning;
using Xunit.Abstractions;

namespace Forge.Vulkan.Tests;

/// <summary>Mistakes of every kind that the nets are there for, each really made, and the net that catches it. docs/results.md has the table.</summary>
public sealed class PlantedMistakeTests(ITestOutputHelper output)
{
    private sealed record Net(string Name, Func<string, string?> Says, string Expected, bool NeedsLayer = false);

    private static readonly (string Mistake, Net[] Nets)[] s_rows =
    [
        ("a barrier is missing within a submission",
        [
            new("hazard checker", HazardCheckerOnALostBarrier, "needs a barrier after"),
            new("validation layer, synchronisation", d => LayerOnALostBarrier(d, submissions: 1), "READ_AFTER_WRITE", NeedsLayer: true),
        ]),
        ("a barrier is missing between submissions",
            [new("validation layer, synchronisation across submissions", d => LayerOnALostBarrier(d, submissions: 2), "READ_AFTER_WRITE", NeedsLayer: true)]),
        ("a store past the end of a tensor",
        [
            new("checked mode", d => Run(d, BufferMode.Checked, StorePastTheEnd), "stored element 35 of binding 1"),
            new("guard bytes", d => Run(d, BufferMode.Address, StorePastTheEnd), "a byte 0 after the end of output 0 was written"),
            new("validation layer, GPU-assisted", d => LayerOnAKernel(d, StorePastTheEnd), "out of bounds", NeedsLayer: true),
        ]),
        ("a load past the end of a tensor",
        [
            new("checked mode", d => Run(d, BufferMode.Checked, LoadPastTheEnd), "loaded element 7 of binding 0"),
            new("comparison with the reference", d => Run(d, BufferMode.Address, LoadPastTheEnd), "y("),
            new("validation layer, GPU-assisted", d => LayerOnAKernel(d, LoadPastTheEnd), "out of bounds", NeedsLayer: true),
        ]),
        ("memory is read that nothing has written", [new("NaN in blocks that nothing has written", d => Run(d, BufferMode.Address, ReadBeforeWritten), "NaN")]),
        ("a tensor is read after its arena slot was handed on", [new("the plan in its places beside what its graph means", ReadAfterHandedOn, "differs from what the graph means")]),
        ("a tensor is read after its arena slot was given up, before another takes it", [new("NaN in freed arena slots", ReadAfterFreed, "NaN")]),
        ("a number in a kernel is wrong", [new("comparison with the reference", d => Run(d, BufferMode.Address, WrongNumber), "y(")]),
        ("a kernel gives other bits in each run", [new("two runs, same bits", d => PlantedForCheck.OtherBitsInEachRun(d, counts: true), "two runs gave different bits")]),
        ("the finite flag is never lowered", [new("comparison with the reference, special values", d => PlantedForCheck.LostFlag(d, lost: true), "is 1 on the device, 0 in fp64")]),
        ("a gradient is wrong", [new("differences of the reference", _ => PlantedForCheck.Derivatives(PlantedForCheck.Gradient.Slope), "the VJP and finite differences of the reference differ")]),
        ("the gradient of an op that gradients are made of is wrong",
            [new("adjoint identity", _ => PlantedForCheck.Derivatives(PlantedForCheck.Gradient.Adjoint), "the VJP and the VJP of the VJP, which must be its adjoint, differ")]),
        ("a second derivative is lost", [new("differences of the gradient", _ => PlantedForCheck.Derivatives(PlantedForCheck.Gradient.Curve), "the second derivative and finite differences of the first differ")]),
        ("a driver tells another subgroup size than it runs", [new("start-up probe", ProbeOnAWrongSubgroupSize, "lanes, has")]),
    ];

    public static TheoryData<string, string> MistakesAndNets => Rows(needsLayer: false);

    public static TheoryData<string, string> MistakesForTheLayer => Rows(needsLayer: true);

    private static TheoryData<string, string> Rows(bool needsLayer)
    {
        var data = new TheoryData<string, string>();
        foreach (var (mistake, nets) in s_rows)
            foreach (var net in nets.Where(n => n.NeedsLayer == needsLayer))
                data.Add(mistake, net.Name);
        return data;
    }

    [DriverTheory, MemberData(nameof(MistakesAndNets))]
    public void Mistake_IsCaught(string mistake, string net) => Catch(mistake, net);

    [ValidationTheory, MemberData(nameof(MistakesForTheLayer))]
    public void Mistake_IsCaught_ByTheLayer(string mistake, string net) => Catch(mistake, net);

    private void Catch(string mistake, string net)
    {
        var row = s_rows.First(r => r.Mistake == mistake).Nets.First(n => n.Name == net);
        foreach (var driver in Drivers.LongTier ? Drivers.Names() : Drivers.Names().Take(1))
        {
            var said = row.Says(driver);
            output.WriteLine($"{mistake} | {net} | {driver} | {said?.ReplaceLineEndings(" ")}");
            Assert.NotNull(said);
            Assert.Contains(row.Expected, said, StringComparison.OrdinalIgnoreCase);
        }
    }

    // What the nets say where nothing is wrong: nothing.
    [DriverFact]
    public void NoMistake_IsCaughtByNone()
    {
        var driver = Drivers.Names()[0];
        foreach (var mode in Enum.GetValues<BufferMode>())
            Assert.Null(Run(driver, mode, text => text + "\n"));
        Assert.Null(PlantedForCheck.OtherBitsInEachRun(driver, counts: false));
        Assert.Null(PlantedForCheck.LostFlag(driver, lost: false));
        Assert.Null(PlantedForCheck.Derivatives(PlantedForCheck.Gradient.Right));
        if (Needs.MissingValidation is null)
            Assert.Null(LayerOnAKernel(driver, text => text + "\n"));
    }

    [Fact]
    public void Table_IsInTheDocumentation()
    {
        var results = File.ReadAllLines(Path.Combine(LayoutTests.FindRoot(), "docs", "results.md"));
        foreach (var (mistake, nets) in s_rows)
            foreach (var net in nets)
                Assert.True(Array.Exists(results, l => l.Contains($"| {mistake} |", StringComparison.Ordinal) && l.Contains(net.Name, StringComparison.Ordinal)), $"docs/results.md, \"Planted mistakes\": no row of \"{mistake}\" names \"{net.Name}\"");
    }

    // A training step of cnn28 whose middle barrier is never recorded.
    private static string? HazardCheckerOnALostBarrier(string driver)
    {
        var log = new CommandLog();
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = BufferMode.Address, Hook = log.Hook })));
        // The recording comes last: what is counted before are transfers.
        Executable Recorded()
        {
            var step = BenchNets.Cnn28.CompileStep(engine);
            step.Prepare(BenchNets.Cnn28.Inputs);
            return Assert.IsType<Executable>(step.Executable);
        }
        var whole = Recorded();
        var (before, closed) = log.BarriersOf(whole.Steps.Count);
        Assert.Null(HazardChecker.MissingInReplays(whole.Steps, before, closed));
        using var recording = LostBarrier(log, () => Recorder.Record(((VulkanBackend)engine.Backend).Device, ((VulkanBackend)engine.Backend).Transfers, whole.Steps), whole.Counts.Barriers / 2);
        (before, closed) = log.BarriersOf(whole.Steps.Count);
        return HazardChecker.MissingInReplays(whole.Steps, before, closed);
    }

    private static Recording LostBarrier(CommandLog log, Func<Recording> record, int which)
    {
        log.Drops = which;
        var recording = record();
        log.Drops = null;
        return recording;
    }

    private static string? LayerOnALostBarrier(string driver, int submissions)
    {
        const string Double = """
            #version 450
            #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { STORE(Y, LINEAR_INDEX, LOAD(X, LINEAR_INDEX) * 2.0); }
            """;
        var log = new CommandLog();
        using var test = new DeviceUnderTest(driver, BufferMode.Descriptor, validation: true, hook: log.Hook, narrow: l => l with { SubmissionFlops = submissions > 1 ? 1 : double.PositiveInfinity });
        var (x, y, z) = (test.Words<float>(new float[32]), test.Words<float>(new float[32]), test.Words<float>(new float[32]));
        RecordedStep[] steps =
        [
            test.Dispatch("Double", Double, Grid.Linear(32, 32), [32], [], 0, new(x, false), new(y, true)) with { Flops = 1 },
            test.Dispatch("Double", Double, Grid.Linear(32, 32), [32], [], 0, new(y, false), new(z, true)) with { Flops = 1 },
        ];
        using (var right = test.Record(steps))
        {
            Assert.Equal(submissions, right.Submissions);
            right.Run("a test");
        }
        // The first opens the recording; the second stands between the steps.
        return Said(() =>
        {
            using var lost = LostBarrier(log, () => test.Record(steps), 1);
            lost.Run("a test");
        });
    }

    private static string StorePastTheEnd(string shader) =>
        shader.Replace("STORE(Y, u,", "if (u + 1u == count) STORE(Y, count, 9.0);\n        STORE(Y, u,", StringComparison.Ordinal);

    private static string LoadPastTheEnd(string shader) => shader.Replace("LOAD(Index, i)", "LOAD(Index, i + 3u)", StringComparison.Ordinal);

    private static string ReadBeforeWritten(string shader) =>
        shader.Replace("OUT(float, Y, 1)", "INOUT(float, Y, 1)", StringComparison.Ordinal).Replace("? 1.0 : 0.0", "? LOAD(Y, u) + 1.0 : 0.0", StringComparison.Ordinal);

    private static string WrongNumber(string shader) => shader.Replace("? 1.0 :", "? 1.0001 :", StringComparison.Ordinal);

    // Seven labels of five classes, between guards, beside the reference.
    private static string? Run(string driver, BufferMode mode, Func<string, string> mistake)
    {
        using var test = new DeviceUnderTest(driver, mode);
        using var run = new GuardedRun(test.Device, test.Transfers, test.Pipelines);
        var (op, kernel, variant, labels) = Planted(test, mistake);
        var input = ReferenceTensor.From(labels);
        string? wrong = null;
        return Said(() => wrong = Closeness.For(op).Explain(op, [input], Closeness.Reference(op, [input]), run.Run(op, kernel, variant, [labels]))) ?? wrong;
    }

    // The same in buffers of their own: the layer sees what leaves a buffer, not what leaves a slice of one.
    private static string? LayerOnAKernel(string driver, Func<string, string> mistake)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Descriptor, validation: true, gpuAssisted: true);
        var (op, kernel, variant, labels) = Planted(test, mistake);
        var result = op.Infer([labels.Type])[0];
        var plan = kernel.PlanOf(op, variant, [labels.Type], [result]);
        var blocks = new KernelBlocks([test.Words<int>(labels.Span<int>())], [test.Words<float>(new float[result.Count])], [], []);
        var steps = KernelLowering.Steps(op.Name, plan, test.Pipelines.Get([.. KernelLowering.Requests(new(kernel, variant, plan), 2)]), blocks);
        return Said(() => test.Run([.. steps]));
    }

    private static (OneHotOp Op, Kernel Kernel, Variant Variant, HostTensor Labels) Planted(DeviceUnderTest test, Func<string, string> mistake)
    {
        var (op, kernel, labels) = (new OneHotOp(5), new PlantedKernel(mistake), new HostTensor(new(DType.I32, new Shape(7))));
        for (var i = 0; i < 7; i++) labels.Span<int>()[i] = i * 3 % 5;
        return (op, kernel, kernel.VariantsOf(op, [labels.Type], op.Infer([labels.Type]), test.Device.Limits).First(v => v.Family == Family.Portable), labels);
    }

    // a lives until the last step; the place of c, made before it, is moved onto a's.
    private static string? ReadAfterHandedOn(string driver)
    {
        var (meant, right) = (Sum(new ReferenceBackend(), plan => plan), Sum(new VulkanBackend(Drivers.Open(driver)), plan => plan));
        Assert.Equal(meant, right, 1e-4f * meant);
        var wrong = Sum(new VulkanBackend(Drivers.Open(driver)), Misplaced);
        return Math.Abs(wrong - meant) > 1e-2f * meant ? string.Create(CultureInfo.InvariantCulture, $"{wrong} differs from what the graph means: {meant}") : null;

        static Plan Misplaced(Plan plan)
        {
            var kernels = plan.Kernels.ToList();
            var (a, c) = (kernels.First(k => k.Node.Op is MatMulOp), kernels.Where(k => k.Node.Op is MatMulOp).ElementAt(2));
            Assert.NotEqual(a.Outputs[0], c.Outputs[0]);
            return plan with
            {
                Steps = [.. plan.Steps.Select(s => s is not KernelStep k ? s : k with
                {
                    Outputs = k == c ? [a.Outputs[0]] : k.Outputs,
                    Inputs = [.. k.Inputs.Select((place, i) => k.Node.Inputs[i].Node == c.Node ? a.Outputs[0] : place)],
                })],
            };
        }
    }

    // The slot that lives longest is a's: given up one step early, it still holds a where nothing fills it.
    private static string? ReadAfterFreed(string driver)
    {
        var right = Sum(new VulkanBackend(Drivers.Open(driver)) { SpoilsFreed = true }, plan => plan);
        Assert.Equal(right, Sum(new VulkanBackend(Drivers.Open(driver)), TooEarly));
        var wrong = Sum(new VulkanBackend(Drivers.Open(driver)) { SpoilsFreed = true }, TooEarly);
        return float.IsNaN(wrong) ? "the result is NaN" : null;

        static Plan TooEarly(Plan plan)
        {
            var longest = plan.Slots.MaxBy(s => s.Last - s.First)!;
            return plan with { Slots = [.. plan.Slots.Select(s => s == longest ? s with { Last = s.Last - 1 } : s)] };
        }
    }

    // The sum of ((a a) x) x + a where a = x x.
    private static float Sum(IBackend backend, Func<Plan, Plan> planted)
    {
        var x = new HostTensor(new(DType.F32, (8, 8)));
        for (var i = 0; i < 64; i++) x.Span<float>()[i] = i * 0.01f;
        using var engine = new Engine(new PlantedPlans(backend, planted));
        var step = engine.Compile(x =>
        {
            var a = x.MatMul(x);
            return (a.MatMul(a).MatMul(x).MatMul(x) + a).Sum();
        });
        return step.Run(x).Scalar();
    }

    private static string? ProbeOnAWrongSubgroupSize(string driver)
    {
        uint truth, told;
        using (var honest = new VulkanBackend(Drivers.Open(driver)))
        {
            truth = honest.Limits.SubgroupSize;
            // Where kernels lean on no subgroups, none is asked.
            if (!honest.Limits.HasRawAddresses) return "nothing leans on subgroups here: said 16 lanes, has no use for them";
        }
        using (var liar = new VulkanBackend(Drivers.Open(driver, new() { Mode = BufferMode.Address, Hook = new LyingDriver { SubgroupSize = 2 * truth }.Hook })))
            told = liar.Limits.SubgroupSize;
        return told == truth ? $"said {2 * truth} lanes, has {told}" : null;
    }

    private static string? Said(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (Exception e) when (e is GuardException or BoundsException or ValidationException)
        {
            return e.Message;
        }
    }

    /// <summary>A backend whose plans are changed before they are built.</summary>
    private sealed class PlantedPlans(IBackend inner, Func<Plan, Plan> change) : IBackend
    {
        public string Description => inner.Description;

        public BackendTraits Traits => inner.Traits;

        public IReadOnlyList<long> ScratchBytes(Node node) => inner.ScratchBytes(node);

        public StateBlock AllocateState(string name, long bytes) => inner.AllocateState(name, bytes);

        public IExecutable Build(Plan plan) => inner.Build(change(plan));

        public void Dispose() => inner.Dispose();
    }
}
