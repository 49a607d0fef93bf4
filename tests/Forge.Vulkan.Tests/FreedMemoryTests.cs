using Forge.Core;
using Forge.Core.Reference;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Gan;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Vulkan.Tests;

/// <summary>Training steps in an arena that is NaN wherever nothing lives: no kernel reads what the planner gave up, and one that did would show.</summary>
public sealed class FreedMemoryTests
{
    private const string Cnn = "cnn", Recurrent = "recurrent", Gan = "gan";

    public static TheoryData<string, string> Nets()
    {
        var data = new TheoryData<string, string>();
        foreach (var driver in Drivers.Names())
            foreach (var net in (string[])[Cnn, Recurrent, Gan])
                if (net != Gan || Drivers.LongTier || driver is "mesa25" or "system") data.Add(driver, net); // its portable kernels take long
        return data;
    }

    [DriverTheory, MemberData(nameof(Nets))]
    public void TrainingStep_InAnArenaFullOfNaN_KeepsItsBits(string driver, string net)
    {
        var (usual, _) = Train(new VulkanBackend(Drivers.Open(driver)), net);
        var (losses, executable) = Train(new VulkanBackend(Drivers.Open(driver)) { SpoilsFreed = true }, net);
        Assert.All(usual, l => Assert.True(float.IsFinite(l)));
        Assert.Equal(usual, losses);
        Assert.True(executable.Steps.OfType<RecordedFill>().Count() > 10);
        HazardChecker.Check(executable.Steps, executable.BarrierBefore);
    }

    // What a planner does that loses sight of a value's last reader, while nobody has taken its place: without the NaN, nobody would know.
    [DriverTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void SlotThatIsFreedTooEarly_Shows(string driver) =>
        EverySlotShows(() => new VulkanBackend(Drivers.Open(driver)) { SpoilsFreed = true }, every: Drivers.LongTier ? 1 : 6, least: 2);

    [Fact]
    public void SlotThatIsFreedTooEarly_ShowsOnTheReference() => EverySlotShows(() => new ReferenceBackend(), every: 1, least: 12);

    private static void EverySlotShows(Func<IBackend> open, int every, int least)
    {
        using var engine = new Engine(open());
        var (step, arguments) = Traced(engine, Cnn);
        var (right, plan) = (Bits(step.Run(arguments)), step.Plan!);
        int[] held = [.. Enumerable.Range(0, plan.Slots.Count).Where(i => plan.Slots[i].Last > plan.Slots[i].First).Where((_, i) => i % every == 0)];
        Assert.True(held.Length >= least, $"{held.Length} slots");
        foreach (var early in held)
        {
            using var other = new Engine(open());
            var wrong = Traced(other, Cnn).Step.Prepare([.. arguments.Select(a => a.Type)]);
            var slot = wrong.Slots[early];
            using var executable = other.Backend.Build(wrong with { Slots = [.. wrong.Slots.Select((s, i) => i == early ? s with { Last = s.Last - 1 } : s)] });
            Assert.False(right.SequenceEqual(Bits(executable.Run(arguments))), $"{slot}, freed before {wrong.Steps[slot.Last]}, did not show.");
        }
    }

    // Loss and gradients: to the bit, for NaN is not always a NaN in the end.
    private static byte[] Bits(IEnumerable<HostTensor> results) => [.. results.SelectMany(r => r.Bytes.ToArray())];

    private static (float[] Losses, Executable Executable) Train(VulkanBackend backend, string net)
    {
        using var engine = new Engine(backend, new() { Seed = 5 });
        var (step, arguments) = Traced(engine, net);
        float[] losses = [.. Enumerable.Range(0, 3).SelectMany(_ => step.Run(arguments)).Where(r => r.Type.Count == 1).Select(r => r.Scalar())];
        return (losses, Assert.IsType<Executable>(step.Executable));
    }

    private static (CompiledFunction Step, IReadOnlyList<HostTensor> Arguments) Traced(Engine engine, string net)
    {
        if (net == Gan)
        {
            var gan = new BenchGan("dcgan", 2);
            return (gan.CompileStep(engine), gan.Data());
        }
        Sequential model = net == Cnn
            ? new(new Input((12, 12, 2)), new Conv2D(5, 3, activation: "relu"), new BatchNormalization(), new MaxPooling2D(), new Conv2D(6, 2, activation: "relu"), new Flatten(), new Dropout(0.25f), new Dense(9, activation: "relu"), new Dense(3))
            : new(new Input((12, 12, 2)), new Reshape((12, 24)), new LSTM(8), new Dense(3));
        var adam = new Adam(1e-2f);
        var step = engine.Compile(2, x =>
        {
            var loss = Losses.CategoricalCrossentropyOfLogits(x[1], model.Call(x[0], training: true));
            adam.Minimize(loss, model.Parameters);
            // With every gradient among the results, nothing that is lost stays unseen.
            return [loss, .. Grad.Of(loss, [.. model.Parameters.Where(p => p.Trainable).Select(p => Graph.Current.ReadFirst(p))])];
        });
        var labels = new HostTensor(new(DType.F32, (7, 3)));
        for (var i = 0; i < 7; i++) labels.Span<float>()[i * 3 + i * 5 % 3] = 1;
        return (step, [SharedHash.Uniform(1, (7, 12, 12, 2), 0, 1), labels]);
    }
}
