using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Layers;

/// <summary>The simple recurrent cell: h_t = f(x_t · kernel + h_(t−1) · recurrent_kernel + bias), with the state as output.</summary>
/// <param name="units">Numbers in a state.</param>
/// <param name="activation">f: tanh or relu.</param>
/// <param name="name">The layer's name.</param>
/// <exception cref="ForgeException">Another activation.</exception>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SimpleRNN(int units, ActivationKind activation = ActivationKind.Tanh, string? name = null) : RecurrentLayer(units, name)
{
    private readonly ActivationKind _activation = activation is ActivationKind.Tanh or ActivationKind.Relu
        ? activation
        : throw new ForgeException($"A simple recurrent cell has the activation tanh or relu, not {activation}.");

    /// <inheritdoc/>
    public override int Gates => 1;

    private protected override (Tensor States, IReadOnlyList<Tensor> Last) Cell(Tensor projections, IReadOnlyList<Tensor> initial, Tensor? mask, Tensor? kept, bool reverse)
    {
        var (states, last) = projections.SimpleRnn(RecurrentKernel!, initial[0], mask, _activation, reverse, Path, kept);
        return (states, [last]);
    }
}

/// <summary>Long short-term memory: c_t = f · c_(t−1) + i · g, h_t = o · tanh(c_t). Gates in the order i, f, g, o; one bias.</summary>
/// <param name="units">Numbers in a state.</param>
/// <param name="unitForgetBias">Whether the forget gate's bias begins at one more than the initializer says (Jozefowicz et al. 2015).</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class LSTM(int units, bool unitForgetBias = true, string? name = null) : RecurrentLayer(units, name)
{
    /// <inheritdoc/>
    public override int Gates => 4;

    /// <inheritdoc/>
    public override int States => 2;

    private protected override Initializer FirstBias => unitForgetBias ? new UnitForgetBias(BiasInitializer) : BiasInitializer;

    private protected override (Tensor States, IReadOnlyList<Tensor> Last) Cell(Tensor projections, IReadOnlyList<Tensor> initial, Tensor? mask, Tensor? kept, bool reverse)
    {
        var (states, last, cell) = projections.Lstm(RecurrentKernel!, initial[0], initial[1], mask, reverse, Path, kept);
        return (states, [last, cell]);
    }
}

/// <summary>Gated recurrent units: h_t = z · h_(t−1) + (1 − z) · candidate. Gates in the order z, r, candidate.</summary>
/// <remarks>With <paramref name="resetAfter"/> the bias is (2, 3 · units): the projections' row, then the recurrent part's.</remarks>
/// <param name="units">Numbers in a state.</param>
/// <param name="resetAfter">Whether r multiplies what the recurrent kernel made of the state (Keras, PyTorch), or the state before that.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class GRU(int units, bool resetAfter = true, string? name = null) : RecurrentLayer(units, name)
{
    /// <inheritdoc/>
    public override int Gates => 3;

    /// <summary>Whether r multiplies what the recurrent kernel made of the state.</summary>
    public bool ResetAfter => resetAfter;

    private protected override Shape BiasShape => resetAfter ? (2, Gates * Units) : base.BiasShape;

    private protected override Tensor? ProjectionBias => Bias is null || !resetAfter ? base.ProjectionBias : BiasRow(0);

    private protected override (Tensor States, IReadOnlyList<Tensor> Last) Cell(Tensor projections, IReadOnlyList<Tensor> initial, Tensor? mask, Tensor? kept, bool reverse)
    {
        var bias = !resetAfter ? null : Bias is null ? projections.Graph.Full(new(DType.F32, base.BiasShape), 0) : BiasRow(1);
        var (states, last) = projections.Gru(RecurrentKernel!, initial[0], bias, mask, reverse, Path, kept);
        return (states, [last]);
    }

    private Tensor BiasRow(int row) => ((Tensor)Bias!).SliceAxis(0, row, 1).Reshape(base.BiasShape);
}

/// <summary>Another initial value, with one more in the second quarter: an LSTM's forget gate.</summary>
/// <param name="Inner">What the bias begins at.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record UnitForgetBias(Initializer Inner) : Initializer
{
    /// <inheritdoc/>
    public override string Name => "unit_forget_bias";

    /// <inheritdoc/>
    protected override void Fill(Span<float> into, Shape shape, Fans fans, PhiloxSequence draws)
    {
        Inner.FillAs(into, shape, fans, draws);
        var units = into.Length / 4;
        foreach (ref var bias in into.Slice(units, units)) bias += 1;
    }
}
