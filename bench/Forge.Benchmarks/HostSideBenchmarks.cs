using BenchmarkDotNet.Attributes;
using Forge.Core;
using Forge.Core.Ops;
using Forge.Models;
using Forge.Models.Cnn;
using Forge.Models.Optimizers;

namespace Forge.Benchmarks;

/// <summary>What the host does before a step can be recorded: tracing with gradients, then passes and planning. No device is needed.</summary>
[MemoryDiagnoser]
public class HostSideBenchmarks
{
    private readonly Adam _adam = new(1e-3f, epsilon: 1e-7f, form: UpdateForm.PyTorch);
    private Engine _engine = null!;
    private Model _model = null!;
    private StepGraph _step = null!;

    [Params("cnn28", "cnn150")]
    public string Net { get; set; } = "";

    private BenchCnn Chosen => BenchNets.All.OfType<BenchCnn>().First(n => n.Name == Net);

    private IReadOnlyList<TensorType> Types => Chosen.Inputs;

    [GlobalSetup]
    public void SetUp()
    {
        _engine = new Engine(new PlanningBackend());
        _model = Chosen.Build();
        _step = Trace();
        _ = Plan(); // places the parameters, which is done once
    }

    [GlobalCleanup]
    public void CleanUp() => _engine.Dispose();

    /// <summary>Forward, gradients and update become nodes.</summary>
    [Benchmark]
    public StepGraph Trace()
    {
        var (graph, types) = (new Graph(), Types);
        using (graph.Trace())
        {
            var (images, labels) = (graph.Add(new InputOp(0, types[0])).Outputs[0], graph.Add(new InputOp(1, types[1])).Outputs[0]);
            var loss = Losses.CategoricalCrossentropyOfLogits(labels, _model.Call(images, training: true));
            _adam.Minimize(loss, _model.Parameters);
            return new(graph, [loss], graph.Assignments, types);
        }
    }

    /// <summary>The traced step goes through the passes and gets its order and places.</summary>
    [Benchmark]
    public Plan Plan() => Planner.Plan(_step, _engine.Backend, _engine.State.PlaceOf);

    /// <summary>A new engine, model and step, from nothing to a plan: initial weights included.</summary>
    [Benchmark]
    public int FromNothing()
    {
        using var engine = new Engine(new PlanningBackend());
        return Chosen.CompileStep(engine).Prepare(Types).Steps.Count;
    }
}
