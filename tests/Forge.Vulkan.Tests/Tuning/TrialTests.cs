using Forge.Core;
using Forge.Core.Ops;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests.Tuning;

/// <summary>What a variant is checked with, in this process: which variants are right is known here.</summary>
public sealed class TrialTests
{
    public static TheoryData<string> Ops() => [.. OpTable.Entries.Where(e => Drawn(e.Name).Kernel is not null).Select(e => e.Name)];

    [Theory, MemberData(nameof(Ops))]
    public void SmallUse_IsTheUseItself_AndItsValuesFitTheOp(string op)
    {
        var use = Drawn(op);
        Assert.Same(use, ReducedUse.Of(use));
        var inputs = TrialInputs.Of(use);
        Assert.Equal(use.Inputs, inputs.Select(i => i.Type));
        var outputs = Closeness.Reference(use.Op, [.. inputs.Select(Core.Reference.ReferenceTensor.From)]);
        if (outputs.All(o => o.Type.DType == DType.F32 && o.Elements.All(double.IsNaN)))
            outputs = Closeness.Reference(use.Op, [.. TrialInputs.Of(use, positive: true).Select(Core.Reference.ReferenceTensor.From)]);
        Assert.Contains(outputs, o => o.Elements.Length == 0 || !o.Elements.All(double.IsNaN));
    }

    public static TheoryData<string> LargeUses() => [.. s_large.Keys];

    private static readonly Dictionary<string, OpUse> s_large = new()
    {
        ["convolution"] = new(new Conv2DOp(Conv2DGeometry.Unit), [F32(32, 74, 74, 32), F32(3, 3, 32, 64)]),
        ["input gradient"] = new(new Conv2DInputGradientOp(Conv2DGeometry.Unit, (74, 74)), [F32(32, 72, 72, 64), F32(3, 3, 32, 64)]),
        ["weight gradient"] = new(new Conv2DWeightGradientOp(Conv2DGeometry.Unit, (3, 3)), [F32(32, 74, 74, 32), F32(32, 72, 72, 64)]),
        ["convolution of clips"] = new(new Conv3DOp(Conv3DGeometry.Unit), [F32(4, 16, 32, 32, 32), F32(3, 3, 3, 32, 64)]),
        ["input gradient of clips"] = new(new Conv3DInputGradientOp(Conv3DGeometry.Unit, (16, 32, 32)), [F32(4, 14, 30, 30, 64), F32(3, 3, 3, 32, 64)]),
        ["weight gradient of clips"] = new(new Conv3DWeightGradientOp(Conv3DGeometry.Unit, 3), [F32(4, 16, 32, 32, 32), F32(4, 14, 30, 30, 64)]),
        ["pooling"] = new(new MaxPool2DOp(new(2, 2, Padding2D.Valid)), [F32(32, 148, 148, 32)]),
        ["pooling's gradient"] = new(new MaxPool2DGradientOp(new(2, 2, Padding2D.Valid)), [F32(32, 148, 148, 32), F32(32, 74, 74, 32)]),
        ["square product"] = new(new MatMulOp(), [F32(1024, 1024), F32(1024, 1024)]),
        ["product of long rows"] = new(new MatMulOp(false, false, new(true, ActivationKind.Relu)), [F32(32, 36992), F32(36992, 128), F32(128)]),
        ["chain"] = new(FusedElementwiseOp.Of(new ReluOp(), [F32(4096, 8192)]), [F32(4096, 8192)]),
        ["update"] = new(new AdamUpdateOp(0.9f, 0.999f, 1e-7f, UpdateForm.Keras, 0), [.. Enumerable.Repeat(F32(4_800_000), 4), .. Enumerable.Repeat(F32(), 4), new(DType.U32, Shape.Scalar)]),
        ["rows"] = new(new SoftmaxOp(), [F32(8192, 1024)]),
    };

    [Theory, MemberData(nameof(LargeUses))]
    public void LargeUse_IsReduced_ToOneOfTheSameOpAndFamilies(string name)
    {
        var large = s_large[name];
        var small = ReducedUse.Of(large)!;
        Assert.NotNull(small);
        Assert.True(small.Cost.Flops <= 4e7 && small.Inputs.Concat(small.Outputs).Sum(t => (double)t.Count) <= 1 << 21, $"{small}: {small.Cost}");
        Assert.True(10 * small.Cost.Bytes >= large.Cost.Bytes || 1000 * small.Cost.Flops >= large.Cost.Flops || small.Cost.Flops >= 1e6, $"{small} is smaller than it need be");
        var limits = new DeviceLimits { MaxWorkgroupInvocations = 256, MaxWorkgroupX = 256, SharedMemoryBytes = 32768 };
        Assert.Equal(large.Variants(limits).Select(v => v.Family).Distinct().Order(), small.Variants(limits).Select(v => v.Family).Distinct().Order());
    }

    [Theory, MemberData(nameof(LargeUses))]
    public void Keys_TellUsesApart(string name) => Assert.Single(s_large.Values, u => u.Key == s_large[name].Key);

    [Fact]
    public void Key_OfAChain_SaysItsNumbers()
    {
        static string Key(float slope) => OpUse.KeyOf(FusedElementwiseOp.Of(new LeakyReluOp(slope), [F32(4)]));
        Assert.NotEqual(Key(0.1f), Key(0.2f));
        Assert.Equal(Key(0.1f), Key(0.1f));
    }

    [Fact]
    public void Key_HasNoNamesThatACompilerMadeUp()
    {
        Assert.Equal("AdamUpdateOp { Beta1 = 0.9, Beta2 = 0.999, Form = Keras, Decay = 0, Epsilon = 1E-07 }", s_large["update"].OpKey);
        foreach (var entry in OpTable.Entries)
        {
            Assert.DoesNotContain("__", Drawn(entry.Name).OpKey, StringComparison.Ordinal);
            Assert.StartsWith(OpUse.KeyStartOf(Drawn(entry.Name).Op), Drawn(entry.Name).OpKey, StringComparison.Ordinal);
        }
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void EveryVariant_IsFoundRight_AtFullSizeToo(string driver)
    {
        using var bench = Open(driver);
        // Large enough that the reference sees a part of it only.
        var use = new OpUse(new MatMulOp(), [F32(600, 300), F32(300, 200)]);
        Assert.NotSame(use, ReducedUse.Of(use));
        var variants = use.Variants(bench.Limits);
        var trusted = variants.First(v => v.Family == Family.Portable).Label;
        foreach (var variant in variants.OrderBy(v => v.Label == trusted ? 0 : 1))
        {
            var answer = bench.Check(use, variant.Label, trusted);
            Assert.True(answer.Verdict == Verdict.Right, $"{variant.Label}: {answer.Message}");
            Assert.Equal(3, bench.Time(use, variant.Label, 3).Milliseconds.Count);
        }
        Assert.Equal(Verdict.Failed, bench.Check(use, "portable/none", trusted).Verdict);
    }

    [DriverFact]
    public void Server_AnswersEveryLine_AlsoOneThatMakesNoSense()
    {
        var use = new OpUse(new SoftmaxOp(), [F32(4, 100)]);
        var question = new TrialRequest(new TrialWork("softmax", "4x100"), use.Key, "portable/walk", null, Runs: 0);
        string Line(TrialRequest request) => System.Text.Json.JsonSerializer.Serialize(request, TrialJson.Default.TrialRequest);
        using var answers = new CountedAnswers();
        TrialServer.Run(
            new PatientReader(answers, string.Join('\n', "rubbish", "null", "{}", Line(question), Line(question with { Key = "another" }), Line(question with { Variant = "portable/none" }), Line(question with { Runs = 2 }))),
            answers, mode => new VulkanBackend(Drivers.Open(Drivers.Names()[0], new() { Mode = mode }), tuned: false), (_, _) => use, () => Assert.Fail("nobody has gone"));
        var lines = answers.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("Device", lines[0], StringComparison.Ordinal);
        var told = lines.Skip(1).Select(l => System.Text.Json.JsonSerializer.Deserialize(l, TrialJson.Default.TrialAnswer)!).ToList();
        Assert.Equal([Verdict.Failed, Verdict.Failed, Verdict.Failed, Verdict.Right, Verdict.Failed, Verdict.Failed, Verdict.Right], told.Select(t => t.Verdict));
        Assert.Equal(2, told[^1].Milliseconds.Count);
    }

    [Fact]
    public void FullSizeResults_ThatDifferInOneElement_AreWrong()
    {
        var random = new SplitMix(1);
        var right = HostTensor.From([.. Enumerable.Range(0, 1000).Select(_ => (float)random.NextUnit())], new Shape(1000));
        HostTensor With(int at, float value)
        {
            var copy = HostTensor.From(right.Span<float>(), right.Shape);
            copy.Span<float>()[at] = value;
            return copy;
        }
        Assert.Null(FullSize.Explain([right], [With(7, right.Span<float>()[7] * 1.000001f)], 1024));
        Assert.Contains("element 7", FullSize.Explain([right], [With(7, right.Span<float>()[7] + 0.01f)], 1024), StringComparison.Ordinal);
        Assert.Contains("element 9", FullSize.Explain([right], [With(9, float.NaN)], 1024), StringComparison.Ordinal);
        Assert.Contains("element 9", FullSize.Explain([With(9, float.NaN)], [right], 1024), StringComparison.Ordinal);
        Assert.Null(FullSize.Explain([With(9, float.NaN)], [With(9, float.NaN)], 1024));
        var (ones, more) = (HostTensor.From([1u, 2u, 3u], new Shape(3)), HostTensor.From([1u, 2u, 4u], new Shape(3)));
        Assert.Contains("element 2", FullSize.Explain([ones], [more], 1024), StringComparison.Ordinal);
    }

    private static TrialBench Open(string driver) => new(mode => new VulkanBackend(Drivers.Open(driver, new() { Mode = mode }), tuned: false));

    private static OpUse Drawn(string op)
    {
        var drawn = CheckCases.AsPlanned(OpTable.Find(op)!.Sample(Draw.FromSeed(3)));
        return new(drawn.Op, [.. drawn.Inputs.Select(i => i.Type)]);
    }

    private static TensorType F32(params int[] extents) => new(DType.F32, new Shape(extents));
}
