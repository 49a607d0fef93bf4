using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Cnn;
using Forge.Models.Layers;
using Forge.Models.Optimizers;

namespace Forge.Models.Gan;

/// <summary>The adversarial step of the comparison: one update of a discriminator of 28x28x1 images, on real and made ones, and one of the generator through it.</summary>
/// <param name="Name">The workload's name: dcgan.</param>
/// <param name="Batch">Images in the batch, and as many made.</param>
/// <remarks>
/// Weights are Glorot uniform from the shared hash, streams 10 to 12 the generator's, 13 to 15 the discriminator's; biases are zero. Images are stream 1, in [−1, 1), the
/// noise of step s stream 100 + s. Loss and optimizers are those of <see cref="DcGan"/>; its models differ from the peers' in what follows the first product.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BenchGan(string Name, int Batch) : BenchNet(Name, Batch)
{
    private const int Latent = 100, Side = 28, Start = 7, Width = 64, FirstNoise = 100;
    private const float Slope = 0.2f;

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Inputs => [new(DType.F32, (Batch, Side, Side, 1)), new(DType.F32, (Batch, Latent))];

    /// <summary>Real images f32 (n, 28, 28, 1) and noise f32 (n, 100), both in [−1, 1).</summary>
    public override IReadOnlyList<HostTensor> Data() => [SharedHash.Uniform(1, Inputs[0].Shape, -1, 1), SharedHash.Uniform(FirstNoise, Inputs[1].Shape, -1, 1)];

    /// <summary>Puts the noise of a step in place.</summary>
    public override void Advance(IReadOnlyList<HostTensor> data, int number) => SharedHash.Fill(data[1].Span<float>(), (uint)(FirstNoise + number), -1, 1);

    /// <summary>One step of both models. Returns the discriminator's loss and the generator's.</summary>
    public override CompiledFunction CompileStep(Engine engine)
    {
        var (generator, discriminator, loss) = (BuildGenerator(), BuildDiscriminator(), GanLoss.Nonsaturating);
        var (critic, artist) = (Optimizer("discriminator"), Optimizer("generator"));
        return engine.Compile(2, x =>
        {
            var made = generator.Call(x[1], training: true);
            var first = loss.Discriminator(Judge(x[0]), Judge(made));
            critic.Minimize(first, discriminator.Parameters);
            var second = loss.Generator(Judge(made));
            artist.Minimize(second, generator.Parameters);
            return [first, second];
        });

        Tensor Judge(Tensor images) => discriminator.Call(images, training: true);

        Adam Optimizer(string name) => new(loss.LearningRate, loss.Betas.First, loss.Betas.Second, form: UpdateForm.PyTorch, name: name);
    }

    /// <summary>Arithmetic of one step as the peers count it: the generator once forward and backward, the discriminator twice, and once more for the generator's loss.</summary>
    public override double StepFlops
    {
        get
        {
            const int Taps = 16;
            double deep = 2.0 * Start * Start * Taps * 2 * Width * Width, shallow = 2.0 * 4 * Start * Start * Taps * Width, dense = 2.0 * Latent * Start * Start * 2 * Width;
            return Batch * (2 * dense + 3 * (deep + shallow) + 2 * (2 * shallow + 3 * deep) + 2 * (deep + shallow));
        }
    }

    private static Sequential BuildGenerator() => new("generator",
        new Input(new Shape(Latent)),
        new Dense(Start * Start * 2 * Width, kernelInitializer: new SharedHashGlorot(10)), new Reshape((Start, Start, 2 * Width)),
        new Conv2DTranspose(Width, 4, 2, 1, kernelInitializer: new SharedHashGlorot(11)), new BatchNormalization(form: UpdateForm.PyTorch), new ReLU(),
        new Conv2DTranspose(1, 4, 2, 1, activation: "tanh", kernelInitializer: new SharedHashGlorot(12)));

    private static Sequential BuildDiscriminator() => new("discriminator",
        new Input((Side, Side, 1)),
        new Conv2D(Width, 4, 2, 1, kernelInitializer: new SharedHashGlorot(13)), new LeakyReLU(Slope),
        new Conv2D(2 * Width, 4, 2, 1, kernelInitializer: new SharedHashGlorot(14)), new BatchNormalization(form: UpdateForm.PyTorch), new LeakyReLU(Slope),
        new Flatten(), new Dense(1, kernelInitializer: new SharedHashGlorot(15)));
}
