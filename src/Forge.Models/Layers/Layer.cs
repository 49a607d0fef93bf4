using System.Text;
using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A part of a model: parameters, and a function of a batch that uses them. Shapes here leave out the batch axis.</summary>
/// <remarks>
/// A layer is built once, for one input shape, and may be called many times in many traced functions.
/// Write a layer of your own by overriding <see cref="ComputeOutputShape(Shape)"/>, <see cref="Create"/> and <see cref="Compute(Tensor, bool)"/>.
/// </remarks>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class Layer
{
    private readonly List<Parameter> _parameters = [];
    private readonly HashSet<Parameter> _statistics = [];
    private readonly List<(Parameter Parameter, Regularizer Penalty)> _penalties = [];
    private bool _trainable = true;

    /// <summary>A layer.</summary>
    /// <param name="name">Its name; null to be named after its kind by the model it is in: conv2d, conv2d_1, ...</param>
    protected Layer(string? name) => GivenName = name;

    /// <summary>The name that the user chose; null when the model chooses.</summary>
    public string? GivenName { get; }

    /// <summary>The name in the model; before the layer is in one, the name of its kind.</summary>
    public string Name => GivenName ?? AssignedName ?? Kind;

    /// <summary>The name that a model chose; null before the layer is in one.</summary>
    internal string? AssignedName { get; set; }

    /// <summary>The kind of layer, in Keras's spelling: conv2d, max_pooling2d.</summary>
    public string Kind => SnakeCase(GetType().Name);

    /// <summary>What comes in; null before the layer is built.</summary>
    public IReadOnlyList<Shape>? InputShapes { get; private set; }

    /// <summary>What comes out; null before the layer is built.</summary>
    public Shape? OutputShape { get; private set; }

    /// <summary>Whether optimizers change its parameters. Set before the step is traced; batch normalisation also stops using batch statistics.</summary>
    public virtual bool Trainable
    {
        get => _trainable;
        set
        {
            _trainable = value;
            foreach (var parameter in _parameters) parameter.Trainable = value && !_statistics.Contains(parameter);
        }
    }

    /// <summary>Its parameters, in Keras's order; those of layers within it included.</summary>
    /// <exception cref="ForgeException">The layer has not been built.</exception>
    public virtual IReadOnlyList<Parameter> Parameters => InputShapes is null
        ? throw new ForgeException($"Layer '{Name}' has no parameters yet, because its input shape is not known. Start the model with Input(shape), or call Build.")
        : _parameters;

    /// <summary>The shape of the output for an input of this shape, both without the batch axis.</summary>
    /// <exception cref="ShapeException">The layer cannot take such an input.</exception>
    public abstract Shape ComputeOutputShape(Shape input);

    /// <summary>The shape of the output for several inputs; a layer of one input takes exactly one.</summary>
    public virtual Shape ComputeOutputShape(IReadOnlyList<Shape> inputs) => ComputeOutputShape(Only(inputs));

    /// <summary>Creates the parameters, unless that was done.</summary>
    /// <param name="input">The input's shape without the batch axis.</param>
    public void Build(Shape input) => Build([input], prefix: "");

    /// <summary>Appends the layer's function to the graph being traced.</summary>
    /// <param name="x">A batch: (n, ...) with the shape the layer was built for; builds it if it was not.</param>
    /// <param name="training">Whether this is a training step: dropout and batch normalisation differ.</param>
    public Tensor Call(Tensor x, bool training = false) => Call([x], training);

    /// <summary>Appends the layer's function of several inputs to the graph being traced.</summary>
    public Tensor Call(IReadOnlyList<Tensor> inputs, bool training = false)
    {
        IReadOnlyList<Shape> shapes = [.. inputs.Select(WithoutBatch)];
        if (InputShapes is null) Build(shapes, prefix: "");
        else if (_parameters.Count > 0 && !Accepts(shapes))
            throw new ShapeException($"Layer '{Name}' was built for inputs {string.Join(", ", InputShapes)}, but is given {string.Join(", ", shapes)} (batch axis left out).");
        using var scope = OpensScope ? inputs[0].Graph.Scope(Name) : null;
        var y = Compute(inputs, training);
        return CarriesMask && inputs[0].Mask() is { } mask && y.Mask() is null ? y.WithMask(mask) : y;
    }

    /// <summary>Uses the layer in a functional model: describes its output without computing anything.</summary>
    public Symbol Call(params IReadOnlyList<Symbol> inputs) => new(this, inputs, ComputeOutputShape([.. inputs.Select(i => i.Shape)]));

    /// <summary>The penalties of the layer's regularisers, as graph values; empty when it has none.</summary>
    public virtual IEnumerable<Tensor> Penalties() => _penalties.Select(p => p.Penalty.Of(p.Parameter));

    /// <summary>Whether something goes on from batch to batch: the state of a recurrent layer.</summary>
    public virtual bool IsStateful => false;

    /// <summary>Sets what goes on from batch to batch back to zero: the states of recurrent layers that are stateful. Other layers have none.</summary>
    /// <param name="engine">Where the states are.</param>
    public virtual void ResetStates(Engine engine) { }

    internal void Build(IReadOnlyList<Shape> inputs, string prefix)
    {
        if (InputShapes is not null) return;
        OutputShape = ComputeOutputShape(inputs);
        Prefix = prefix;
        Create(inputs);
        InputShapes = inputs;
    }

    /// <summary>Adds the parameters with <see cref="AddWeight"/>. Called once.</summary>
    protected virtual void Create(IReadOnlyList<Shape> inputs) { }

    /// <summary>The function of one batch.</summary>
    protected abstract Tensor Compute(Tensor x, bool training);

    /// <summary>The function of several inputs; a layer of one input takes exactly one.</summary>
    protected virtual Tensor Compute(IReadOnlyList<Tensor> inputs, bool training) => Compute(Only(inputs), training);

    /// <summary>Creates a parameter of this layer, named <c>layer/weight</c>.</summary>
    /// <param name="name">Keras's name: kernel, bias, gamma.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="initializer">Its first value.</param>
    /// <param name="fans">The fans of the layer's kernel.</param>
    /// <param name="penalty">Its regulariser, if any.</param>
    /// <param name="learned">False for statistics, which no gradient changes.</param>
    protected Parameter AddWeight(string name, Shape shape, Initializer initializer, Fans fans, Regularizer? penalty = null, bool learned = true)
    {
        var parameter = new Parameter($"{Prefix}{Name}/{name}", new(DType.F32, shape), key => initializer.Make(shape, fans, key), learned && _trainable);
        _parameters.Add(parameter);
        if (!learned) _statistics.Add(parameter);
        if (penalty is not null) _penalties.Add((parameter, penalty));
        return parameter;
    }

    /// <summary>What precedes the layer's name in its parameters' names: the names of the models it is in.</summary>
    private protected string Prefix { get; private set; } = "";

    /// <summary>Whether nodes are named after the layer.</summary>
    private protected virtual bool OpensScope => true;

    /// <summary>Whether the output is a sequence of the first input's steps, so that its mask holds for it too.</summary>
    private protected virtual bool CarriesMask => false;

    /// <summary>Whether a layer with parameters, built, takes inputs of these shapes.</summary>
    private protected virtual bool Accepts(IReadOnlyList<Shape> shapes) => shapes.SequenceEqual(InputShapes!);

    private static Shape WithoutBatch(Tensor x) => x.Shape.Rank > 0
        ? new Shape(x.Shape.Extents[1..])
        : throw new ShapeException($"{x} has no batch axis: layers take (batch, ...).");

    private T Only<T>(IReadOnlyList<T> inputs) => inputs.Count == 1
        ? inputs[0]
        : throw new ShapeException($"Layer '{Name}' takes one input, not {inputs.Count}. Merge them first, with Add or Concatenate.");

    // Keras's rule: MaxPooling2D → max_pooling2d, ReLU → re_lu.
    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = char.IsUpper(name[i]) && i > 0
                && (char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]) && !char.IsDigit(name[i - 1])));
            if (startsWord) text.Append('_');
            text.Append(char.ToLowerInvariant(name[i]));
        }
        return text.ToString();
    }
}
