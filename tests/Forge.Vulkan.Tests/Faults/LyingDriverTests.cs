using Forge.Core;
using Forge.Core.Reference;
using Forge.Models;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Faults;

/// <summary>Drivers that offer what they do not have: another variant runs and it is said which, or the error names what was refused; wrong numbers never come out.</summary>
public sealed class LyingDriverTests
{
    private const uint Shader = 1, Float16 = 9, Int64 = 11, GroupNonUniformBallot = 64, CooperativeMatrix = 6022;
    private const float Tolerance = 2e-4f, MixedTolerance = 5e-4f;

    public static TheoryData<string, uint> OptionalCapabilities() => OnEachDriver(Int64, GroupNonUniformBallot);

    [DriverTheory, MemberData(nameof(OptionalCapabilities))]
    public void ShadersThatAreRefused_GiveWayToOthers_ByName(string driver, uint capability)
    {
        var lies = new LyingDriver { Refuses = capability };
        var avoided = new List<AvoidedVariant>();
        var (losses, variants, limits) = Train(driver, lies, avoided);
        Assert.All(losses.Zip(Reference()), l => Assert.Equal(l.Second, l.First, Tolerance * l.Second));
        // Kernels use either only where there are raw addresses. The probe meets missing ballots before any plan does; what a plan meets is named.
        Assert.Equal(limits.HasRawAddresses, lies.Refused > 0);
        Assert.Equal(lies.Refused > 0 && capability == Int64, avoided.Count > 0);
        Assert.Equal(limits.HasRawAddresses && capability == Int64, limits.HasSubgroupBallot && limits.HasRawAddresses);
        foreach (var one in avoided)
        {
            Assert.Equal("failed", one.Verdict);
            Assert.Contains("ErrorUnknown", one.ToString(), StringComparison.Ordinal);
            Assert.Contains($"{one.Instead} runs instead", one.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(variants, v => v.Kernel == one.Kernel && v.Variant == one.Variant);
        }
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void DriverThatRefusesEveryShader_IsAnError_ThatNamesNodeAndCall(string driver)
    {
        var lies = new LyingDriver { Refuses = Shader };
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver, new() { Hook = lies.Hook }), tuned: false));
        var error = Assert.Throws<DeviceException>(() => engine.Compile(x => x.Named("signal").Exp().Named("grown")).Run(HostTensor.Of(1)));
        Assert.Contains("grown", error.Message, StringComparison.Ordinal);
        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
        Assert.Contains("vkCreateComputePipelines failed with ErrorUnknown", error.Message.Replace("vkCreateShadersEXT", "vkCreateComputePipelines", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.True(lies.Refused > 0);
    }

    public static TheoryData<string, uint> MatrixCapabilities() => OnEachDriver(CooperativeMatrix, Float16);

    // None of the drivers here has matrices: that they are offered is the lie, and a step of 16-bit factors leans on it as on a GPU.
    [NewerToolsDriverTheory, MemberData(nameof(MatrixCapabilities))]
    public void MatricesThatAreRefused_GiveWayToPlainProducts_ByName(string driver, uint capability)
    {
        var (lies, offers, avoided) = (new LyingDriver { Refuses = capability }, new OfferedMatrices(), new List<AvoidedVariant>());
        var device = Drivers.Open(driver, new()
        {
            Hook = (name, address) => lies.Hook(name, offers.Hook(name, address)),
            Narrow = limits => limits with { Quirks = limits.Quirks with { RunsOnProcessor = false } },
        });
        var shaders = new NewerShaders(device);
        var backend = new VulkanBackend(device, shaders.Choose, tuned: false, pipelines: new PipelineLibrary(device, shaders.Compiler));
        backend.Avoided += avoided.Add;
        Assert.Contains(backend.Limits.Matrices, m => m.Factor == DType.F16);
        Assert.True(backend.Limits.HasFloat16 && (offers.AreReal || offers.SwitchedOn == 1));

        IReadOnlyList<(string Label, string Kernel, string Variant)> variants = [];
        var losses = Train(backend, e => variants = [.. ((Executable)e).Variants], Precision.Mixed16(DType.F16));
        Assert.All(losses.Zip(Reference(Precision.Mixed16(DType.F16))), l => Assert.Equal(l.Second, l.First, MixedTolerance * l.Second));
        Assert.True(lies.Refused > 0);
        Assert.DoesNotContain(variants, v => v.Variant.StartsWith("coopmat/", StringComparison.Ordinal));
        foreach (var stem in (string[])["MatMul", "Conv2D", "Conv2DWeightGradient"])
            Assert.Contains(avoided, one => one.Kernel == stem);
        foreach (var one in avoided)
        {
            Assert.StartsWith("coopmat/", one.Variant, StringComparison.Ordinal);
            Assert.Contains("ErrorUnknown", one.ToString(), StringComparison.Ordinal);
            // Another shape of matrix may be tried before none is.
            Assert.Contains((string[])[.. avoided.Where(a => a.Kernel == one.Kernel).Select(a => a.Variant), .. variants.Where(v => v.Kernel == one.Kernel).Select(v => v.Variant)], v => v == one.Instead);
        }
    }

    // Sizes that none of the drivers has at its usual width, and half or twice of those that they have.
    public static TheoryData<string, uint> WrongSizes()
    {
        var data = new TheoryData<string, uint>();
        foreach (var driver in Drivers.Names())
            foreach (var size in Drivers.LongTier ? (uint[])[1, 2, 4, 8, 16, 32, 64] : [8, 16])
                data.Add(driver, size);
        return data;
    }

    [DriverTheory, MemberData(nameof(WrongSizes))]
    public void WrongSubgroupSize_IsNoticed_AndNothingLeansOnIt(string driver, uint size)
    {
        uint truth;
        using (var honest = Drivers.Open(driver, shared: true)) truth = honest.Limits.SubgroupSize;
        var (losses, _, limits) = Train(driver, new LyingDriver { SubgroupSize = size }, []);
        Assert.All(losses.Zip(Reference()), l => Assert.Equal(l.Second, l.First, Tolerance * l.Second));
        // Where nothing leans on subgroups anyway (SwiftShader has no 64-bit addresses), it is not asked.
        if (limits.HasRawAddresses && size != truth)
            Assert.Equal((truth, false, false), (limits.SubgroupSize, limits.HasSubgroupBallot, limits.HasLaneWords));
    }

    [MesaTheory, MemberData(nameof(Drivers.OtherSubgroupSizes), MemberType = typeof(Drivers))]
    public void EightLanesThatAreNone_AreNoticed(string driver)
    {
        var (losses, _, limits) = Train(driver, new LyingDriver { SubgroupSize = 8 }, []);
        Assert.All(losses.Zip(Reference()), l => Assert.Equal(l.Second, l.First, Tolerance * l.Second));
        Assert.EndsWith($"@{limits.SubgroupSize}", driver, StringComparison.Ordinal);
        Assert.False(limits.HasSubgroupBallot);
    }

    private static TheoryData<string, uint> OnEachDriver(params IReadOnlyList<uint> capabilities)
    {
        var data = new TheoryData<string, uint>();
        foreach (var driver in Drivers.Names())
            foreach (var capability in capabilities)
                data.Add(driver, capability);
        return data;
    }

    private static float[] Reference(Precision? precision = null) => Train(new ReferenceBackend(), _ => { }, precision);

    private static (float[] Losses, IReadOnlyList<(string Label, string Kernel, string Variant)> Variants, DeviceLimits Limits) Train(string driver, LyingDriver lies, List<AvoidedVariant> avoided)
    {
        var backend = new VulkanBackend(Drivers.Open(driver, new() { Hook = lies.Hook, Mode = BufferMode.Address }), tuned: false);
        backend.Avoided += avoided.Add;
        IReadOnlyList<(string, string, string)> variants = [];
        return (Train(backend, e => variants = [.. ((Executable)e).Variants]), variants, backend.Limits);
    }

    private static float[] Train(IBackend backend, Action<IExecutable> look, Precision? precision = null)
    {
        using var engine = new Engine(backend, new() { Seed = 5, Precision = precision ?? Precision.Strict32 });
        var model = new Sequential(new Input((12, 12, 2)), new Conv2D(5, 3, activation: "relu"), new MaxPooling2D(), new Flatten(), new Dense(3));
        var (losses, executable) = FourSteps.Of(engine, model, new Adam(1e-2f));
        look(executable);
        return losses;
    }
}
