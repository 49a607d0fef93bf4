using System.Diagnostics;
using Forge.Core.Ops;
using Forge.Core.Passes;

namespace Forge.Core;

/// <summary>A function that is traced once per argument types, planned, and replayed on every call.</summary>
/// <remarks>Disposed with its engine, or earlier.</remarks>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public sealed class CompiledFunction : IDisposable
{
    private readonly Engine _engine;
    private readonly int _arity;
    private readonly Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> _function;
    private readonly LinkedList<Traced> _plans = [];
    private bool _disposed;

    internal CompiledFunction(Engine engine, int arity, Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> function, Precision precision) =>
        (_engine, _arity, _function, Precision) = (engine, arity, function, precision);

    /// <summary>In which type its products multiply.</summary>
    public Precision Precision { get; }

    /// <summary>The plan used last; null before the first run.</summary>
    public Plan? Plan => _plans.First?.Value.Plan;

    /// <summary>What runs that plan; null before the first run.</summary>
    public IExecutable? Executable => _plans.First?.Value.Executable;

    /// <summary>What making the plan used last took; null before the first run.</summary>
    public MakingTimes? Making => _plans.First?.Value.Making;

    /// <summary>What runs each plan that is kept, with the types it was traced for.</summary>
    public IEnumerable<(IReadOnlyList<TensorType> Inputs, IExecutable Executable)> Built => _plans.Select(p => (p.Step.InputTypes, p.Executable));

    /// <summary>Plans the function for arguments of these types without running it.</summary>
    /// <exception cref="MemoryException">The plan does not fit the device.</exception>
    public Plan Prepare(params IReadOnlyList<TensorType> types) => Find(types).Plan;

    /// <summary>Runs the function.</summary>
    /// <param name="arguments">One tensor for each argument.</param>
    /// <exception cref="DivergedException">A guarded value was not finite; the state is as it was before the call.</exception>
    public Results Run(params IReadOnlyList<HostTensor> arguments)
    {
        if (arguments.Count != _arity)
            throw new ArgumentException($"The compiled function takes {_arity} arguments, not {arguments.Count}.", nameof(arguments));
        // A replay makes no garbage but its results: the types are only listed where they are new.
        var traced = Kept(arguments, static a => a.Type) ?? Find([.. arguments.Select(a => a.Type)]);
        var results = traced.Executable.Run(arguments);
        var finite = !traced.IsGuarded || results[^traced.Flags][0] != 0;
        if (!finite && !(traced.Flags == 2 && results[^1][0] != 0)) throw Diverged(traced, arguments, results);
        foreach (var action in traced.Step.Graph.AfterRun) action(finite);
        if (traced.DrawsRandom) _engine.RandomStep++;
        return new(results, results.Count - traced.Flags);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _disposed = true;
        _engine.Forget(this);
    }

    /// <summary>Drops the plans; the next run traces again.</summary>
    /// <returns>How many there were.</returns>
    internal int Release()
    {
        var count = _plans.Count;
        foreach (var traced in _plans) traced.Executable.Dispose();
        _plans.Clear();
        return count;
    }

    private Traced Find(IReadOnlyList<TensorType> types)
    {
        if (Kept(types, static t => t) is { } kept) return kept;
        var traced = TraceUntilItFits(types);
        _plans.AddFirst(traced);
        if (_plans.Count > _engine.Options.PlansKept)
        {
            _plans.Last!.Value.Executable.Dispose();
            _plans.RemoveLast();
        }
        return traced;
    }

    private Traced TraceUntilItFits(IReadOnlyList<TensorType> types)
    {
        for (; ; )
            try
            {
                return Trace(types);
            }
            catch (MemoryException) when (_engine.ReleasePlans() > 0)
            {
                // Plans of other argument types held the memory that this one needs.
            }
            catch (KernelRefusedException)
            {
                // Each time a variant is out; the planner says so when none is left.
            }
    }

    // The plan for these types, which is then the last used; null where there is none, or state has moved since it was made.
    private Traced? Kept<T>(IReadOnlyList<T> arguments, Func<T, TensorType> type)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (var at = _plans.First; at is not null; at = at.Next)
        {
            if (!Fits(at.Value.Step.InputTypes, arguments, type)) continue;
            _plans.Remove(at);
            if (at.Value.StateVersion == _engine.State.Version)
            {
                _plans.AddFirst(at);
                return at.Value;
            }
            at.Value.Executable.Dispose();
            break;
        }
        return null;
    }

    private static bool Fits<T>(IReadOnlyList<TensorType> types, IReadOnlyList<T> arguments, Func<T, TensorType> type)
    {
        if (types.Count != arguments.Count) return false;
        for (var i = 0; i < types.Count; i++)
            if (types[i] != type(arguments[i])) return false;
        return true;
    }

    private Traced Trace(IReadOnlyList<TensorType> types)
    {
        var started = Stopwatch.GetTimestamp();
        var graph = new Graph { Key = _engine.Key, Precision = Precision };
        IReadOnlyList<Tensor> outputs;
        using (graph.Trace())
        {
            outputs = _function([.. types.Select((type, i) => graph.Add(new InputOp(i, type)).Outputs[0])]);
            foreach (var output in outputs)
                if (output.Graph != graph)
                    throw new GraphException($"The traced function returned {output}, which belongs to another traced function. Return a value made from this function's arguments.");
        }
        // Behind the results: whether the step was finite, and where something can tell, whether it matters that it was not.
        IReadOnlyList<Tensor> all = (graph.Finite, graph.Tolerated) switch
        {
            ({ } finite, { } tolerated) => [.. outputs, finite, tolerated],
            ({ } finite, null) => [.. outputs, finite],
            _ => outputs,
        };
        var step = new StepGraph(graph, all, Guarded(graph), types);
        GraphVerifier.Check(step, "tracing");
        var traced = Stopwatch.GetTimestamp();
        var state = TimeSpan.Zero;
        var plan = Planner.Plan(step, _engine.Backend, PlaceOf);
        var planned = Stopwatch.GetTimestamp();
        var executable = _engine.Backend.Build(plan);
        return new(step, plan, executable, _engine.State.Version)
        {
            Making = new(Stopwatch.GetElapsedTime(started, traced), Stopwatch.GetElapsedTime(traced, planned) - state, state, Stopwatch.GetElapsedTime(planned)),
        };

        // Values of state are made when they are first asked for, which is while planning.
        Placement PlaceOf(Parameter parameter)
        {
            var asked = Stopwatch.GetTimestamp();
            var place = _engine.State.PlaceOf(parameter);
            state += Stopwatch.GetElapsedTime(asked);
            return place;
        }
    }

    // A step that is not finite changes no state: what is assigned without asking the flag is put behind it.
    private static IReadOnlyList<Assignment> Guarded(Graph graph)
    {
        if (graph.Finite is not { } finite) return graph.Assignments;
        var asks = new bool[graph.Nodes.Count];
        asks[finite.Node.Id] = true;
        foreach (var node in graph.Nodes)
            if (node.Inputs.Any(i => asks[i.Node.Id])) asks[node.Id] = true;
        using var tracing = graph.Trace();
        return [.. graph.Assignments.ToArray().Select(a => asks[a.Value.Node.Id] || a.Value.DType.Bytes() != 4 ? a
            : a with { Value = finite.Select(a.Value, graph.ReadFirst(a.Parameter)) })];
    }

    // The step runs once more without its updates, with a finite flag behind every value; nothing was changed, so it goes wrong alike.
    private DivergedException Diverged(Traced traced, IReadOnlyList<HostTensor> arguments, IReadOnlyList<HostTensor> wrong)
    {
        var suspects = traced.Step.LiveNodes().Where(n => n.Op is not (LeafOp or FiniteOp)).SelectMany(n => n.Outputs).Where(o => o.DType == DType.F32).ToArray();
        Tensor[] flags = [.. suspects.Select(s => new FiniteOp().On(s))];
        var step = traced.Step with { Outputs = flags, Assignments = [] };
        Node? first = null;
        var known = true;
        try
        {
            using var executable = _engine.Backend.Build(Planner.Plan(step, _engine.Backend, _engine.State.PlaceOf));
            var results = executable.Run(arguments);
            first = Enumerable.Range(0, suspects.Length).Where(i => results[i][0] == 0).Select(i => suspects[i].Node).FirstOrDefault();
        }
        catch (MemoryException)
        {
            known = false;      // no room to look for it: the step itself still changed nothing
        }
        foreach (var action in traced.Step.Graph.AfterRun) action(false);
        var place = known ? $"the first is in {first?.ToString() ?? "an argument or a parameter"}" : "there was no memory left to find the first";
        return new($"The step produced a value that is not finite; {place}. " +
            "Weights and optimizer state are as they were before the step. Lower the learning rate, clip gradients, or look at this batch.", first?.Label, new(wrong, wrong.Count - traced.Flags));
    }

    private sealed record Traced(StepGraph Step, Plan Plan, IExecutable Executable, int StateVersion)
    {
        public bool IsGuarded => Step.Graph.Finite is not null;

        /// <summary>What making it took.</summary>
        public required MakingTimes Making { get; init; }

        /// <summary>Flags behind the results.</summary>
        public int Flags => !IsGuarded ? 0 : Step.Graph.Tolerated is null ? 1 : 2;

        public bool DrawsRandom { get; } = Plan.Scalars.Any(s => s.Scalar.Name == "random.step");
    }
}

/// <summary>What making a plan took on the host, part after part.</summary>
/// <param name="Trace">Running the function: the graph with its gradients and updates.</param>
/// <param name="Plan">Passes, choice of variants, places.</param>
/// <param name="State">First values of parameters that nothing had asked for before.</param>
/// <param name="Build">What the backend makes of the plan.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct MakingTimes(TimeSpan Trace, TimeSpan Plan, TimeSpan State, TimeSpan Build);

/// <summary>The results of one run, in the order in which the function returned them.</summary>
/// <threadsafety>Immutable, while nobody writes its tensors.</threadsafety>
public sealed class Results : IReadOnlyList<HostTensor>
{
    private readonly IReadOnlyList<HostTensor> _values;

    /// <summary>Results that are all of the values.</summary>
    /// <param name="values">The values.</param>
    public Results(IReadOnlyList<HostTensor> values) : this(values, values.Count) { }

    internal Results(IReadOnlyList<HostTensor> values, int count) => (_values, Count) = (values, count);

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public HostTensor this[int index] => index < Count ? _values[index] : throw new ArgumentOutOfRangeException(nameof(index), index, $"There are {Count} results.");

    /// <summary>The first result, which must have one element.</summary>
    public float Scalar() => this[0].Scalar();

    /// <inheritdoc/>
    public IEnumerator<HostTensor> GetEnumerator() => _values.Take(Count).GetEnumerator();

    System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
}
