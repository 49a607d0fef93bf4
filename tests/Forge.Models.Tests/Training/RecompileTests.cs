using Forge.Core;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Training;

/// <summary>Models compiled again, and layers that go from one model's training into another's.</summary>
public sealed class RecompileTests
{
    private static readonly HostTensor s_x = Engines.Uniform(31, (12, 5), -1, 1);

    private static readonly HostTensor s_y = Engines.OneHot(12, 3, row => row % 3);

    private static Engine Strict() => new(new StrictBackend(), new() { Seed = 7 });

    private static Sequential Net() => new(new Input(new Shape(5)), new Dense(7, activation: "tanh"), new BatchNormalization(), new Dense(3, activation: "softmax"));

    private static Dictionary<string, double[]> Values(Engine engine, Model model) => model.Parameters.ToDictionary(p => p.Name, p => engine.State.Read(p).Doubles());

    private static Trainer Compile(Engine engine, Model model, Optimizer optimizer) => model.Compile(engine, optimizer, Losses.CategoricalCrossentropy);

    private static void Train(Trainer trainer, int steps)
    {
        for (var i = 0; i < steps; i++) trainer.TrainOnBatch(s_x, s_y);
    }

    [Fact]
    public void NewOptimizer_KeepsTheWeights_AndStartsFresh()
    {
        using var engine = Strict();
        var model = Net();
        var first = Compile(engine, model, new Adam(0.05f));
        Train(first, 4);
        var (trained, predicted) = (Values(engine, model), model.Predict(s_x).Doubles());

        var second = Compile(engine, model, new SGD(0.1f, momentum: 0.9f));
        Assert.Equal(predicted, model.Predict(s_x).Doubles());
        Assert.Equal(0, second.Optimizer.Iterations);
        Train(second, 3);

        // What a model with these weights learns that was never compiled before.
        using var other = Strict();
        var twin = Net();
        var alone = Compile(other, twin, new SGD(0.1f, momentum: 0.9f));
        foreach (var parameter in twin.Parameters) other.State.Write(parameter, HostTensor.From(trained[parameter.Name].Select(v => (float)v).ToArray(), parameter.Type.Shape));
        Train(alone, 3);
        foreach (var (name, expected) in Values(other, twin)) Assert.Equal(expected, Values(engine, model)[name]);
        Assert.NotEqual(trained["dense/kernel"], Values(engine, model)["dense/kernel"]);
        Assert.Throws<ObjectDisposedException>(() => first.TrainOnBatch(s_x, s_y));
        Assert.Throws<ObjectDisposedException>(() => first.Predict(s_x));
    }

    [Fact]
    public void SameOptimizer_GoesOnWithWhatItHas()
    {
        using var engine = Strict();
        using var other = Strict();
        var (once, twice, adam) = (Net(), Net(), new Adam(0.05f));
        Train(Compile(other, once, new Adam(0.05f)), 5);
        Train(Compile(engine, twice, adam), 2);
        Train(Compile(engine, twice, adam), 3);
        Assert.Equal(5, adam.Iterations);
        foreach (var (name, expected) in Values(other, once)) Assert.Equal(expected, Values(engine, twice)[name]);
    }

    [Fact]
    public void CompilingAgain_LeavesNoStateBehind()
    {
        var strict = new StrictBackend();
        using var engine = new Engine(strict, new() { Seed = 7 });
        var model = Net();
        Train(Compile(engine, model, new Adam(0.05f)), 1);
        var bytes = strict.StateBytes;
        for (var i = 0; i < 3; i++) Train(Compile(engine, model, new Adam(0.05f)), 1);
        Assert.Equal(bytes, strict.StateBytes);
    }

    [Fact]
    public void NewHeadOnAFrozenBase_TrainsTheHeadAlone_ThenTheThawedBaseToo()
    {
        using var engine = Strict();
        var trunk = new Dense(7, activation: "tanh", name: "trunk");
        var body = new Sequential(new Input(new Shape(5)), trunk, new BatchNormalization());
        var whole = new Sequential(body, new Dense(3, activation: "softmax", name: "old_head"));
        Train(Compile(engine, whole, new Adam(0.05f)), 3);
        var before = Values(engine, body);

        body.Trainable = false;
        var head = new Dense(3, activation: "softmax", name: "head");
        var transferred = new Sequential(body, head);
        Train(Compile(engine, transferred, new Adam(0.05f)), 3);
        foreach (var (name, expected) in before) Assert.Equal(expected, Values(engine, body)[name]);
        Assert.Contains(engine.State.Read(head.Bias!).Doubles(), b => b != 0);

        // Fine-tuning: the base's weights leave the optimizer of the model they were trained in, which keeps its own head.
        var oldHead = engine.State.Read(whole["old_head"].Parameters[0]).Doubles();
        body.Trainable = true;
        Train(Compile(engine, transferred, new Adam(0.001f)), 2);
        var kernel = trunk.Kernel!.Name;
        Assert.NotEqual(before[kernel], Values(engine, body)[kernel]);
        Assert.Equal(oldHead, engine.State.Read(whole["old_head"].Parameters[0]).Doubles());

        var problem = Assert.Throws<GraphException>(() => whole.Trainer.TrainOnBatch(s_x, s_y));
        Assert.Contains("taken over", problem.Message, StringComparison.Ordinal);
        Assert.Contains("Compile the model again", problem.Message, StringComparison.Ordinal);
        Assert.Equal(36, whole.Predict(s_x).Doubles().Length);
        Train(Compile(engine, whole, new Adam(0.01f)), 1);
    }

    [Fact]
    public void TwoOptimizersOfOneParameter_InOneFunction_AreAnError()
    {
        using var engine = Strict();
        var (model, first, second) = (Net(), new Adam(0.05f), new SGD(0.1f));
        using var step = engine.Compile(x =>
        {
            var loss = model.Call(x, training: true).Mean();
            first.Minimize(loss, model.Parameters);
            second.Minimize(loss, model.Parameters);
            return loss;
        });
        Assert.Contains("already belongs to", Assert.Throws<GraphException>(() => step.Run(s_x)).Message, StringComparison.Ordinal);
    }

    /// <summary>The reference, with memory that is counted and must not be used after it was freed.</summary>
    private sealed class StrictBackend : OverReference
    {
        public long StateBytes { get; private set; }

        public override StateBlock AllocateState(string name, long bytes)
        {
            StateBytes += bytes;
            return new Block(this, name, bytes);
        }

        private sealed class Block(StrictBackend backend, string name, long bytes) : StateBlock(name, bytes)
        {
            private byte[]? _bytes = new byte[bytes];

            private byte[] Memory => _bytes ?? throw new InvalidOperationException($"'{Name}' is used after it was freed.");

            public override void Write(long offset, ReadOnlySpan<byte> source) => source.CopyTo(Memory.AsSpan((int)offset));

            public override void Read(long offset, Span<byte> target) => Memory.AsSpan((int)offset, target.Length).CopyTo(target);

            public override void Dispose()
            {
                _ = Memory;
                _bytes = null;
                backend.StateBytes -= Bytes;
            }
        }
    }
}
