namespace Forge.Core;

/// <summary>Nodes in the order they were appended. Equal nodes (same op, same inputs) are one node.</summary>
/// <threadsafety>One thread at a time: the one that traces its graph.</threadsafety>
public sealed class Graph
{
    [ThreadStatic] private static Graph? s_tracing;

    private readonly List<Node> _nodes = [];
    private readonly Dictionary<NodeKey, Node> _known = [];
    private readonly List<string> _scopes = [];
    private readonly List<Assignment> _assignments = [];
    private readonly Dictionary<ParameterPack, Tensor> _replaced = [];
    private readonly Dictionary<Parameter, Tensor> _substitutes = [];
    private int _streams;

    /// <summary>The nodes; every node comes after those it reads.</summary>
    public IReadOnlyList<Node> Nodes => _nodes;

    /// <summary>What is written to mutable state when the step ends.</summary>
    public IReadOnlyList<Assignment> Assignments => _assignments;

    /// <summary>Called after each run of the traced step; the argument says whether the updates were applied (all values finite).</summary>
    public List<Action<bool>> AfterRun { get; } = [];

    /// <summary>A u32 scalar that is 1 when the step's loss and gradients are finite; null when nothing is guarded.</summary>
    public Tensor? Finite { get; set; }

    /// <summary>
    /// A u32 scalar that is 1 when a step that is not finite is no error: it changed nothing but a loss scale, which was too large and is smaller now.
    /// Null when every such step is one.
    /// </summary>
    public Tensor? Tolerated { get; set; }

    /// <summary>In which type products are to be multiplied; a pass over the whole graph sees to it.</summary>
    public Precision Precision { get; init; } = Precision.Strict32;

    /// <summary>What random ops draw from: seed and run number.</summary>
    public RandomKey Key { get; init; } = new(new("random.seed.low", DType.U32, () => 0), new("random.seed.high", DType.U32, () => 0), new("random.step", DType.U32, () => 0));

    /// <summary>The graph being traced on this thread.</summary>
    /// <exception cref="TracingException">Nothing is being traced.</exception>
    public static Graph Current => s_tracing
        ?? throw new TracingException("A parameter or host scalar was used outside a traced function. Use it inside engine.Compile(...) or engine.Evaluate(...).");

    /// <summary>Whether a graph is being traced on this thread.</summary>
    public static bool IsTracing => s_tracing is not null;

    /// <summary>Makes this the current graph of the thread until the result is disposed.</summary>
    public IDisposable Trace()
    {
        var outer = s_tracing;
        s_tracing = this;
        return new Undo(() => s_tracing = outer);
    }

    /// <summary>Prefixes the names of nodes appended until the result is disposed.</summary>
    public IDisposable Scope(string name)
    {
        _scopes.Add(name);
        return new Undo(() => _scopes.RemoveAt(_scopes.Count - 1));
    }

    /// <summary>Appends a node, or returns the equal one that exists.</summary>
    /// <exception cref="GraphException">An input belongs to another graph.</exception>
    /// <exception cref="ShapeException">The inputs do not fit the op.</exception>
    public Node Add(Op op, params ReadOnlySpan<Tensor> inputs)
    {
        foreach (var input in inputs)
            if (input.Graph != this)
                throw new GraphException($"{op.Name}: {input} belongs to another graph (traced function). Pass it as an argument or an output of the function, or keep it in a Parameter.");
        var own = inputs.ToArray();
        var key = new NodeKey(op, own);
        if (_known.TryGetValue(key, out var known)) return known;
        IReadOnlyList<TensorType> types;
        try
        {
            types = op.Infer([.. own.Select(i => i.Type)]);
        }
        catch (ShapeException problem) when (own.Length > 0 && !problem.Data.Contains("located"))
        {
            throw Located(problem, op, own);
        }
        var node = new Node(this, _nodes.Count, op, own, types, _scopes.Count == 0 ? null : string.Join('/', _scopes));
        _nodes.Add(node);
        _known.Add(key, node);
        return node;
    }

    /// <summary>A constant.</summary>
    public Tensor Constant(HostTensor value) => Add(new Ops.ConstantOp(value)).Outputs[0];

    /// <summary>A constant f32 scalar.</summary>
    public Tensor Constant(float value) => Constant(HostTensor.Of(value));

    /// <summary>A tensor with one value everywhere.</summary>
    public Tensor Full(TensorType type, float value) => Add(new Ops.FullOp(type, value)).Outputs[0];

    /// <summary>
    /// The value of mutable state: what an optimizer has made of it so far in this graph, else what it was when the step began; the latest one assigned to it in this
    /// graph when <paramref name="latest"/>.
    /// </summary>
    public Tensor Read(Parameter parameter, bool latest = false)
    {
        if (_substitutes.TryGetValue(parameter, out var substitute)) return substitute;
        if (latest && _assignments.FindLast(a => a.Parameter == parameter) is { } assignment) return assignment.Value;
        if (parameter.Pack is not { } pack || !_replaced.TryGetValue(pack, out var flat)) return ReadFirst(parameter);
        using var scope = Scope(parameter.Name);
        return flat.Slice([pack.StartOf(parameter)], [parameter.Type.Count]).Reshape(parameter.Type.Shape);
    }

    /// <summary>Until the result is disposed, reads of a parameter give another value: for layers that use another's function with weights that follow from its own.</summary>
    /// <param name="parameter">What is read.</param>
    /// <param name="value">What reads give; of the parameter's type.</param>
    /// <exception cref="ShapeException">The types differ.</exception>
    public IDisposable Substitute(Parameter parameter, Tensor value)
    {
        if (value.Type != parameter.Type) throw new ShapeException($"Parameter '{parameter.Name}' is {parameter.Type}; {value.Type} cannot stand in for it.");
        var outer = _substitutes.GetValueOrDefault(parameter);
        _substitutes[parameter] = value;
        return new Undo(() =>
        {
            if (outer is null) _substitutes.Remove(parameter);
            else _substitutes[parameter] = outer;
        });
    }

    /// <summary>The value that mutable state had when the step began.</summary>
    public Tensor ReadFirst(Parameter parameter)
    {
        var tensor = Add(new Ops.ParameterOp(parameter)).Outputs[0];
        tensor.Node.Name = parameter.Name;
        return tensor;
    }

    /// <summary>The current value of a host scalar.</summary>
    public Tensor Read(HostScalar scalar) => Add(new Ops.ScalarOp(scalar)).Outputs[0];

    /// <summary>Makes reads of a pack's members from here on give what an optimizer made of them, as if they had changed at once.</summary>
    /// <remarks>What is kept when the step ends is what was assigned. No gradient flows through the update to what it was made from.</remarks>
    /// <param name="pack">The members.</param>
    /// <param name="flat">Their new values, in the pack's layout.</param>
    public void Replace(ParameterPack pack, Tensor flat) => _replaced[pack] = flat.StopGradient();

    /// <summary>Whether an optimizer has changed these parameters in this graph.</summary>
    public bool IsReplaced(ParameterPack pack) => _replaced.ContainsKey(pack);

    /// <summary>Writes a value to mutable state when the step ends; reads in this graph go on seeing the value before. A later assignment replaces an earlier one.</summary>
    /// <exception cref="ShapeException">The types differ.</exception>
    public void Assign(Parameter parameter, Tensor value)
    {
        if (value.Type != parameter.Type)
            throw new ShapeException($"Parameter '{parameter.Name}' is {parameter.Type}; {value.Type} cannot be assigned to it.");
        _assignments.RemoveAll(a => a.Parameter == parameter);
        _assignments.Add(new(parameter, value));
    }

    /// <summary>A number that no other random op of this graph has, so that each draws its own stream.</summary>
    public int NextStream() => _streams++;

    /// <summary>What the next nodes go on from: the random streams taken so far and the state assigned so far.</summary>
    internal GraphMoment Moment => new(_streams, [.. _assignments]);

    /// <summary>Until the result is disposed, what is traced draws and reads as it did from this moment on, and assigns nothing.</summary>
    internal IDisposable Repeat(GraphMoment moment)
    {
        var now = Moment;
        GoTo(moment);
        return new Undo(() => GoTo(now));
    }

    private void GoTo(GraphMoment moment)
    {
        _streams = moment.Streams;
        _assignments.Clear();
        _assignments.AddRange(moment.Assignments);
    }

    // The graph knows what an op's own message cannot: where each input came from.
    private static ShapeException Located(ShapeException problem, Op op, Tensor[] inputs)
    {
        var text = problem.Message.StartsWith(op.Name, StringComparison.Ordinal) ? problem.Message : $"{op.Name}: {problem.Message}";
        var scopes = inputs[0].Graph._scopes;
        if (scopes.Count > 0) text = text.Insert(op.Name.Length, $" '{string.Join('/', scopes)}'");
        var located = new ShapeException(text + string.Concat(inputs.Select((x, i) => $"\n  input {i} = {x.Type} from '{x.Node.Label}'")));
        located.Data["located"] = true;
        return located;
    }

    private readonly struct NodeKey(Op op, Tensor[] inputs) : IEquatable<NodeKey>
    {
        private readonly Op _op = op;
        private readonly Tensor[] _inputs = inputs;

        public bool Equals(NodeKey other) => _inputs.AsSpan().SequenceEqual(other._inputs) && _op.Equals(other._op);

        public override bool Equals(object? obj) => obj is NodeKey key && Equals(key);

        public override int GetHashCode()
        {
            var hash = new HashCode();
            hash.Add(_op);
            foreach (var input in _inputs) hash.Add(input);
            return hash.ToHashCode();
        }
    }

    private sealed class Undo(Action undo) : IDisposable
    {
        public void Dispose() => undo();
    }
}

/// <summary>How far a graph has come.</summary>
/// <param name="Streams">Random streams taken.</param>
/// <param name="Assignments">What is to be written to state.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GraphMoment(int Streams, IReadOnlyList<Assignment> Assignments);

/// <summary>A value to be kept in mutable state when a step ends.</summary>
/// <param name="Parameter">Where.</param>
/// <param name="Value">What; of the parameter's type.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Assignment(Parameter Parameter, Tensor Value);
