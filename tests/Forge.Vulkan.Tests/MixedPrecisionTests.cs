using Forge.Core;
using Forge.Core.Reference;
using Forge.Models;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests;

/// <summary>Steps that multiply 16 bits, on devices with and without matrix units, beside the same steps on the reference.</summary>
public class MixedPrecisionTests
{
    public static TheoryData<string, string> DriversAndPrecisions()
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in Drivers.Names())
            foreach (var precision in (string[])["mixed-bf16", "mixed-f16"])
                data.Add(driver, precision);
        return data;
    }

    // A rounding in f32 may tip a value to the other 16-bit neighbour: 2^-9 of it in bf16, 2^-12 in f16; over a whole step it averages out.
    [DriverTheory, MemberData(nameof(DriversAndPrecisions))]
    public void SmallCnn_AgreesWithTheReference(string driver, string precision) =>
        Agree(Precision.Find(precision)!, new VulkanBackend(Drivers.Open(driver)));

    // As a GPU with matrix units runs it: factors stored in 16 bits, products by cooperative matrices.
    [MatrixFact]
    public void SmallCnn_WithStoredFactorsAndCooperativeMatrices_AgreesWithTheReference()
    {
        var device = Drivers.Open(Needs.DriverWithMatrices!, new() { Narrow = limits => limits with { Quirks = limits.Quirks with { RunsOnProcessor = false } } });
        var table = Agree(Precision.Mixed16(device.Limits.Matrices[0].Factor), new VulkanBackend(device));
        Assert.Contains(table, line => line.Contains("MatMul coopmat", StringComparison.Ordinal));
        foreach (var stem in (string[])["Conv2D ", "Conv2DInputGradient ", "Conv2DWeightGradient "])
            Assert.Contains(table, line => line.Contains($"{stem}coopmat", StringComparison.Ordinal));
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Overflow_HalvesTheLossScale_AndChangesNothingElse(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        var w = new Parameter("w", new(DType.F32, (2, 1)), _ => HostTensor.From([0.25f, -0.5f], (2, 1)));
        var sgd = new SGD(1f / 8);
        var step = engine.Compile((a, factor) =>
        {
            var loss = (a.MatMul(w) * factor).Sum();
            sgd.Minimize(loss, [w]);
            return loss;
        }, Precision.Mixed16(DType.F16));
        var (a, three) = (HostTensor.From([1f, 2f, -1f, 0.5f], (2, 2)), HostTensor.Of(3));
        foreach (var scale in (float[])[32768, 16384])
        {
            Assert.Equal(-3.75f, step.Run(a, three).Scalar());
            Assert.Equal(scale, sgd.ReadState(engine.State)["sgd/loss_scale"].Scalar());
            Assert.Equal([0.25f, -0.5f], engine.State.Read(w).Span<float>().ToArray());
            Assert.Equal(0, sgd.Iterations);
        }
        step.Run(a, three);
        Assert.Equal([0.25f, -0.5f - 3 * 2.5f / 8], engine.State.Read(w).Span<float>().ToArray());
        Assert.Throws<DivergedException>(() => step.Run(a, HostTensor.Of(float.NaN)));
        Assert.Equal(16384, sgd.ReadState(engine.State)["sgd/loss_scale"].Scalar());
    }

    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void Casts_GiveTheSameBitsAsTheHost_AndFeedProducts(string driver)
    {
        var draw = Draw.FromSeed(4);
        var (x, w) = (draw.Uniform((2, 7, 5, 3)).ToHost(), draw.Uniform((3, 3, 3, 5)).ToHost());
        foreach (var type in (DType[])[DType.F16, DType.BF16])
        {
            var (actual, expected) = (Run(new VulkanBackend(Drivers.Open(driver))), Run(new ReferenceBackend()));
            Assert.Equal(expected[0].Bytes.ToArray(), actual[0].Bytes.ToArray());
            for (var i = 0; i < expected[1].Type.Count; i++) Assert.Equal(expected[1][i], actual[1][i], 1e-5);
            for (var i = 0; i < expected[2].Type.Count; i++) Assert.Equal(expected[2][i], actual[2][i], 1e-4);

            IReadOnlyList<HostTensor> Run(IBackend backend)
            {
                using var engine = new Engine(backend);
                return engine.Compile(2, a =>
                {
                    var (narrow, weights) = (a[0].Cast(type), a[1].Cast(type));
                    var y = narrow.Conv2D(weights);
                    var flat = narrow.Reshape((2, 105));
                    return [narrow, y, flat.MatMul(flat, transposeOther: true)];
                }).Run(x, w);
            }
        }
    }

    private static string[] Agree(Precision precision, IBackend backend)
    {
        var (expected, _) = Losses(new ReferenceBackend(), precision);
        var (strict, _) = Losses(new ReferenceBackend(), Precision.Strict32);
        var (losses, table) = Losses(backend, precision);
        var tolerance = precision.Operand == DType.BF16 ? 2e-3f : 5e-4f;
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], losses[i], tolerance * expected[i]);
        Assert.True(losses[^1] < losses[0], string.Join(", ", losses));
        Assert.NotEqual(strict[0], losses[0], 1e-6f);
        return table;
    }

    private static (float[] Losses, string[] VariantTable) Losses(IBackend backend, Precision precision)
    {
        using var engine = new Engine(backend, new() { Seed = 5, Precision = precision });
        var model = new Sequential(
            new Input((12, 12, 2)), new Conv2D(8, 3, activation: "relu"), new MaxPooling2D(), new Conv2D(6, 2, activation: "relu"), new Flatten(), new Dense(9, activation: "relu"), new Dense(3));
        var (losses, executable) = FourSteps.Of(engine, model, new SGD(0.1f));
        return (losses, [.. executable.VariantTable]);
    }
}
