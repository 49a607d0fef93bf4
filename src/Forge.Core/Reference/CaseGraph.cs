using Forge.Core.Ops;

namespace Forge.Core.Reference;

/// <summary>A sampled case as a graph whose arguments are the case's inputs, and what follows from it by differentiation.</summary>
internal sealed class CaseGraph
{
    private readonly List<ReferenceTensor> _values = [];
    private readonly SplitMix _random;

    /// <param name="sampled">The case.</param>
    /// <param name="output">Which output is differentiated; all of them when left out.</param>
    /// <param name="seed">Decides the directions.</param>
    public CaseGraph(OpCase sampled, int? output = null, ulong seed = 20)
    {
        _random = new(seed);
        Inputs = [.. sampled.Inputs.Select(Argument)];
        Node = Graph.Add(sampled.Op, Inputs);
        Wrt = [.. Inputs.Where(x => x.DType == DType.F32)];
        Outputs = [.. Node.Outputs.Where((y, i) => y.DType == DType.F32 && (output is null || output == i))];
        (Directions, Cotangents) = ([.. Wrt.Select(x => Argument(Random(x.Shape)))], [.. Outputs.Select(y => Argument(Random(y.Shape)))]);
    }

    public Graph Graph { get; } = new();

    public Node Node { get; }

    public Tensor[] Inputs { get; }

    /// <summary>The f32 inputs.</summary>
    public Tensor[] Wrt { get; }

    /// <summary>The f32 outputs that are differentiated.</summary>
    public Tensor[] Outputs { get; }

    /// <summary>v: a random direction for each f32 input.</summary>
    public Tensor[] Directions { get; }

    /// <summary>u: a random cotangent for each output.</summary>
    public Tensor[] Cotangents { get; }

    public bool IsDifferentiable => Wrt.Length > 0 && Outputs.Length > 0 && Wrt.Any(x => x.Type.Count > 0);

    /// <summary>One more argument with a value.</summary>
    public Tensor Argument(ReferenceTensor value)
    {
        _values.Add(value);
        return Graph.Add(new InputOp(_values.Count - 1, value.Type)).Outputs[0];
    }

    public ReferenceTensor Random(Shape shape)
    {
        var tensor = new ReferenceTensor(new(DType.F32, shape));
        foreach (ref var value in tensor.Elements.AsSpan()) value = 2 * _random.NextUnit() - 1;
        return tensor;
    }

    public ReferenceTensor Value(Tensor tensor) => GraphEvaluator.Evaluate([tensor], leaf => _values[((InputOp)leaf).Position])[0];

    /// <summary>Σ ⟨aᵢ, bᵢ⟩, of equally many tensors.</summary>
    public static Tensor Dot(IReadOnlyList<Tensor> a, IReadOnlyList<Tensor> b) => a.Zip(b, (x, y) => (x * y).Sum()).Aggregate((x, y) => x + y);

    /// <summary>The largest magnitude of any value that these need.</summary>
    public double Largest(IReadOnlyList<Tensor> tensors)
    {
        var needed = GraphEvaluator.Needed(Graph, tensors);
        Tensor[] all = [.. Graph.Nodes.Where(n => needed[n.Id]).SelectMany(n => n.Outputs)];
        return GraphEvaluator.Evaluate(all, leaf => _values[((InputOp)leaf).Position]).SelectMany(t => t.Elements).Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max();
    }

    /// <summary>The norm of several tensors together.</summary>
    public double Norm(IEnumerable<Tensor> tensors) => Math.Sqrt(tensors.Sum(t => Value(t).Elements.Sum(x => x * x)));

    /// <summary>The central difference of some values along <see cref="Directions"/>.</summary>
    public double[][] Difference(IReadOnlyList<Tensor> values, double step)
    {
        var (plus, minus) = (Moved(values, step), Moved(values, -step));
        return [.. plus.Zip(minus, (p, m) => p.Elements.Zip(m.Elements, (x, y) => (x - y) / (2 * step)).ToArray())];
    }

    private IReadOnlyList<ReferenceTensor> Moved(IReadOnlyList<Tensor> values, double step)
    {
        var moved = _values.ToArray();
        for (var i = 0; i < Wrt.Length; i++)
        {
            var (at, direction) = (((InputOp)Wrt[i].Node.Op).Position, Value(Directions[i]));
            moved[at] = new(moved[at].Type);
            for (var k = 0; k < direction.Elements.Length; k++) moved[at][k] = _values[at][k] + step * direction[k];
        }
        return GraphEvaluator.Evaluate(values, leaf => moved[((InputOp)leaf).Position]);
    }
}
