using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Gan;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Rnn;

namespace Forge.Models.Cnn;

/// <summary>A net that other frameworks' benchmark programs train too, from the same weights on the same batch.</summary>
/// <param name="Name">The workload's name: cnn28, lstm.</param>
/// <param name="Batch">Samples in the batch.</param>
/// <threadsafety>Immutable.</threadsafety>
public abstract record BenchNet(string Name, int Batch)
{
    /// <summary>The types of a step's arguments.</summary>
    public abstract IReadOnlyList<TensorType> Inputs { get; }

    /// <summary>The arguments of the first step.</summary>
    public abstract IReadOnlyList<HostTensor> Data();

    /// <summary>Makes the arguments those of another step: nothing changes where every step learns from one batch.</summary>
    /// <param name="data">What <see cref="Data"/> gave.</param>
    /// <param name="number">The step, from 0.</param>
    public virtual void Advance(IReadOnlyList<HostTensor> data, int number) { }

    /// <summary>One training step: forward, backward, Adam as PyTorch has it. Returns its losses, each f32 (); one but for models that play against each other.</summary>
    public abstract CompiledFunction CompileStep(Engine engine);

    /// <summary>Arithmetic of one step as the peers count it: multiply-adds of products and convolutions, twice each.</summary>
    public abstract double StepFlops { get; }
}

/// <summary>A classifier of ten classes among the <see cref="BenchNet"/>s.</summary>
/// <param name="Name">The workload's name.</param>
/// <param name="Batch">Samples in the batch.</param>
/// <threadsafety>Immutable.</threadsafety>
public abstract record BenchClassifier(string Name, int Batch) : BenchNet(Name, Batch)
{
    /// <summary>Classes, and logits of a sample.</summary>
    protected const int Classes = 10;

    /// <summary>The shape of a sample.</summary>
    protected abstract Shape Sample { get; }

    /// <summary>The net, with weights of its own: its logits of a batch, and its parameters.</summary>
    protected abstract (Func<Tensor, Tensor> Logits, IReadOnlyList<Parameter> Parameters) Net();

    /// <inheritdoc/>
    public override IReadOnlyList<TensorType> Inputs => [new(DType.F32, new Shape([Batch, .. Sample])), new(DType.F32, (Batch, Classes))];

    /// <summary>The batch: inputs f32 (n, …) in [0, 1), labels one-hot f32 (n, 10), label of sample i being 7i mod 10.</summary>
    public override IReadOnlyList<HostTensor> Data()
    {
        var labels = new HostTensor(new(DType.F32, (Batch, Classes)));
        for (var i = 0; i < Batch; i++) labels.Span<float>()[i * Classes + i * 7 % Classes] = 1;
        return [SharedHash.Uniform(1, new Shape([Batch, .. Sample]), 0, 1), labels];
    }

    /// <summary>One training step: forward, backward, Adam as PyTorch has it with epsilon 1e-7. Returns the loss.</summary>
    public override CompiledFunction CompileStep(Engine engine)
    {
        var ((logits, parameters), adam) = (Net(), new Adam(1e-3f, epsilon: 1e-7f, form: UpdateForm.PyTorch));
        return engine.Compile((Tensor inputs, Tensor labels) =>
        {
            var loss = Losses.CategoricalCrossentropyOfLogits(labels, logits(inputs));
            adam.Minimize(loss, parameters);
            return loss;
        });
    }
}

/// <summary>A convolutional net of the comparison.</summary>
/// <param name="Name">The workload's name.</param>
/// <param name="Side">Height and width of the images.</param>
/// <param name="Channels">Channels of the images.</param>
/// <param name="Filters">Filters of each convolution.</param>
/// <param name="Batch">Images in the batch.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BenchCnn(string Name, int Side, int Channels, ValueList<int> Filters, int Batch) : BenchClassifier(Name, Batch)
{
    private const int Hidden = 128;

    /// <summary>The model: valid 3x3 convolutions with ReLU and 2x2 max pools, then dense 128 with ReLU and 10 logits.</summary>
    public Sequential Build()
    {
        var (layers, stream) = (new List<Layer> { new Input((Side, Side, Channels)) }, 10u);
        foreach (var filters in Filters)
            layers.AddRange([new Conv2D(filters, 3, activation: "relu", kernelInitializer: new SharedHashGlorot(stream++)), new MaxPooling2D(2)]);
        layers.AddRange([
            new Flatten(),
            new Dense(Hidden, activation: "relu", kernelInitializer: new SharedHashGlorot(stream)),
            new Dense(Classes, kernelInitializer: new SharedHashGlorot(stream + 1))]);
        return new([.. layers]);
    }

    /// <inheritdoc/>
    protected override Shape Sample => (Side, Side, Channels);

    /// <inheritdoc/>
    protected override (Func<Tensor, Tensor> Logits, IReadOnlyList<Parameter> Parameters) Net()
    {
        var model = Build();
        return (images => model.Call(images, training: true), model.Parameters);
    }

    /// <summary>Arithmetic of one step as the peers count it: three times the forward products, but no gradient of the images.</summary>
    public override double StepFlops
    {
        get
        {
            var (side, channels, flops) = (Side, Channels, 0.0);
            for (var i = 0; i < Filters.Count; i++)
            {
                side -= 2;
                flops += (i == 0 ? 2 : 3) * 2.0 * side * side * Filters[i] * 9 * channels;
                (side, channels) = (side / 2, Filters[i]);
            }
            return Batch * (flops + 3 * 2.0 * ((double)side * side * channels * Hidden + Hidden * Classes));
        }
    }
}

/// <summary>The nets of the comparison with other frameworks.</summary>
/// <threadsafety>Functions of their arguments alone.</threadsafety>
public static class BenchNets
{
    /// <summary>28x28x1, two convolutions, batch 128.</summary>
    public static BenchCnn Cnn28 { get; } = new("cnn28", 28, 1, [32, 64], 128);

    /// <summary>150x150x3, three convolutions (the article's stack), batch 32.</summary>
    public static BenchCnn Cnn150 { get; } = new("cnn150", 150, 3, [32, 64, 128], 32);

    /// <summary>Rows of 28x28 images as 28 steps, a simple cell of 128 units with tanh, batch 64.</summary>
    public static BenchRnn Rnn { get; } = new("rnn", 1, 64);

    /// <summary>The same with an LSTM.</summary>
    public static BenchRnn Lstm { get; } = new("lstm", 4, 64);

    /// <summary>The same with a GRU.</summary>
    public static BenchRnn Gru { get; } = new("gru", 3, 64);

    /// <summary>A generator of 28x28x1 images and its discriminator, batch 64.</summary>
    public static BenchGan DcGan { get; } = new("dcgan", 64);

    /// <summary>Every net.</summary>
    public static IReadOnlyList<BenchNet> All { get; } = [Cnn28, Cnn150, Rnn, Lstm, Gru, DcGan];
}
