using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Checkpoints;
using Forge.Models.Datasets;
using Forge.Models.Optimizers;
using Forge.Models.Training;

namespace Forge.Models.Gan;

/// <summary>The two losses of an adversarial step.</summary>
/// <param name="Discriminator">The discriminator's, penalty included; of its last update.</param>
/// <param name="Generator">The generator's, through the discriminator that was just updated.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct GanLosses(double Discriminator, double Generator);

/// <summary>A DCGAN with what is needed to train it on an engine.</summary>
/// <remarks>
/// A step is one recorded plan: images made from new noise, the discriminator's update on real and made ones, the generator's through the updated
/// discriminator. Losses that want the discriminator to learn more often (wgan-gp) replay a plan of its part alone before.
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GanTrainer : IDisposable
{
    private readonly CompiledFunction _critic, _step, _make;
    private readonly Continuity _continuity;
    private int _learnt; // updates of the discriminator alone that the step under way has had: a run may be interrupted between them

    /// <summary>Prepares the steps; nothing is traced yet.</summary>
    /// <param name="engine">What runs them; outlives the trainer.</param>
    /// <param name="gan">What is trained.</param>
    /// <param name="learningRate">Adam's rate for both; the loss's own when left out.</param>
    /// <param name="precision">In which type products multiply; the engine's when left out.</param>
    public GanTrainer(Engine engine, DcGan gan, float? learningRate = null, Precision? precision = null)
    {
        _continuity = new(engine);
        (Engine, Gan, Precision) = (engine, gan, precision ?? engine.Options.Precision);
        (DiscriminatorOptimizer, GeneratorOptimizer) = (Optimizer("discriminator"), Optimizer("generator"));
        _critic = engine.Compile(2, x => [Critic(x[0], x[1]).Loss], Precision);
        _step = engine.Compile(2, x => Step(x[0], x[1]), Precision);
        _make = engine.Compile((noise, classes) => gan.Make(noise, classes, training: false), Precision);

        Adam Optimizer(string name) => new(learningRate ?? gan.Loss.LearningRate, gan.Loss.Betas.First, gan.Loss.Betas.Second, form: UpdateForm.PyTorch, name: name);
    }

    /// <summary>What runs the steps.</summary>
    public Engine Engine { get; }

    /// <summary>What is trained.</summary>
    public DcGan Gan { get; }

    /// <summary>In which type products multiply.</summary>
    public Precision Precision { get; }

    /// <summary>What changes the discriminator.</summary>
    public Optimizer DiscriminatorOptimizer { get; }

    /// <summary>What changes the generator; its updates are the steps.</summary>
    public Optimizer GeneratorOptimizer { get; }

    /// <summary>Everything that is learnt.</summary>
    public IReadOnlyList<Parameter> Parameters => [.. Gan.Generator.Parameters, .. Gan.Discriminator.Parameters];

    /// <summary>The plan of a step on batches of this size, without running it.</summary>
    /// <param name="batch">Images a step.</param>
    /// <exception cref="MemoryException">It does not fit the device.</exception>
    public PlanReport PlanStep(int batch) => PlanReport.Of(_step.Prepare(
        new TensorType(DType.U8, (batch, Gan.Config.Size, Gan.Config.Size, Gan.Config.Channels)), new TensorType(DType.F32, (batch, Math.Max(1, Gan.Config.Classes)))));

    /// <summary>One update of the generator, after as many of the discriminator as the loss wants, each on a batch of its own.</summary>
    /// <param name="data">Real images as bytes; only whole batches are taken.</param>
    /// <param name="cancellation">Stops while a batch is waited for.</param>
    /// <exception cref="DivergedException">Something was not finite: the message has both losses. That update changed nothing.</exception>
    public GanLosses Step(IBatches data, CancellationToken cancellation = default)
    {
        for (; _learnt < Gan.Loss.DiscriminatorSteps - 1; _learnt++) Run(_critic, data, cancellation);
        var losses = Run(_step, data, cancellation);
        _learnt = 0;
        return new(losses[0].Scalar(), losses[1].Scalar());
    }

    /// <summary>Images from noise, f32 (n, size, size, channels) in −1..1, with the statistics of training: each is made for itself.</summary>
    /// <param name="noise">f32 (n, latent).</param>
    /// <param name="classes">The class of each image; null where the model has none.</param>
    public HostTensor Make(HostTensor noise, IReadOnlyList<int>? classes = null)
    {
        var (n, width) = (noise.Shape[0], Math.Max(1, Gan.Config.Classes));
        if (Gan.Config.Classes > 0 && classes?.Count != n) throw new ShapeException($"The generator makes images of {Gan.Config.Classes} classes: give one for each of the {n} images.");
        var labels = new HostTensor(new(DType.F32, (n, width)));
        for (var i = 0; i < n && Gan.Config.Classes > 0; i++) labels.Span<float>()[i * width + classes![i]] = 1;
        return _make.Run(noise, labels)[0];
    }

    /// <summary>Everything that a resume needs to go on with the same bits.</summary>
    /// <param name="data">Where the data stand.</param>
    public Checkpoint Capture(IBatches data)
    {
        var state = Engine.State;
        Prepare(); // before the first step the optimizers keep nothing yet
        return _continuity.Signed(new()
        {
            Weights = Parameters.ToDictionary(p => p.Name, state.Read),
            OptimizerSlots = DiscriminatorOptimizer.ReadState(state).Concat(GeneratorOptimizer.ReadState(state)).ToDictionary(),
            OptimizerConfig = $"{DiscriminatorOptimizer.Name}+{GeneratorOptimizer.Name}",
            ModelConfig = Gan.Config.ToJson(),
            InputShape = [Gan.Config.Size, Gan.Config.Size, Gan.Config.Channels],
            ClassNames = Gan.Config.Classes > 0 ? data.ClassNames : [],
            Step = GeneratorOptimizer.Iterations,
            Data = data.Position,
            Values = new Dictionary<string, double> { ["discriminator.iterations"] = DiscriminatorOptimizer.Iterations, ["discriminator.learnt"] = _learnt, ["engine.random_step"] = Engine.RandomStep },
        }, Precision);
    }

    /// <summary>Goes on from what <see cref="Capture"/> gave.</summary>
    /// <exception cref="CheckpointException">It is of another model, seed or precision.</exception>
    public void Restore(Checkpoint saved, string path, IBatches data)
    {
        _continuity.GoOnWith(saved, Precision, path);
        LoadWeights(saved, path);
        Prepare();
        foreach (var optimizer in (Optimizer[])[DiscriminatorOptimizer, GeneratorOptimizer]) optimizer.WriteState(Engine.State, saved.OptimizerSlots);
        GeneratorOptimizer.Iterations = saved.Step;
        DiscriminatorOptimizer.Iterations = (long)saved.Values.GetValueOrDefault("discriminator.iterations", saved.Step);
        _learnt = (int)saved.Values.GetValueOrDefault("discriminator.learnt");
        Engine.RandomStep = (uint)saved.Values.GetValueOrDefault("engine.random_step");
        data.Position = saved.Data;
    }

    /// <summary>What to warn of since the last call, where this run is no longer, to the bit, the one that was saved; null for nothing.</summary>
    public string? NewWarning() => _continuity.NewWarning();

    /// <summary>Replaces both models' weights by a checkpoint's.</summary>
    /// <exception cref="CheckpointException">It is of another model.</exception>
    public void LoadWeights(Checkpoint saved, string path)
    {
        saved.RequireWeights(Parameters.Select(p => KeyValuePair.Create(p.Name, p.Type)), path);
        foreach (var parameter in Parameters) Engine.State.Write(parameter, saved.Weights[parameter.Name]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _critic.Dispose();
        _step.Dispose();
        _make.Dispose();
    }

    private void Prepare()
    {
        DiscriminatorOptimizer.Prepare(Gan.Discriminator.Parameters);
        GeneratorOptimizer.Prepare(Gan.Generator.Parameters);
    }

    private Results Run(CompiledFunction step, IBatches data, CancellationToken cancellation)
    {
        var batch = data.NextBatch(cancellation);
        while (batch.Count < data.BatchSize && data.BatchesPerPass > 1) batch = data.NextBatch(cancellation);
        try
        {
            return step.Run(batch.Images, Gan.Config.Classes > 0 ? batch.Labels : new HostTensor(new(DType.F32, (batch.Count, 1))));
        }
        catch (DivergedException problem)
        {
            data.Position = batch.Position; // nothing was changed: what is saved now stands before this batch
            var losses = problem.Results is not { } results ? "" : FormattableString.Invariant($"Discriminator loss {results[0].Scalar()}, generator loss {(results.Count > 1 ? results[1].Scalar() : "not reached")}. ");
            throw new DivergedException($"Step {GeneratorOptimizer.Iterations + 1}: {losses}{problem.Message}", problem.Node, problem.Results);
        }
    }

    private (Tensor Loss, Tensor Fake) Critic(Tensor pixels, Tensor classes)
    {
        var real = DcGan.FromPixels(pixels);
        var fake = Gan.Make(real.Graph.RandomNormal((real.Shape[0], Gan.Config.Latent)), classes, training: true);
        var loss = Gan.Loss.Discriminator(Gan.Judge(real, classes), Gan.Judge(fake, classes));
        if (Gan.Loss.Penalty(images => Gan.Judge(images, classes), real, fake) is { } penalty) loss += penalty;
        DiscriminatorOptimizer.Minimize(loss.Named("discriminator loss"), Gan.Discriminator.Parameters);
        return (loss, fake);
    }

    private IReadOnlyList<Tensor> Step(Tensor pixels, Tensor classes)
    {
        var (critic, fake) = Critic(pixels, classes);
        var artist = Gan.Loss.Generator(Gan.Judge(fake, classes)).Named("generator loss");
        GeneratorOptimizer.Minimize(artist, Gan.Generator.Parameters);
        return [critic, artist];
    }
}
