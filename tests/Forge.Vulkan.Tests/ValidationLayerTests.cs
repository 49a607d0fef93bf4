using Forge.Core;

namespace Forge.Vulkan.Tests;

/// <summary>
/// The steps of whole models under the validation layer with everything that it can check: hazards within a submission and across submissions, and
/// accesses of shaders, which it rewrites for that. And mistakes that each of the three alone reports, so that silence means something.
/// </summary>
public sealed class ValidationLayerTests
{
    private const string Double = """
        #version 450
        #define BUFFERS IN(float, X, 0) OUT(float, Y, 1)
        #define PUSH uint count;
        #include "buffers.glsl"
        layout(local_size_x_id = 0) in;
        void main() {
            uint i = LINEAR_INDEX;
            if (i < count) STORE(Y, i, LOAD(X, i) * 2.0);
        }
        """;

    public static TheoryData<string, string> PlansAndDrivers => Rows(SmallPlans.Names);

    // Rewriting a shader takes the layer seconds.
    public static TheoryData<string, string> PlansAndDriversForShaders => Rows(Drivers.LongTier ? SmallPlans.Names : ["rnn"]);

    private static TheoryData<string, string> Rows(IReadOnlyList<string> plans)
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "swiftshader", "system"]))
            foreach (var plan in plans)
                data.Add(plan, driver);
        return data;
    }

    [ValidationTheory, MemberData(nameof(PlansAndDrivers))]
    public void Plan_GivesTheLayerNothingToSay(string plan, string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = BufferMode.Descriptor, Validation = true })));
        SmallPlans.Run(plan, engine);
    }

    [ValidationTheory, MemberData(nameof(PlansAndDriversForShaders))]
    public void Plan_GivesTheLayerNothingToSay_OfWhatShadersDo(string plan, string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Mode = BufferMode.Descriptor, Validation = true, GpuAssisted = true })));
        SmallPlans.Run(plan, engine);
    }

    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void HazardAcrossSubmissions_IsReported(string driver)
    {
        Assert.Null(Hazard(driver, acrossSubmissions: false));
        Assert.Contains("READ_AFTER_WRITE", Hazard(driver, acrossSubmissions: true), StringComparison.Ordinal);
    }

    private static string? Hazard(string driver, bool acrossSubmissions)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Descriptor, validation: true, narrow: l => l with { SubmissionFlops = 1 }, acrossSubmissions: acrossSubmissions);
        var (x, y, z) = (test.Words<float>([1, 2, 3, 4]), test.Words<float>(new float[4]), test.Words<float>(new float[4]));
        // The first does not say that it writes y.
        var first = test.Dispatch("Double", Double, Grid.Linear(4, 32), [32], [4], 0, new(x, false), new(y, false)) with { Flops = 1 };
        var second = test.Dispatch("Double", Double, Grid.Linear(4, 32), [32], [4], 0, new(y, false), new(z, true)) with { Flops = 1 };
        using var recording = test.Record(first, second);
        Assert.Equal(2, recording.Submissions);
        return Message(() => recording.Run("a test"));
    }

    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void AccessPastADescriptor_IsReported(string driver)
    {
        Assert.Null(Past(driver, gpuAssisted: false));
        Assert.Contains("out of bounds", Past(driver, gpuAssisted: true), StringComparison.OrdinalIgnoreCase);
    }

    private static string? Past(string driver, bool gpuAssisted)
    {
        using var test = new DeviceUnderTest(driver, BufferMode.Descriptor, validation: true, gpuAssisted: gpuAssisted);
        var (x, y) = (test.Words<float>([1, 2, 3, 4]), test.Words<float>(new float[8]));
        var step = test.Dispatch("Double", Double, Grid.Linear(8, 32), [32], [8], 0, new(x, false), new(y, true));
        return Message(() => test.Run(step));
    }

    // Without the layer none of these may pass unseen.
    [DriverFact]
    public void LayerThatIsNotThere_IsAReasonThatSkippedTestsPrint() =>
        Assert.Contains("needs the Vulkan validation layer", Drivers.WithEnvironment("VK_LAYER_PATH", Path.GetTempPath(), Needs.WhyNoValidation), StringComparison.Ordinal);

    private static string? Message(Action run)
    {
        try
        {
            run();
            return null;
        }
        catch (ValidationException said)
        {
            return said.Message;
        }
    }
}
