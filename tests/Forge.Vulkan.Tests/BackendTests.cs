using Forge.Core;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tests;

/// <summary>Plans run on each driver, with an op and a kernel that only these tests know.</summary>
public class BackendTests
{
    private static readonly Kernel[] s_kernels = [new RunningSumKernel()];

    public static TheoryData<string, BufferMode> DriversAndModes() => BufferModeTests.DriversAndModes();

    [DriverTheory, MemberData(nameof(DriversAndModes))]
    public void Plan_RunsAsTheReferenceDoes_AndReplays(string driver, BufferMode mode)
    {
        using var engine = Open(driver, mode);
        var step = engine.Compile(x => new RunningSumOp().On(new RunningSumOp().On(x)));
        for (var run = 1; run <= 3; run++)
        {
            float[] values = [.. Enumerable.Range(0, 100).Select(i => (float)(i % 7 * run))];
            var y = step.Run(HostTensor.From(values, new Shape(100)))[0];
            Assert.Equal(Sums(Sums(values)), y.Span<float>().ToArray());
        }
        var counts = ((Executable)step.Executable!).Counts;
        Assert.Equal((4, 3, 1, 2), (counts.Dispatches, counts.Barriers, counts.Submissions, counts.Pipelines));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Plan_RunsAlike_WhereTheHostCannotReachTheDevicesMemory(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Staged = true }), kernels: s_kernels));
        var total = new Parameter("total", new(DType.F32, new Shape(2)), _ => HostTensor.From([1f, 2f], new Shape(2)));
        var step = engine.Compile(x =>
        {
            Graph.Current.Assign(total, new RunningSumOp().On(x));
            return new RunningSumOp().On(x);
        });
        for (var run = 1; run <= 2; run++)
        {
            float[] values = [run, 2 * run];
            Assert.Equal([run, 3f * run], step.Run(HostTensor.From(values, new Shape(2)))[0].Span<float>().ToArray());
            Assert.Equal([run, 3f * run], engine.State.Read(total).Span<float>().ToArray());
        }
        var device = ((VulkanBackend)engine.Backend).Device;
        Assert.False(device.MapsDeviceMemory);
        // Arguments and results are copied in the recording: a run is still one submission.
        var before = device.Submissions;
        step.Run(HostTensor.From([1f, 2f], new Shape(2)));
        Assert.Equal(1ul, device.Submissions - before);
        Assert.Equal(["arguments", "results"], ((Executable)step.Executable!).Steps.Where(s => s is RecordedCopy && s.Name is "arguments" or "results").Select(s => s.Name));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void State_OutlivesThePlan_AndIsReadBack(string driver)
    {
        using var engine = Open(driver, null);
        var total = new Parameter("total", new(DType.F32, new Shape(3)), _ => HostTensor.From([1f, 2f, 3f], new Shape(3)));
        var step = engine.Compile(() =>
        {
            var next = new RunningSumOp().On(total);
            Graph.Current.Assign(total, next);
            return next;
        });
        step.Run();
        var y = step.Run()[0];
        Assert.Equal([1f, 4f, 10f], y.Span<float>().ToArray()); // the running sum of the running sum of 1 2 3
        Assert.Equal([1f, 4f, 10f], engine.State.Read(total).Span<float>().ToArray());
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Profile_TimesEveryStep(string driver)
    {
        using var engine = Open(driver, null);
        var step = engine.Compile(x => new RunningSumOp().On(x));
        var x = HostTensor.From(new float[100], new Shape(100));
        step.Run(x);
        var timings = ((Executable)step.Executable!).Profile([x]);
        Assert.Equal(2, timings.Count);
        Assert.All(timings, t => Assert.InRange(t.Nanoseconds, 1, 1e10));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Chooser_DecidesTheVariant(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver), (_, _, variants) => variants.Single(v => v.Name == "lanes32"), s_kernels));
        var step = engine.Compile(x => new RunningSumOp().On(x));
        Assert.Equal([1f, 3f], step.Run(HostTensor.From([1f, 2f], new Shape(2)))[0].Span<float>().ToArray());
        Assert.Equal(["portable/lanes32"], ((Executable)step.Executable!).Variants.Select(v => v.Variant));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void OpWithoutKernel_IsNamed(string driver)
    {
        using var engine = Open(driver, null);
        var step = engine.Compile(x => new KernellessOp().On(x));
        var error = Assert.Throws<DeviceException>(() => step.Run(HostTensor.From([1f], new Shape(1))));
        Assert.Contains("Kernelless", error.Message, StringComparison.Ordinal);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void GlslKernel_OfAUsersOp_RunsAndDifferentiates(string driver)
    {
        const string cube = """
            #version 450
            #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
            #define PUSH uint count;
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { uint i = LINEAR_INDEX; if (i < count) { float x = LOAD(X, i); STORE(Y, i, x * x * x); } }
            """;
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver), kernels: [new GlslKernel<CubeOp>(cube)]));
        var step = engine.Compile(x => Grad.Of(new CubeOp().On(x).Sum(), x));
        Assert.Equal([3f, 12f, 27f], step.Run(HostTensor.From([1f, 2f, 3f], new Shape(3)))[0].Span<float>().ToArray());
        Assert.Equal([1f, 8f, -27f], engine.Compile(x => new CubeOp().On(x)).Run(HostTensor.From([1f, 2f, -3f], new Shape(3)))[0].Span<float>().ToArray());
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void GlslKernel_ThatDoesNotCompile_ShowsTheLine(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver), kernels: [new GlslKernel<CubeOp>("#version 450\nvoid main() { nonsense(); }\n")]));
        var error = Assert.ThrowsAny<ForgeException>(() => engine.Compile(x => new CubeOp().On(x)).Run(HostTensor.Of(1)));
        Assert.Contains("nonsense();", error.Message, StringComparison.Ordinal);
    }

    private static Engine Open(string driver, BufferMode? mode) => new(new VulkanBackend(Drivers.Open(driver, new() { Mode = mode }), kernels: s_kernels));

    private static float[] Sums(float[] x)
    {
        var sum = 0f;
        return [.. x.Select(v => sum += v)];
    }

    private record KernellessOp : Op
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0]];

        public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
        {
            var sum = 0.0;
            for (var i = 0; i < outputs[0].Type.Count; i++)
                outputs[0][i] = sum += inputs[0][i];
        }

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [null];

        public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs);
    }

    private sealed record RunningSumOp : KernellessOp;

    /// <summary>In two dispatches through scratch: sums of pairs, then the running sum. Slow, and enough to need a barrier.</summary>
    // y = x³, as a user would write it.
    private sealed record CubeOp : Op
    {
        public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs) => [inputs[0].MustBe(DType.F32)];

        public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
        {
            for (var i = 0; i < inputs[0].Elements.Length; i++) outputs[0][i] = Math.Pow(inputs[0][i], 3);
        }

        public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => [cotangents[0] * node.Inputs[0].Square() * 3f];

        public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) => Core.Cost.Streaming(inputs, outputs, 2);
    }

    private sealed class RunningSumKernel : Kernel<RunningSumOp>
    {
        private const string Copy = """
            #version 450
            #define BUFFERS IN(float, X, 0) OUT(float, T, 1)
            #define PUSH uint count;
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { uint i = LINEAR_INDEX; if (i < count) STORE(T, i, LOAD(X, i)); }
            """;

        private const string Sum = """
            #version 450
            #define BUFFERS IN(float, T, 0) OUT(float, Y, 1)
            #define PUSH uint count;
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() {
                uint i = LINEAR_INDEX;
                if (i >= count) return;
                float sum = 0;
                for (uint k = 0; k <= i; ++k) sum += LOAD(T, k);
                STORE(Y, i, sum);
            }
            """;

        public override IEnumerable<Variant> Variants(RunningSumOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
            from lanes in (uint[])[64, 32] select new Variant(Family.Portable, $"lanes{lanes}", lanes);

        public override KernelPlan Plan(RunningSumOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
        {
            var count = (uint)inputs[0].Count;
            var grid = Grid.Linear(count, variant.Lanes);
            return new(
                [
                    new Dispatch(grid, [count], [Slot.Input(0), Slot.Scratch(0)], "Copy.comp", Source: Copy),
                    new Dispatch(grid, [count], [Slot.Scratch(0, written: false), Slot.Output(0)], "Sum.comp", Source: Sum),
                ],
                [inputs[0].Bytes]);
        }
    }
}
