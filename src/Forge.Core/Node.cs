using System.Diagnostics;

namespace Forge.Core;

/// <summary>One use of an op in a graph. Immutable but for its name; made only by <see cref="Graph"/>.</summary>
/// <threadsafety>One thread at a time: the one that traces its graph.</threadsafety>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Node
{
    internal Node(Graph graph, int id, Op op, Tensor[] inputs, IReadOnlyList<TensorType> types, string? name)
    {
        (Graph, Id, Op, Inputs, Name) = (graph, id, op, inputs, name);
        var outputs = new Tensor[types.Count];
        for (var i = 0; i < outputs.Length; i++) outputs[i] = new(this, i, types[i]);
        Outputs = outputs;
    }

    /// <summary>The graph that owns the node.</summary>
    public Graph Graph { get; }

    /// <summary>The node's place in its graph; greater than that of every node it reads.</summary>
    public int Id { get; }

    /// <summary>What is computed.</summary>
    public Op Op { get; }

    /// <summary>The values read.</summary>
    public IReadOnlyList<Tensor> Inputs { get; }

    /// <summary>The values made.</summary>
    public IReadOnlyList<Tensor> Outputs { get; }

    /// <summary>A name for messages and profiles, such as the layer's; null when nobody gave one.</summary>
    public string? Name { get; internal set; }

    /// <summary>The name, or the op and its place: always something to show.</summary>
    public string Label => Name ?? $"{Op.Name}#{Id}";

    /// <summary>The types of the inputs.</summary>
    public IReadOnlyList<TensorType> InputTypes => [.. Inputs.Select(i => i.Type)];

    /// <summary>The types of the outputs.</summary>
    public IReadOnlyList<TensorType> OutputTypes => [.. Outputs.Select(o => o.Type)];

    /// <summary>For example: Add 'dense1' %7(%5, %6) → f32 (32, 10).</summary>
    public override string ToString() =>
        $"{Op.Name}{(Name is null ? "" : $" '{Name}'")} %{Id}({string.Join(", ", Inputs.Select(i => i.Index == 0 ? $"%{i.Node.Id}" : $"%{i.Node.Id}.{i.Index}"))}) → {string.Join(", ", Outputs.Select(o => o.Type))}";
}
