using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Tests;

/// <summary>A call that fails half-way leaves no Vulkan object behind, and what failed can be tried again.</summary>
public class LeakTests
{
    private const string Copy = """
        #version 450
        #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
        #define PUSH uint count;
        #include "buffers.glsl"
        layout(local_size_x_id = 0) in;
        void main() { uint i = LINEAR_INDEX; if (i < count) STORE(Y, i, LOAD(X, i)); }
        """;

    public static TheoryData<string, BufferMode, string> CallsOfARecording() => Rows(
        (BufferMode.Address, "vkCreateCommandPool"), (BufferMode.Address, "vkAllocateCommandBuffers"), (BufferMode.Address, "vkCreateQueryPool"),
        (BufferMode.Checked, "vkCreateBuffer"), (BufferMode.Checked, "vkAllocateMemory"), (BufferMode.Checked, "vkQueueSubmit"),
        (BufferMode.Descriptor, "vkCreateDescriptorPool"), (BufferMode.Descriptor, "vkAllocateDescriptorSets"), (BufferMode.Descriptor, "vkCreateQueryPool"));

    [DriverTheory, MemberData(nameof(CallsOfARecording))]
    public void RecordingThatFails_LeavesNothingBehind(string driver, BufferMode mode, string call)
    {
        var calls = new CallCounter();
        using var test = new DeviceUnderTest(driver, mode, hook: calls.Hook, staged: true);
        var (x, y) = (test.Words<float>([1, 2, 3]), test.Words<float>(new float[3]));
        var step = test.Dispatch("Copy", Copy, Grid.Linear(3, 32), [32], [3], 0, new(x, false), new(y, true));
        FailsCleanly(calls, call, () => test.RecordProfile(step).Dispose());

        using var recording = test.RecordProfile(step);
        recording.Run("a test");
        Assert.Equal([1f, 2f, 3f], test.Read<float>(y));
        Assert.Single(recording.Timings());
    }

    public static TheoryData<string, BufferMode, string> CallsOfState() => Rows(
        (BufferMode.Address, "vkCreateBuffer"), (BufferMode.Address, "vkAllocateMemory"), (BufferMode.Address, "vkQueueSubmit"));

    [DriverTheory, MemberData(nameof(CallsOfState))]
    public void StateThatFails_LeavesNothingBehind(string driver, BufferMode mode, string call)
    {
        var calls = new CallCounter();
        using var backend = new VulkanBackend(Drivers.Open(driver, new() { Mode = mode, Hook = calls.Hook, Staged = true }));
        FailsCleanly(calls, call, () => backend.AllocateState("weights", 100).Dispose());
        using var state = backend.AllocateState("weights", 100);
        var bytes = Enumerable.Repeat((byte)7, 100).ToArray();
        state.Read(0, bytes);
        Assert.Equal(new byte[100], bytes);
    }

    public static TheoryData<string, BufferMode, string> CallsOfAPlan() => Rows(
        (BufferMode.Address, "vkCreateBuffer"), (BufferMode.Address, "vkAllocateMemory"), (BufferMode.Address, "vkCreateCommandPool"), (BufferMode.Address, "vkQueueSubmit"),
        (BufferMode.Descriptor, "vkAllocateDescriptorSets"));

    [DriverTheory, MemberData(nameof(CallsOfAPlan))]
    public void PlanThatFails_LeavesNothingBehind(string driver, BufferMode mode, string call)
    {
        var calls = new CallCounter();
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = mode, Hook = calls.Hook, Staged = true })));
        var constant = HostTensor.From([1f, 2f], new Shape(2));
        var step = engine.Compile(x => (x + Graph.Current.Constant(constant)).Sum());
        using (var first = engine.Compile(x => x - Graph.Current.Constant(constant))) first.Run(HostTensor.Of(1));    // makes the staging buffer, which stays
        FailsCleanly(calls, call, () => step.Prepare(new TensorType(DType.F32, new Shape(2))));
        Assert.Equal(10f, step.Run(HostTensor.From([3f, 4f], new Shape(2))).Scalar());
    }

    public static TheoryData<string, BufferMode, string> CallsOfATimer() => Rows(
        (BufferMode.Address, "vkCreateBuffer"), (BufferMode.Address, "vkAllocateMemory"), (BufferMode.Descriptor, "vkCreateDescriptorPool"));

    [DriverTheory, MemberData(nameof(CallsOfATimer))]
    public void TimedOpThatFails_LeavesNothingBehind(string driver, BufferMode mode, string call)
    {
        var calls = new CallCounter();
        using var test = new DeviceUnderTest(driver, mode, hook: calls.Hook, staged: true);
        TensorType[] types = [new(DType.F32, new Shape(3, 5))];
        var op = new TransposeOp([1, 0]);
        var kernel = KernelTable.Find(op)!;
        var variant = kernel.VariantsOf(op, types, op.Infer(types), test.Device.Limits)[0];
        FailsCleanly(calls, call, () => new OpTimer(test.Device, test.Pipelines, kernel, op, variant, types).Dispose());
        using var timer = new OpTimer(test.Device, test.Pipelines, kernel, op, variant, types);
        Assert.Equal(2, timer.Run(HostTensor.From([.. Enumerable.Range(0, 15).Select(i => (float)i)], new Shape(3, 5)))[0][6]);
    }

    private static void FailsCleanly(CallCounter calls, string call, Action attempt)
    {
        var before = calls.Alive;
        calls.Failing = call;
        Assert.ThrowsAny<ForgeException>(attempt);
        Assert.True(calls.Failed, $"{call} was never made");
        Assert.Equal(before, calls.Alive);
        calls.Failing = null;
    }

    private static TheoryData<string, BufferMode, string> Rows(params (BufferMode Mode, string Call)[] rows)
    {
        var data = new TheoryData<string, BufferMode, string>();
        foreach (var driver in Drivers.Names())
            foreach (var (mode, call) in rows) data.Add(driver, mode, call);
        return data;
    }
}
