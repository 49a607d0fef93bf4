namespace Forge.Vulkan.Tests;

public sealed class BarrierScheduleTests : IDisposable
{
    private readonly DeviceUnderTest _test = new(Drivers.Names()[0]);
    private readonly BufferSlice _a, _b;

    public BarrierScheduleTests()
    {
        _a = _test.Words<float>(new float[64]);
        _b = _test.Words<float>(new float[64]);
    }

    public void Dispose() => _test.Dispose();

    [DriverFact]
    public void ReadAfterWrite_WriteAfterRead_AndWriteAfterWrite_NeedABarrier()
    {
        Assert.Equal([false, true], Before(Step(Write(_a, 0, 16)), Step(Read(_a, 0, 16))));
        Assert.Equal([false, true], Before(Step(Read(_a, 0, 16)), Step(Write(_a, 0, 16))));
        Assert.Equal([false, true], Before(Step(Write(_a, 0, 16)), Step(Write(_a, 0, 16))));
    }

    [DriverFact]
    public void ReadAfterRead_OtherBytes_AndOtherBuffers_NeedNone()
    {
        Assert.Equal([false, false], Before(Step(Read(_a, 0, 16)), Step(Read(_a, 0, 16))));
        Assert.Equal([false, false], Before(Step(Write(_a, 0, 16)), Step(Write(_a, 16, 16))));
        Assert.Equal([false, false], Before(Step(Write(_a, 0, 16)), Step(Write(_b, 0, 16))));
    }

    [DriverFact]
    public void OneByteShared_IsEnough() =>
        Assert.Equal([false, true], Before(Step(Write(_a, 0, 17)), Step(Read(_a, 16, 16))));

    [DriverFact]
    public void OneBarrier_ServesEverythingBefore() =>
        Assert.Equal([false, false, true, false], Before(Step(Write(_a, 0, 16)), Step(Write(_b, 0, 16)), Step(Read(_a, 0, 16)), Step(Read(_b, 0, 16))));

    [DriverFact]
    public void FillsAndCopies_AreOrderedToo() =>
        Assert.Equal([false, true, true], BarrierSchedule.Before([new RecordedFill("fill", _a, 0), new RecordedCopy("copy", _a, _b), new RecordedFill("again", _a, 1)]));

    [DriverProperty(MaxTest = 300)]
    public void AnySteps_GetTheBarriersTheyNeed_AndNoOthers(byte[] draws)
    {
        var steps = draws.Chunk(4).Where(c => c.Length == 4).Select((c, i) => Step(
            (c[0] % 2 == 0 ? _a : _b) is var first && c[0] % 3 == 0 ? Write(first, c[1] % 64, 1 + c[1] % 7) : Read(first, c[1] % 64, 1 + c[1] % 7),
            c[2] % 2 == 0 ? Write(c[3] % 2 == 0 ? _a : _b, c[3] % 64, 4) : Read(_a, c[3] % 64, 4))).ToArray();
        HazardChecker.Check(steps, BarrierSchedule.Before(steps));
    }

    [DriverFact]
    public void HazardChecker_SeesAMissingAndAnIdleBarrier()
    {
        RecordedStep[] steps = [Step(Write(_a, 0, 16)), Step(Read(_a, 0, 16))];
        Assert.Throws<InvalidOperationException>(() => HazardChecker.Check(steps, [false, false]));
        Assert.Throws<InvalidOperationException>(() => HazardChecker.Check([Step(Read(_a, 0, 16)), Step(Read(_a, 0, 16))], [false, true]));
        HazardChecker.Check(steps, [false, true]);
    }

    private static bool[] Before(params RecordedStep[] steps) => BarrierSchedule.Before(steps);

    private static Touch Step(params BufferAccess[] accesses) => new(accesses);

    private static BufferAccess Read(BufferSlice buffer, long offset, long bytes) => new(buffer with { Offset = offset, Bytes = bytes }, false);

    private static BufferAccess Write(BufferSlice buffer, long offset, long bytes) => new(buffer with { Offset = offset, Bytes = bytes }, true);

    private sealed record Touch(IReadOnlyList<BufferAccess> Touched) : RecordedStep("touch", Touched);
}
