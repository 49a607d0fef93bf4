using Forge.Core.Ops;
using Forge.Core.Passes;
using Forge.Core.Reference;
using FsCheck.Xunit;

namespace Forge.Core.Tests;

/// <summary>Plans, with every value in its planned place, compute what the graph means.</summary>
public sealed class PlanTests
{
    private static readonly Shape s_shape = new(3, 5);

    [Property(MaxTest = 300)]
    public void Plan_OfARandomProgram_ComputesWhatTheGraphMeans(int[] tape)
    {
        using var engine = new Engine(new ReferenceBackend());
        var state = Enumerable.Range(0, 3).Select(i => new Parameter($"p{i}", new(DType.F32, s_shape), _ => Filled(i + 1))).ToArray();
        StepGraph? traced = null;
        var function = engine.Compile(2, x =>
        {
            var outputs = Program(new Draw(tape), x, state);
            traced = new(x[0].Graph, outputs, x[0].Graph.Assignments, []);
            return outputs;
        });
        HostTensor[] arguments = [Filled(10), Filled(20)];
        for (var run = 0; run < 2; run++)
        {
            var before = state.ToDictionary(p => p, p => ReferenceTensor.From(engine.State.Read(p)));
            var results = function.Run(arguments);
            var expected = GraphEvaluator.Evaluate([.. traced!.Roots], leaf => leaf switch
            {
                InputOp input => ReferenceTensor.From(arguments[input.Position]),
                ParameterOp parameter => before[parameter.Parameter],
                _ => throw new InvalidOperationException(),
            });
            for (var i = 0; i < results.Count; i++) Assert.Equal(expected[i].ToHost().Span<float>(), results[i].Span<float>());
            for (var i = 0; i < traced.Assignments.Count; i++)
                Assert.Equal(expected[results.Count + i].ToHost().Span<float>(), engine.State.Read(traced.Assignments[i].Parameter).Span<float>());
            foreach (var kept in state.Where(p => traced.Assignments.All(a => a.Parameter != p)))
                Assert.Equal(before[kept].ToHost().Span<float>(), engine.State.Read(kept).Span<float>());
        }
    }

    [Fact]
    public void Plan_ChainOfAdditions_IsOneKernelInOnePlace()
    {
        using var engine = new Engine(new ReferenceBackend());
        var function = engine.Compile(x => x + x + x + x);
        Assert.Equal(4f, function.Run(Filled(1))[0].Span<float>()[0]);
        Assert.Single(function.Plan!.Kernels);
        Assert.Equal(0, function.Plan.RegionBytes[Region.Arena]);
    }

    [Fact]
    public void Plan_UpdateOfAParameterReadElsewhere_IsMadeInItsPlaceAfterTheReaders()
    {
        using var engine = new Engine(new ReferenceBackend());
        var weight = new Parameter("w", new(DType.F32, s_shape), _ => Filled(1));
        var function = engine.Compile(x =>
        {
            Tensor w = weight;
            x.Graph.Assign(weight, w + x);
            return w + w;
        });
        Assert.Equal(2f, function.Run(Filled(5))[0].Span<float>()[0]);
        Assert.Equal(12f, function.Run(Filled(5))[0].Span<float>()[0]);
        Assert.DoesNotContain(function.Plan!.Steps, s => s is CopyStep);
    }

    [Fact]
    public void Plan_SwappedParameters_KeepsBothOldValues()
    {
        using var engine = new Engine(new ReferenceBackend());
        var (a, b) = (new Parameter("a", new(DType.F32, s_shape), _ => Filled(1)), new Parameter("b", new(DType.F32, s_shape), _ => Filled(2)));
        var function = engine.Compile(x =>
        {
            x.Graph.Assign(a, b);
            x.Graph.Assign(b, a);
            return x;
        });
        function.Run(Filled(0));
        Assert.Equal((2f, 1f), (engine.State.Read(a).Span<float>()[0], engine.State.Read(b).Span<float>()[0]));
    }

    [Fact]
    public void Plan_LargerThanTheDevice_IsRefusedWithNumbers()
    {
        using var engine = new Engine(new ReferenceBackend { Traits = new(MemoryBytes: 1024) });
        var function = engine.Compile(x => x + x);
        var error = Assert.Throws<MemoryException>(() => function.Run(new HostTensor(new(DType.F32, new Shape(1000, 1000)))));
        Assert.Contains("MiB", error.Message, StringComparison.Ordinal);
        Assert.Contains("smaller batch", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Plan_ThatFitsOnlyAlone_MakesRoomByDroppingOthers()
    {
        var backend = new CountingBackend(limit: 3_000_000);
        using var engine = new Engine(backend);
        var function = engine.Compile(x => x + x);
        foreach (var rows in (int[])[100, 90, 100])
            Assert.Equal(2f, function.Run(HostTensor.From([.. Enumerable.Repeat(1f, rows * 1000)], new Shape(rows, 1000)))[0].Span<float>()[0]);
        Assert.Equal(3, backend.Built);
    }

    [Fact]
    public void Step_ThatIsNotFinite_ChangesNothing_AndNamesTheFirstNode()
    {
        using var engine = new Engine(new ReferenceBackend());
        var (counter, weight) = (new Parameter("counter", new(DType.F32, s_shape)), new Parameter("w", new(DType.F32, s_shape), _ => Filled(1)));
        var function = engine.Compile(x =>
        {
            var loss = (x.Log().Named("a logarithm") * weight).Exp().Sum();
            x.Graph.Finite = new FiniteOp().On(loss);
            x.Graph.Assign(counter, (Tensor)counter + 1f);
            return loss;
        });
        function.Run(Filled(1));
        var error = Assert.Throws<DivergedException>(() => function.Run(Filled(-1)));
        Assert.Equal("a logarithm", error.Node);
        Assert.Contains("a logarithm", error.Message, StringComparison.Ordinal);
        Assert.Equal(1f, engine.State.Read(counter).Span<float>()[0]);
    }

    [Fact]
    public void Plan_OfFiniteFlagsBehindEveryValue_KeepsNoneOfThemLonger()
    {
        using var engine = new Engine(new ReferenceBackend());
        var shape = new TensorType(DType.F32, new Shape(1000, 100));
        var function = engine.Compile(1, x =>
        {
            var values = new List<Tensor> { x[0].Exp() };
            for (var i = 0; i < 12; i++) values.Add((values[^1] * 0.5f).Exp());
            return [.. values.Select(v => new FiniteOp().On(v))];
        });
        Assert.True(function.Prepare(shape).RegionBytes[Region.Arena] <= 3 * shape.Bytes);
    }

    [Fact]
    public void EmptyTensors_GoThroughAPlan()
    {
        using var engine = new Engine(new ReferenceBackend());
        var results = engine.Compile(1, x => [(x[0] + 1f).Relu(), (x[0] * 2f).Sum()]).Run(new HostTensor(new(DType.F32, new Shape(0, 4))));
        Assert.Equal(0, results[0].Type.Count);
        Assert.Equal(0f, results[1].Scalar());
    }

    [Fact]
    public void Engine_DisposedTwice_OrUsedAfterwards_SaysSo()
    {
        var engine = new Engine(new ReferenceBackend());
        var function = engine.Compile(x => x + x);
        engine.Dispose();
        engine.Dispose();
        Assert.Throws<ObjectDisposedException>(() => function.Run(Filled(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new EngineOptions { PlansKept = 0 });
    }

    [Fact]
    public void State_WhoseInitializerFailed_IsMadeByTheNextCall()
    {
        using var engine = new Engine(new ReferenceBackend());
        var calls = 0;
        var weight = new Parameter("w", new(DType.F32, s_shape), _ => calls++ == 0 ? throw new IOException("once") : Filled(7));
        Assert.Throws<IOException>(() => engine.State.Read(weight));
        Assert.Equal(7f, engine.State.Read(weight).Span<float>()[0]);
    }

    [Property(MaxTest = 300)]
    public void MemoryPlanner_LifetimesThatMeet_NeverShareBytes(int[] tape)
    {
        var draw = new Draw(tape);
        var lifetimes = Enumerable.Range(0, draw.Int(1, 20)).Select(_ =>
        {
            var first = draw.Int(0, 15);
            return new Lifetime(draw.Int(1, 5000), first, first + draw.Int(0, 8));
        }).ToArray();
        var end = MemoryPlanner.Place(lifetimes, 256);
        Assert.All(lifetimes, l => Assert.True(l.Offset >= 0 && l.Offset % 256 == 0 && l.Offset + l.Bytes <= end));
        foreach (var a in lifetimes)
            foreach (var b in lifetimes)
                if (a != b && a.First <= b.Last && b.First <= a.Last)
                    Assert.True(a.Offset + a.Bytes <= b.Offset || b.Offset + b.Bytes <= a.Offset);
        Assert.True(MemoryPlanner.Peak(lifetimes, 256) <= end);
    }

    [Fact]
    public void Tensor_OfAnotherTracedFunction_IsRefusedByName()
    {
        using var engine = new Engine(new ReferenceBackend());
        Tensor? leaked = null;
        engine.Compile(x => leaked = x.Named("leaked")).Run(Filled(1));
        var error = Assert.Throws<GraphException>(() => engine.Compile(x => x + leaked!).Run(Filled(1)));
        Assert.Contains("leaked", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensor_ScalarReadWhileTracing_NamesTheLine()
    {
        using var engine = new Engine(new ReferenceBackend());
        var error = Assert.Throws<TracingException>(() => engine.Compile(x => x.Scalar() > 0 ? x : x + x).Run(Filled(1)));
        Assert.Contains("PlanTests.cs:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pass_ThatBreaksTheGraph_IsNamedWithTheNode()
    {
        var graph = new Graph();
        var x = graph.Add(new InputOp(0, new(DType.F32, s_shape))).Outputs[0];
        var broken = new StepGraph(graph, [x], [], []);
        var error = Assert.Throws<GraphException>(() => GraphVerifier.Check(broken, "some pass"));
        Assert.Contains("some pass", error.Message, StringComparison.Ordinal);
        Assert.Contains("argument", error.Message, StringComparison.Ordinal);
    }

    private static HostTensor Filled(float value) => HostTensor.From([.. Enumerable.Range(0, s_shape.Count).Select(i => value + i * 0.25f)], s_shape);

    // Refuses a plan while those it holds and this one are too large together, as a device does.
    private sealed class CountingBackend(long limit) : IBackend
    {
        private readonly ReferenceBackend _reference = new();
        private long _held;

        public int Built { get; private set; }

        public string Description => "counts";

        public BackendTraits Traits => _reference.Traits;

        public IReadOnlyList<long> ScratchBytes(Node node) => [];

        public StateBlock AllocateState(string name, long bytes) => _reference.AllocateState(name, bytes);

        public IExecutable Build(Plan plan)
        {
            var bytes = plan.RegionBytes.Values.Sum() * 2;
            if (_held + bytes > limit) throw new MemoryException("full");
            _held += bytes;
            Built++;
            return new Held(_reference.Build(plan), () => _held -= bytes);
        }

        public void Dispose() => _reference.Dispose();

        private sealed class Held(IExecutable inner, Action freed) : IExecutable
        {
            public IReadOnlyList<string> VariantTable => inner.VariantTable;

            public IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs) => inner.Run(inputs);

            public void Dispose()
            {
                inner.Dispose();
                freed();
            }
        }
    }

    private static IReadOnlyList<Tensor> Program(Draw draw, IReadOnlyList<Tensor> inputs, IReadOnlyList<Parameter> state)
    {
        var graph = inputs[0].Graph;
        var values = new List<Tensor>(inputs.Concat(state.Select(s => graph.Read(s))));
        var outputs = new List<Tensor>();
        for (var i = draw.Int(1, 12); i > 0; i--)
        {
            var (a, b) = (draw.OneOf([.. values]), draw.OneOf([.. values]));
            if (draw.Int(0, 5) == 5)
                outputs.Add(new PackOp(new PackLayout(new Shape(40), [0, 20])).On(a, b));
            else
                values.Add(a + b);
        }
        foreach (var parameter in state)
            if (draw.Bool()) graph.Assign(parameter, draw.OneOf([.. values]));
        for (var i = draw.Int(1, 3); i > 0; i--) outputs.Add(draw.OneOf([.. values]));
        return outputs;
    }
}
