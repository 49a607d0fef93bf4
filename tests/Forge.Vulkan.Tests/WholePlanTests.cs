using Forge.Core;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tests;

/// <summary>A plan of real kernels with its gradients and an update, on each driver and in each build.</summary>
public class WholePlanTests
{
    public static TheoryData<string, BufferMode> DriversAndModes()
    {
        var data = new TheoryData<string, BufferMode>();
        foreach (var driver in Drivers.Names())
            foreach (var mode in (BufferMode[])[BufferMode.Address, BufferMode.Checked])
                data.Add(driver, mode);
        return data;
    }

    [DriverTheory, MemberData(nameof(DriversAndModes))]
    public void TrainingStep_AgreesWithTheReference(string driver, BufferMode mode) => Agree(driver, mode, validation: false);

    [ValidationTheory, MemberData(nameof(Drivers.All), MemberType = typeof(Drivers))]
    public void TrainingStep_AgreesWithTheReference_InSilenceUnderTheValidationLayer(string driver) => Agree(driver, BufferMode.Descriptor, validation: true);

    [MesaTheory, MemberData(nameof(Drivers.OtherSubgroupSizes), MemberType = typeof(Drivers))]
    public void TrainingStep_AgreesWithTheReference_AtOtherSubgroupSizes(string driver) => Agree(driver, BufferMode.Address, validation: false);

    private static void Agree(string driver, BufferMode mode, bool validation)
    {
        var expected = Losses(new ReferenceBackend());
        var losses = Losses(new VulkanBackend(Drivers.Open(driver, new() { Mode = mode, Validation = validation })));
        for (var i = 0; i < expected.Length; i++)
            Assert.InRange(losses[i], expected[i] * (1 - 1e-5f), expected[i] * (1 + 1e-5f));
        Assert.True(losses[^1] < losses[0]);
    }

    // y = relu(x w1 + b) w2, squared error, gradient descent: matrix products, reductions, fused chains, state.
    private static float[] Losses(IBackend backend)
    {
        using var engine = new Engine(backend);
        var w1 = new Parameter("w1", new(DType.F32, new Shape(7, 19)), _ => Wave(new Shape(7, 19), 0.7));
        var b = new Parameter("b", new(DType.F32, new Shape(19)), _ => Wave(new Shape(19), 0.3));
        var w2 = new Parameter("w2", new(DType.F32, new Shape(19, 3)), _ => Wave(new Shape(19, 3), 1.1));
        var step = engine.Compile((x, y) =>
        {
            Tensor first = w1, bias = b, second = w2;
            var error = (x.MatMul(first) + bias).Relu().MatMul(second) - y;
            var loss = (error * error).Mean();
            var gradients = Grad.Of(loss, [first, bias, second]);
            Graph.Current.Assign(w1, first - gradients[0] * 0.005f);
            Graph.Current.Assign(b, bias - gradients[1] * 0.005f);
            Graph.Current.Assign(w2, second - gradients[2] * 0.005f);
            return loss;
        });
        var (input, target) = (Wave(new Shape(33, 7), 0.9), Wave(new Shape(33, 3), 0.5));
        var losses = Enumerable.Range(0, 5).Select(_ => step.Run(input, target).Scalar()).ToArray();
        if (backend is VulkanBackend)
        {
            var executable = Assert.IsType<Executable>(step.Executable);
            HazardChecker.Check(executable.Steps, executable.BarrierBefore);
        }
        return losses;
    }

    private static HostTensor Wave(Shape shape, double frequency)
    {
        var wave = new HostTensor(new(DType.F32, shape));
        for (var i = 0; i < shape.Count; i++)
            wave.Span<float>()[i] = (float)Math.Sin(1 + i * frequency);
        return wave;
    }
}
