namespace Forge.Vulkan.Tests;

/// <summary>The macros of buffers.glsl in each build, on each driver.</summary>
public class BufferModeTests
{
    private const string Scale = """
        #version 450
        #define BUFFERS IN(float, X, 0) OUT(float, Y, 1) INOUT(uint, Hits, 2)
        #define PUSH uint count; float factor;
        #include "buffers.glsl"
        layout(local_size_x_id = 0) in;
        void main() {
            uint i = LINEAR_INDEX;
            if (i >= count) return;
            STORE(Y, i, LOAD(X, i) * factor);
            STORE(Hits, i, LOAD(Hits, i) + 1u);
        }
        """;

    private const string Wide = """
        #version 450
        #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
        #define PUSH uint quads;
        #include "buffers.glsl"
        layout(local_size_x_id = 0) in;
        void main() {
            uint q = LINEAR_INDEX;
            if (q >= quads) return;
            vec2 low = LOAD2(X, 4u * q), high = LOAD2(X, 4u * q + 2u);
            STORE4(Y, 4u * q, vec4(low, high) + LOAD4(X, 4u * q));
        }
        """;

    public static TheoryData<string, BufferMode> DriversAndModes()
    {
        var data = new TheoryData<string, BufferMode>();
        foreach (var driver in Drivers.Names())
            foreach (var mode in Enum.GetValues<BufferMode>())
                data.Add(driver, mode);
        return data;
    }

    [DriverTheory, MemberData(nameof(DriversAndModes))]
    public void LoadAndStore_ReachTheSlices_InEveryMode(string driver, BufferMode mode)
    {
        using var test = new DeviceUnderTest(driver, mode);
        var x = test.Words<float>([.. Enumerable.Range(0, 1000).Select(i => (float)i)]);
        var y = test.Words<float>(new float[1000]);
        var hits = test.Words<uint>(new uint[1000]);
        var step = test.Dispatch("Scale", Scale, Grid.Linear(1000, 64), [64], [1000, Dispatch.Bits(3)], 0, new(x, false), new(y, true), new(hits, true));
        using var recording = test.Record(step, step);
        recording.Run("a test");
        recording.Run("a test");

        Assert.Equal([.. Enumerable.Range(0, 1000).Select(i => 3f * i)], test.Read<float>(y));
        Assert.All(test.Read<uint>(hits), h => Assert.Equal(4u, h)); // two steps, two replays, each after the other
        Assert.Equal(1, recording.Barriers);
        Assert.Equal(2, recording.Dispatches);
    }

    [DriverTheory, MemberData(nameof(DriversAndModes))]
    public void WideForms_ReadAndWriteWholeVectors_InEveryMode(string driver, BufferMode mode)
    {
        using var test = new DeviceUnderTest(driver, mode);
        var x = test.Words<float>([.. Enumerable.Range(0, 64).Select(i => (float)i)]);
        var y = test.Words<float>(new float[64]);
        test.Run(test.Dispatch("Wide", Wide, Grid.Linear(16, 32), [32], [16], 0, new(x, false), new(y, true)));
        Assert.Equal([.. Enumerable.Range(0, 64).Select(i => 2f * i)], test.Read<float>(y));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Addresses_MoveToATable_WhenThePushBlockIsFull(string driver)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Address, narrow: l => l with { MaxPushConstantBytes = 24 });
        var x = test.Words<float>([1, 2, 3, 4]);
        var y = test.Words<float>(new float[4]);
        var hits = test.Words<uint>(new uint[4]);
        var step = test.Dispatch("Scale", Scale, Grid.Linear(4, 64), [64], [4, Dispatch.Bits(2)], 0, new(x, false), new(y, true), new(hits, true));
        Assert.True(step.Pipeline.Push.UsesTable);
        test.Run(step);
        Assert.Equal([2f, 4f, 6f, 8f], test.Read<float>(y));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void LaneTable_HoldsItsOwnIndexes(string driver)
    {
        const string Table = """
            #version 450
            #define BUFFERS OUT(uint, Y, 0)
            #define PUSH uint first;
            #include "buffers.glsl"
            layout(local_size_x_id = 0) in;
            void main() { STORE(Y, gl_LocalInvocationID.x, tab[gl_LocalInvocationID.x] + first); }
            """;
        using var test = new DeviceUnderTest(driver, BufferMode.Address);
        var y = test.Words<uint>(new uint[16]);
        test.Run(test.Dispatch("Table", Table, new Grid(1), [16], [7], 16, new BufferAccess(y, true)));
        Assert.Equal([.. Enumerable.Range(7, 16).Select(i => (uint)i)], test.Read<uint>(y));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void CheckedMode_NamesOpBindingAndIndex_OfABadLoad(string driver)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Checked);
        var x = test.Words<float>([1, 2, 3]);
        var y = test.Words<float>(new float[4]);
        var hits = test.Words<uint>(new uint[4]);
        var step = test.Dispatch("Scale", Scale, Grid.Linear(4, 64), [64], [4, Dispatch.Bits(2)], 0, new(x, false), new(y, true), new(hits, true));
        var fault = Assert.Throws<BoundsException>(() => test.Run(step));
        Assert.Equal(("Scale", 0, 3u, false), (fault.Op, fault.Binding, fault.Index, fault.IsStore));
        Assert.Equal([2f, 4f, 6f, 0f], test.Read<float>(y));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void CheckedMode_DropsABadStore_AndLeavesTheNeighbourAlone(string driver)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Checked);
        var x = test.Words<float>([1, 2, 3, 4]);
        var both = test.Words<float>([0, 0, 0, 77]);
        var hits = test.Words<uint>(new uint[4]);
        var step = test.Dispatch("Scale", Scale, Grid.Linear(4, 64), [64], [4, Dispatch.Bits(2)], 0, new(x, false), new(both with { Bytes = 12 }, true), new(hits, true));
        using var recording = test.Record(step);
        var fault = Assert.Throws<BoundsException>(() => recording.Run("a test"));
        Assert.Equal((1, 3u, true), (fault.Binding, fault.Index, fault.IsStore));
        Assert.Equal([2f, 4f, 6f, 77f], test.Read<float>(both));
        Assert.Throws<BoundsException>(() => recording.Run("a test")); // the report is cleared and made anew
    }

    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DescriptorMode_IsSilentUnderTheValidationLayer(string driver)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Descriptor, validation: true);
        var x = test.Words<float>([1, 2, 3, 4]);
        var y = test.Words<float>(new float[4]);
        var z = test.Words<float>(new float[4]);
        var first = test.Dispatch("Wide", Wide, Grid.Linear(1, 32), [32], [1], 0, new(x, false), new(y, true));
        var second = test.Dispatch("Wide", Wide, Grid.Linear(1, 32), [32], [1], 0, new(y, false), new(z, true));
        test.Run(first, second, new RecordedCopy("copy", z, x), new RecordedFill("fill", y, 0));
        Assert.Equal([4f, 8f, 12f, 16f], test.Read<float>(x));
        Assert.Equal([0f, 0f, 0f, 0f], test.Read<float>(y));
    }

    // What the silent tests above and in WholePlanTests would look like if something were wrong.
    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void WrongCall_IsReported_UnderTheValidationLayer(string driver)
    {
        using var device = Drivers.Open(driver, new() { Mode = BufferMode.Descriptor, Validation = true });
        var create = new Silk.NET.Vulkan.CommandPoolCreateInfo { SType = Silk.NET.Vulkan.StructureType.CommandPoolCreateInfo, QueueFamilyIndex = 12_345 };
        Silk.NET.Vulkan.CommandPool pool;
        unsafe
        {
            device.Vk.CreateCommandPool(device.Handle, &create, null, &pool);
            device.Vk.DestroyCommandPool(device.Handle, pool, null);
        }
        var error = Assert.Throws<ValidationException>(device.ThrowMessages);
        Assert.Contains("queueFamilyIndex", error.Message, StringComparison.Ordinal);
        device.ThrowMessages(); // each message is thrown once
    }

    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void MissingBarrier_IsReported_UnderTheValidationLayer(string driver)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Descriptor, validation: true);
        var x = test.Words<float>([1, 2, 3, 4]);
        var y = test.Words<float>(new float[4]);
        var z = test.Words<float>(new float[4]);
        // The first step does not say that it writes y, so no barrier parts it from the second, which reads y.
        var first = test.Dispatch("Wide", Wide, Grid.Linear(1, 32), [32], [1], 0, new(x, false), new(y, false));
        var second = test.Dispatch("Wide", Wide, Grid.Linear(1, 32), [32], [1], 0, new(y, false), new(z, true));
        var error = Assert.Throws<ValidationException>(() => test.Run(first, second));
        Assert.Contains("READ-AFTER-WRITE", error.Message, StringComparison.OrdinalIgnoreCase);
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void WrongPushBlock_IsRefused_BeforeItRuns(string driver)
    {
        using var test = new DeviceUnderTest(driver);
        var x = test.Words<float>([1, 2, 3, 4]);
        var error = Assert.Throws<ShaderException>(() => test.Dispatch("Wide", Wide, Grid.Linear(1, 32), [32], [1, 2], 0, new(x, false), new(x, true)));
        Assert.Contains("2 word(s)", error.Message, StringComparison.Ordinal);
    }
}
