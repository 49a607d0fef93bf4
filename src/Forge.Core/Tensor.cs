using System.Diagnostics;

namespace Forge.Core;

/// <summary>A value in a graph: one output of a node. Operators append nodes; nothing is computed until the step runs.</summary>
/// <threadsafety>One thread at a time: the one that traces its graph.</threadsafety>
[DebuggerDisplay("{ToString(),nq}")]
public sealed partial class Tensor
{
    internal Tensor(Node node, int index, TensorType type) => (Node, Index, Type) = (node, index, type);

    /// <summary>The node that makes the value.</summary>
    public Node Node { get; }

    /// <summary>Which of the node's outputs it is.</summary>
    public int Index { get; }

    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; }

    /// <summary>The extents.</summary>
    public Shape Shape => Type.Shape;

    /// <summary>The element type.</summary>
    public DType DType => Type.DType;

    /// <summary>The graph that owns the value.</summary>
    public Graph Graph => Node.Graph;

    /// <summary>Gives the node a name for messages, profiles and debuggers, unless it has one.</summary>
    /// <returns>This value.</returns>
    public Tensor Named(string name)
    {
        Node.Name ??= name;
        return this;
    }

    /// <summary>Reading a value while tracing is an error: it has none yet.</summary>
    /// <exception cref="TracingException">Always; it names the line.</exception>
    public float Scalar(
        [System.Runtime.CompilerServices.CallerFilePath] string file = "",
        [System.Runtime.CompilerServices.CallerLineNumber] int line = 0) =>
        throw new TracingException($"{Path.GetFileName(file)}:{line}: {this} has no value while the function is traced. Return it from the traced function and read the result of Run.");

    /// <summary>For example: 'conv1' f32 (32, 148, 148, 32).</summary>
    public override string ToString() => $"'{Node.Label}'{(Index == 0 ? "" : $".{Index}")} {Type}";
}
