using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A function of every element (softmax: of every row) applied after a layer, with the name that configurations use.</summary>
/// <param name="Name">Keras's name.</param>
/// <param name="Apply">Appends it to the graph.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record ActivationFunction(string Name, Func<Tensor, Tensor> Apply)
{
    /// <summary>x itself.</summary>
    public static ActivationFunction Linear { get; } = new("linear", x => x);

    /// <summary>max(x, 0).</summary>
    public static ActivationFunction Relu { get; } = new("relu", x => x.Relu());

    /// <summary>1 / (1 + e^−x).</summary>
    public static ActivationFunction Sigmoid { get; } = new("sigmoid", x => x.Sigmoid());

    /// <summary>The hyperbolic tangent.</summary>
    public static ActivationFunction Tanh { get; } = new("tanh", x => x.Tanh());

    /// <summary>Probabilities along the last axis.</summary>
    public static ActivationFunction Softmax { get; } = new("softmax", x => x.Softmax());

    /// <summary>log(1 + e^x).</summary>
    public static ActivationFunction Softplus { get; } = new("softplus", x => x.Softplus());

    /// <summary>x where positive, else e^x − 1.</summary>
    public static ActivationFunction Elu { get; } = new("elu", x => x.Elu());

    /// <summary>x·Φ(x), by the error function.</summary>
    public static ActivationFunction Gelu { get; } = new("gelu", x => x.Gelu());

    /// <summary>x · sigmoid(x).</summary>
    public static ActivationFunction Silu { get; } = new("silu", x => x.Silu());

    /// <summary>x where positive, else 0.2·x: Keras's activation of that name (its layer has slope 0.3).</summary>
    public static ActivationFunction LeakyRelu { get; } = new("leaky_relu", x => x.LeakyRelu(0.2f));

    /// <summary>Every named function.</summary>
    public static IReadOnlyList<ActivationFunction> All { get; } =
        [Linear, Relu, Sigmoid, Tanh, Softmax, Softplus, Elu, Gelu, Silu, LeakyRelu];

    /// <summary>The function of a name, so that <c>activation: "relu"</c> can be written.</summary>
    /// <exception cref="ForgeException">No function has that name; the message lists them.</exception>
    public static implicit operator ActivationFunction(string name) => Named(name);

    /// <summary>The function of a name.</summary>
    /// <exception cref="ForgeException">No function has that name; the message lists them.</exception>
    public static ActivationFunction Named(string name) => All.FirstOrDefault(a => a.Name == name)
        ?? throw new ForgeException($"There is no activation '{name}'. Use one of {string.Join(", ", All.Select(a => a.Name))}, or pass an ActivationFunction.");
}
