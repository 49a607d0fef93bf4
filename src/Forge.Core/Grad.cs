using Forge.Core.Ops;

namespace Forge.Core;

/// <summary>What flows backwards into the outputs of one node.</summary>
/// <threadsafety>One thread at a time: the one that traces its graph.</threadsafety>
public sealed class Cotangents
{
    private readonly Node _node;
    private readonly Tensor?[] _values;

    internal Cotangents(Node node, Tensor?[] values) => (_node, _values) = (node, values);

    /// <summary>Whether anything flows into this output.</summary>
    public bool Flows(int output) => _values[output] is not null;

    /// <summary>What flows into this output; zeros where nothing does.</summary>
    public Tensor this[int output] => _values[output] ??= _node.Graph.Full(_node.Outputs[output].Type, 0);
}

/// <summary>Reverse-mode differentiation: appends the gradient of a value as ordinary nodes, so it can be differentiated again.</summary>
/// <threadsafety>Functions of their arguments alone; the graph is the calling thread's.</threadsafety>
public static class Grad
{
    /// <summary>The gradient of Σ cotangent · y with respect to each of <paramref name="wrt"/>.</summary>
    /// <param name="y">An f32 value; a scalar when no cotangent is given.</param>
    /// <param name="wrt">f32 values of the same graph. Nodes only differentiate through paths that reach these.</param>
    /// <param name="cotangent">What flows into y, of its type; one when left out.</param>
    /// <returns>A value of the type of each; zeros where y does not depend on it.</returns>
    /// <exception cref="ShapeException">y is not a scalar and no cotangent is given, or a type is not f32.</exception>
    public static IReadOnlyList<Tensor> Of(Tensor y, IReadOnlyList<Tensor> wrt, Tensor? cotangent = null)
    {
        var graph = y.Graph;
        y.Type.MustBe(DType.F32, name: "the differentiated value");
        if (cotangent is null && y.Type.Count != 1)
            throw new ShapeException($"Only a scalar has a gradient; {y} is {y.Type}. Reduce it with Sum() or Mean(), or pass a cotangent.");
        if (cotangent is not null && cotangent.Type != y.Type)
            throw new ShapeException($"The cotangent is {cotangent.Type}, but the differentiated value is {y.Type}.");

        return Of([y], wrt, [cotangent ?? graph.Full(y.Type, 1)]);
    }

    /// <summary>The gradient of Σ cotangent · y over several values with respect to each of <paramref name="wrt"/>.</summary>
    /// <param name="ys">At least one value; all of one graph.</param>
    /// <param name="wrt">Values of the same graph.</param>
    /// <param name="cotangents">What flows into each, of its type.</param>
    /// <param name="after">Nothing flows through the node of this id or earlier ones, to some of <paramref name="wrt"/> from others.</param>
    internal static IReadOnlyList<Tensor> Of(IReadOnlyList<Tensor> ys, IReadOnlyList<Tensor> wrt, IReadOnlyList<Tensor> cotangents, int after = -1)
    {
        var (graph, last) = (ys[0].Graph, ys.Max(y => y.Node.Id));
        var depends = Dependents(graph, wrt, last);
        var flowing = new Dictionary<Tensor, Tensor>();
        for (var i = 0; i < ys.Count; i++) flowing[ys[i]] = flowing.TryGetValue(ys[i], out var sofar) ? sofar + cotangents[i] : cotangents[i];
        for (var id = last; id > after; id--)
        {
            var node = graph.Nodes[id];
            if (!depends[id] || node.Inputs.Count == 0) continue;
            var into = node.Outputs.Select(o => flowing.GetValueOrDefault(o)).ToArray();
            if (Array.TrueForAll(into, c => c is null)) continue;
            using var scope = node.Name is null ? null : graph.Scope($"{node.Name}'");
            var back = node.Op.Vjp(node, new(node, into));
            if (back.Count != node.Inputs.Count)
                throw new GraphException($"{node}: its VJP returned {back.Count} values for {node.Inputs.Count} inputs.");
            for (var i = 0; i < back.Count; i++) Accumulate(node, i, back[i]);
        }
        return [.. wrt.Select(x => flowing.GetValueOrDefault(x) ?? graph.Full(x.Type, 0))];

        void Accumulate(Node node, int i, Tensor? more)
        {
            var input = node.Inputs[i];
            if (more is null || !depends[input.Node.Id]) return;
            if (more.Type != input.Type)
                throw new GraphException($"{node}: its VJP gave {more.Type} for input {i}, which is {input.Type}.");
            // 16-bit cotangents are added in f32.
            flowing[input] = flowing.TryGetValue(input, out var sofar) ? (sofar.Cast(DType.F32) + more.Cast(DType.F32)).Cast(input.DType) : more;
        }
    }

    /// <inheritdoc cref="Of(Tensor, IReadOnlyList{Tensor}, Tensor?)"/>
    public static Tensor Of(Tensor y, Tensor wrt) => Of(y, [wrt])[0];

    // Which nodes lie on a path from one of these values: only they are differentiated.
    private static bool[] Dependents(Graph graph, IReadOnlyList<Tensor> wrt, int last)
    {
        var depends = new bool[graph.Nodes.Count];
        foreach (var x in wrt) depends[x.Node.Id] = true;
        for (var id = 0; id <= last; id++)
            if (!depends[id] && graph.Nodes[id].Op is not StopGradientOp)
                foreach (var input in graph.Nodes[id].Inputs)
                    if (depends[input.Node.Id] && input.Type.DType.IsFloat()) depends[id] = true;
        return depends;
    }
}
