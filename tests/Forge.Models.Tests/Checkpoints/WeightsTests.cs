using Forge.Core;
using Forge.Models.Checkpoints;
using Forge.Models.Layers;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Tests.Checkpoints;

/// <summary>Weights alone, to a file and back.</summary>
public sealed class WeightsTests : IDisposable
{
    private static readonly HostTensor s_x = Engines.Uniform(41, (6, 4), -1, 1);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static Sequential Net(int hidden = 5) => new(new Input(new Shape(4)), new Dense(hidden, activation: "tanh"), new BatchNormalization(), new Dense(2));

    private static HostTensor Output(Engine engine, Model model) => engine.Compile(x => model.Call(x)).Run(s_x)[0];

    [Fact]
    public void SavedWeights_Loaded_GiveTheSameOutputs()
    {
        using var engine = Engines.Reference(seed: 1);
        using var other = Engines.Reference(seed: 2);
        var (model, twin, path) = (Net(), Net(), _folder["deeper", "the weights.safetensors"]);
        model.Compile(engine, new Adam(0.05f), Losses.MeanSquaredError);
        for (var i = 0; i < 3; i++) model.Trainer.TrainOnBatch(s_x, Engines.Uniform(42, (6, 2), -1, 1)); // statistics move too
        model.SaveWeights(path);
        Assert.NotEqual(Output(engine, model).Doubles(), Output(other, twin).Doubles());
        Assert.Empty(twin.LoadWeights(path, other));
        Assert.Equal(Output(engine, model).Doubles(), Output(other, twin).Doubles());

        var content = Safetensors.Read(path);
        Assert.Equal(["batch_normalization/beta", "batch_normalization/gamma", "batch_normalization/moving_mean", "batch_normalization/moving_variance", "dense/bias", "dense/kernel", "dense_1/bias", "dense_1/kernel"], content.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((4, 5), content.Tensors["dense/kernel"].Shape);
    }

    [Fact]
    public void OtherShape_IsNamedWithBothShapesAndTheFile_AndChangesNothing()
    {
        using var engine = Engines.Reference();
        var (model, path) = (Net(), _folder["weights.safetensors"]);
        Net(hidden: 7).SaveWeights(path, engine);
        var before = Output(engine, model).Doubles();
        var problem = Assert.Throws<CheckpointException>(() => model.LoadWeights(path, engine));
        foreach (var word in (string[])[path, "'dense/kernel'", "(4, 7)", "(4, 5)"]) Assert.Contains(word, problem.Message, StringComparison.Ordinal);
        Assert.Equal(before, Output(engine, model).Doubles());
    }

    [Fact]
    public void MissingAndSurplusWeights_AreNamed_AndSkippedOnRequest()
    {
        using var engine = Engines.Reference();
        var (model, path) = (Net(), _folder["weights.safetensors"]);
        var half = new Sequential(new Input(new Shape(4)), new Dense(5), new Dense(3, name: "head"));
        half.SaveWeights(path, engine);
        var problem = Assert.Throws<CheckpointException>(() => model.LoadWeights(path, engine));
        Assert.Contains("'batch_normalization/gamma' f32 (5) is missing", problem.Message, StringComparison.Ordinal);
        Assert.Contains("and 3 more", problem.Message, StringComparison.Ordinal);

        engine.State.Write(half.Parameters[1], HostTensor.From([1f, 2, 3, 4, 5], new Shape(5)));
        half.SaveWeights(path, engine);
        var left = model.LoadWeights(path, engine, skipMismatch: true);
        Assert.Equal(["batch_normalization/gamma", "batch_normalization/beta", "batch_normalization/moving_mean", "batch_normalization/moving_variance", "dense_1/kernel", "dense_1/bias"], left);
        Assert.Equal([1.0, 2, 3, 4, 5], engine.State.Read(model.Parameters.Single(p => p.Name == "dense/bias")).Doubles());

        new Sequential(new Input(new Shape(4)), new Dense(5, name: "elsewhere")).SaveWeights(path, engine);
        Assert.Contains("none of the weights fits", Assert.Throws<CheckpointException>(() => model.LoadWeights(path, engine, skipMismatch: true)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Checkpoint_GivesItsWeights_WithoutItsOptimizer()
    {
        using var engine = Engines.Reference(seed: 1);
        using var other = Engines.Reference(seed: 2);
        var (model, twin) = (Net(), Net());
        model.Compile(engine, new Adam(0.05f), Losses.MeanSquaredError);
        model.Fit(s_x, Engines.Uniform(42, (6, 2), -1, 1), batchSize: 3, new() { Epochs = 2, Callbacks = [new SaveCheckpoints(_folder["run"])] });
        Assert.NotEmpty(Checkpoint.Load(_folder["run", "last.safetensors"]).OptimizerSlots);
        twin.LoadWeights(_folder["run", "last.safetensors"], other);
        Assert.Equal(Output(engine, model).Doubles(), Output(other, twin).Doubles());
        Assert.Empty(twin.LoadWeights(_folder["run"], other)); // a run folder means its best
    }

    [Fact]
    public void FilesThatCannotBeUsed_AreNamed()
    {
        using var engine = Engines.Reference();
        var model = Net();
        Assert.Contains(_folder["none"], Assert.Throws<CheckpointException>(() => model.LoadWeights(_folder["none"], engine)).Message, StringComparison.Ordinal);
        var path = _folder["weights.safetensors"];
        model.SaveWeights(path, engine);
        var bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        Assert.Contains("checksum", Assert.Throws<CheckpointException>(() => model.LoadWeights(path, engine)).Message, StringComparison.Ordinal);
        File.WriteAllBytes(path, bytes[..^9]);
        Assert.Contains(path, Assert.Throws<CheckpointException>(() => model.LoadWeights(path, engine)).Message, StringComparison.Ordinal);

        var inAFile = Path.Combine(path, "below a file.safetensors");
        Assert.Contains(inAFile, Assert.Throws<CheckpointException>(() => model.SaveWeights(inAFile, engine)).Message, StringComparison.Ordinal);
        Assert.Contains("not compiled", Assert.Throws<ForgeException>(() => model.SaveWeights(path)).Message, StringComparison.Ordinal);
    }
}
