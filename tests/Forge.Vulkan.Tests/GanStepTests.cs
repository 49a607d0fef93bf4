using System.Text.Json;
using Forge.Core;
using Forge.Models.Cnn;
using Forge.Models.Gan;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests;

/// <summary>An adversarial step on every driver against PyTorch: fixtures/torch_gan.json, made by tests/oracle/torch_gan.py.</summary>
public sealed class GanStepTests
{
    // Relative. Rounding moves a weight whose gradient is next to nothing by as much as any other: Adam divides by the gradient's size.
    private const double Tolerance = 1e-4, OfTheFirstStep = 1e-5;

    // Portable kernels take half a minute.
    public static TheoryData<string> Tested => [.. Drivers.Names(Drivers.LongTier ? [] : ["mesa25", "system"])];

    [DriverTheory, MemberData(nameof(Tested))]
    public void LossesOfFiveSteps_FromHashedWeights_ArePyTorchs(string driver)
    {
        var golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "torch_gan.json"))).RootElement;
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        var net = new BenchGan("dcgan", golden.GetProperty("batch").GetInt32());
        using var step = net.CompileStep(engine);
        var (data, number) = (net.Data(), 0);
        foreach (var expected in golden.GetProperty("losses").EnumerateArray())
        {
            net.Advance(data, number);
            var losses = step.Run(data);
            for (var i = 0; i < 2; i++)
            {
                var (loss, want) = (losses[i].Scalar(), expected[i].GetDouble());
                Assert.True(Math.Abs(loss - want) <= want * (number == 0 && i == 0 ? OfTheFirstStep : Tolerance), $"step {number}, {(i == 0 ? "discriminator" : "generator")}: {loss}, PyTorch's is {want}");
            }
            number++;
        }
        Assert.Equal(5, number);
    }

    [DriverTheory, MemberData(nameof(Tested))]
    public void GeneratorsUpdate_ThroughTheDiscriminator_LeavesItsWeightsToTheBit(string driver)
    {
        using var engine = new Engine(new VulkanBackend(Drivers.Open(driver)));
        var (gan, artist) = (new DcGan(new(28, 1, 0, "nonsaturating", Width: 4, Latent: 7)), new Adam(1e-3f));
        using var step = engine.Compile((noise, classes) =>
        {
            var loss = gan.Loss.Generator(gan.Judge(gan.Make(noise, classes, training: true), classes));
            artist.Minimize(loss, gan.Generator.Parameters);
            return loss;
        });
        // Statistics are no weights: a normalisation moves its own whenever it sees a batch.
        var (frozen, learnt) = (Learnt(gan.Discriminator), Learnt(gan.Generator));
        var (kept, before) = (Read(frozen), Read(learnt));
        for (var i = 0; i < 3; i++) step.Run(SharedHash.Uniform((uint)i, (5, 7), -1, 1), new(new(DType.F32, (5, 1))));
        Assert.NotEmpty(frozen);
        foreach (var (now, old) in Read(frozen).Zip(kept)) Assert.True(now.Bytes.SequenceEqual(old.Bytes));
        foreach (var (now, old) in Read(learnt).Zip(before)) Assert.False(now.Bytes.SequenceEqual(old.Bytes));

        List<HostTensor> Read(IEnumerable<Parameter> parameters) => [.. parameters.Select(engine.State.Read)];

        static Parameter[] Learnt(Models.Model model) => [.. model.Parameters.Where(p => p.Trainable)];
    }
}
