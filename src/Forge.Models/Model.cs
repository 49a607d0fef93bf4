using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Models;

/// <summary>Layers connected into one function; itself a layer, so models nest.</summary>
/// <remarks>
/// The functional form: start at <see cref="Input"/>, call layers on symbols, and give what goes in and what comes out.
/// Layers are named once, when the model is made: conv2d, conv2d_1, ... Parameters are named <c>layer/weight</c>, with the
/// model's own name in front when it was given one or is part of another model.
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public partial class Model : Layer
{
    private readonly List<Layer> _layers = [];
    private readonly IReadOnlyList<Symbol> _inputs;
    private readonly Symbol? _output;

    /// <summary>A functional model of one input.</summary>
    /// <param name="input">What goes in.</param>
    /// <param name="output">What comes out.</param>
    /// <param name="name">The model's name.</param>
    public Model(Symbol input, Symbol output, string? name = null) : this([input], output, name) { }

    /// <summary>A functional model.</summary>
    /// <param name="inputs">What goes in, each made by an <see cref="Input"/>.</param>
    /// <param name="output">What comes out.</param>
    /// <param name="name">The model's name.</param>
    /// <exception cref="GraphException">The output needs an input that is not listed.</exception>
    public Model(IReadOnlyList<Symbol> inputs, Symbol output, string? name = null) : base(name)
    {
        (_inputs, _output) = (inputs, output);
        foreach (var symbol in InOrder(output))
        {
            if (symbol.Layer is Input && !inputs.Contains(symbol))
                throw new GraphException($"The model's output needs the input {symbol.Shape}, which is not among its inputs. List it.");
            Include(symbol.Layer);
        }
    }

    private protected Model(IReadOnlyList<Layer> layers, string? name) : base(name)
    {
        _inputs = [];
        foreach (var layer in layers) Include(layer);
    }

    /// <summary>The layers, in the order in which they run.</summary>
    public IReadOnlyList<Layer> Layers => _layers;

    /// <summary>What the model takes, without the batch axis; null when nobody said yet.</summary>
    public virtual IReadOnlyList<Shape>? ExpectedInputs => InputShapes ?? [.. _inputs.Select(i => i.Shape)];

    /// <inheritdoc/>
    public override bool Trainable
    {
        get => base.Trainable;
        set
        {
            base.Trainable = value;
            foreach (var layer in _layers) layer.Trainable = value;
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters
    {
        get
        {
            if (InputShapes is null && ExpectedInputs is { } shapes) Build(shapes, prefix: "");
            return InputShapes is null ? base.Parameters : [.. _layers.SelectMany(l => l.Parameters).Distinct()];
        }
    }

    /// <summary>The layer of a name.</summary>
    /// <exception cref="ForgeException">There is none; the message lists the names.</exception>
    public Layer this[string name] => _layers.FirstOrDefault(l => l.Name == name)
        ?? throw new ForgeException($"Model '{Name}' has no layer '{name}'. It has {string.Join(", ", _layers.Select(l => l.Name))}.");

    /// <inheritdoc/>
    public override IEnumerable<Tensor> Penalties() => _layers.SelectMany(l => l.Penalties());

    /// <inheritdoc/>
    public override bool IsStateful => _layers.Any(l => l.IsStateful);

    /// <inheritdoc/>
    public override void ResetStates(Engine engine)
    {
        foreach (var layer in _layers) layer.ResetStates(engine);
    }

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input) => ComputeOutputShape([input]);

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(IReadOnlyList<Shape> inputs) =>
        Walk(inputs, (layer, shapes) => layer.ComputeOutputShape(shapes));

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        var inner = OpensScope ? $"{Prefix}{Name}/" : Prefix;
        Walk(inputs, (layer, shapes) =>
        {
            layer.Build(shapes, inner);
            return layer.ComputeOutputShape(shapes);
        });
        if (_layers.SelectMany(l => l.Parameters).Distinct().GroupBy(p => p.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ForgeException($"Two parameters of model '{Name}' are called '{twice.Key}', because a layer was built before it was put here. Give the layers or inner models names.");
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => Compute([x], training);

    /// <inheritdoc/>
    protected override Tensor Compute(IReadOnlyList<Tensor> inputs, bool training) => Walk(inputs, (layer, values) => layer.Call(values, training));

    private protected override bool OpensScope => (GivenName ?? AssignedName) is not null;

    /// <summary>Follows the connections from inputs to output with any kind of value.</summary>
    private protected virtual T Walk<T>(IReadOnlyList<T> inputs, Func<Layer, IReadOnlyList<T>, T> step)
    {
        if (inputs.Count != _inputs.Count) throw new ShapeException($"Model '{Name}' takes {_inputs.Count} inputs, not {inputs.Count}.");
        var values = new Dictionary<Symbol, T>();
        foreach (var symbol in InOrder(_output!))
        {
            var at = symbol.Layer is Input ? IndexOf(symbol) : -1;
            values[symbol] = step(symbol.Layer, at >= 0 ? [inputs[at]] : [.. symbol.Inputs.Select(i => values[i])]);
        }
        return values[_output!];
    }

    private int IndexOf(Symbol input)
    {
        for (var i = 0; i < _inputs.Count; i++)
            if (_inputs[i] == input) return i;
        return -1;
    }

    // Each symbol after those it is made from. A stack of its own: deep models must not exhaust the thread's.
    private static List<Symbol> InOrder(Symbol output)
    {
        var (order, seen, open) = (new List<Symbol>(), new HashSet<Symbol>(), new Stack<(Symbol Symbol, bool Finished)>());
        open.Push((output, false));
        while (open.TryPop(out var next))
        {
            if (next.Finished) order.Add(next.Symbol);
            if (next.Finished || !seen.Add(next.Symbol)) continue;
            open.Push((next.Symbol, true));
            foreach (var input in next.Symbol.Inputs.Reverse()) open.Push((input, false));
        }
        return order;
    }

    private void Include(Layer layer)
    {
        if (_layers.Contains(layer)) return;
        layer.AssignedName ??= layer.GivenName ?? FreeName(layer.Kind);
        if (_layers.Exists(l => l.Name == layer.Name))
            throw new ForgeException($"Model '{Name}' has two layers called '{layer.Name}'. Give one another name.");
        _layers.Add(layer);
    }

    private string FreeName(string kind)
    {
        var name = kind;
        for (var n = 1; _layers.Exists(l => l.Name == name); n++) name = $"{kind}_{n}";
        return name;
    }
}

/// <summary>Layers one after another.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class Sequential : Model
{
    /// <summary>A chain of layers. Start it with an <see cref="Input"/> for its shapes to be known before the first batch.</summary>
    public Sequential(params IReadOnlyList<Layer> layers) : this(null, layers) { }

    /// <summary>A named chain of layers.</summary>
    /// <param name="name">The model's name; its parameters' names start with it.</param>
    /// <param name="layers">At least one.</param>
    public Sequential(string? name, params IReadOnlyList<Layer> layers) : base(layers, name)
    {
        if (layers.Count == 0) throw new ForgeException("A Sequential needs at least one layer.");
        if (Layers.Count != layers.Count)
            throw new ForgeException("A layer appears twice in a Sequential. Make a new one, or use the functional form to share weights.");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Shape>? ExpectedInputs => InputShapes ?? (Layers[0] is Input input ? [input.Shape] : (Layers[0] as Model)?.ExpectedInputs);

    private protected override T Walk<T>(IReadOnlyList<T> inputs, Func<Layer, IReadOnlyList<T>, T> step) =>
        Layers.Aggregate(inputs, (values, layer) => [step(layer, values)])[0];
}
