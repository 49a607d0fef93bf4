using System.Runtime.CompilerServices;
using Forge.Core;

namespace Forge.Models.Layers;

/// <summary>A recurrent cell run over every step of a sequence.</summary>
/// <remarks>
/// <para>x (n, t, f) → y (n, units), the last step's state, or (n, t, units) with <see cref="ReturnSequences"/>. Further inputs are the initial states,
/// (n, units) each; zeros when left out. Where the sequences have a mask (see <see cref="SequenceMask"/>), masked steps carry the state on.</para>
/// <para>Weights are named kernel (f, gates · units), recurrent_kernel (units, gates · units) and bias, with Keras's gate orders. The number of steps may
/// differ from call to call: each is a plan of its own.</para>
/// </remarks>
/// <param name="units">Numbers in a state, at least 1.</param>
/// <param name="name">The layer's name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract partial class RecurrentLayer(int units, string? name) : Layer(name)
{
    private readonly ConditionalWeakTable<Tensor, IReadOnlyList<Tensor>> _last = [];
    private Parameter[] _carried = [];

    /// <summary>Numbers in a state.</summary>
    public int Units { get; } = units;

    /// <summary>Whether the state of every step comes out, not that of the last alone.</summary>
    public bool ReturnSequences { get; init; }

    /// <summary>Whether the steps are walked from the last to the first; sequences come out in the order in which they were walked.</summary>
    public bool GoBackwards { get; init; }

    /// <summary>Whether a bias is added.</summary>
    public bool UseBias { get; init; } = true;

    /// <summary>
    /// Sequences in every batch, for a layer whose last states are the initial ones of the next batch (Keras's stateful), until
    /// <see cref="Layer.ResetStates"/>; null for states that begin at zero. No gradient flows from one batch to another.
    /// </summary>
    public int? StatefulBatch { get; init; }

    /// <summary>
    /// The share of the features that is dropped while training, in [0, 1). What is dropped is drawn once for each sequence of a batch and stays so at every
    /// step; the others are divided by 1 − rate.
    /// </summary>
    public float Dropout { get; init; }

    /// <summary>
    /// The share of the state's numbers that the recurrent product does not see while training, in [0, 1), drawn like <see cref="Dropout"/>; the state that
    /// is carried from step to step stays whole.
    /// </summary>
    /// <remarks>
    /// As in Keras every gate then has draws of its own, and so do the features of every gate. No fused kernel does this: training runs step by step, some
    /// products for each, and is that much slower. Inference is not touched.
    /// </remarks>
    public float RecurrentDropout { get; init; }

    /// <summary>Steps after which no gradient flows back further (truncated backpropagation); null for none.</summary>
    public int? TruncateSteps { get; init; }

    /// <summary>
    /// Steps of the segments that are computed again for the gradient, so that a step of training keeps the states between them alone; null to keep
    /// everything. Time for memory: a cell runs forwards twice.
    /// </summary>
    public int? CheckpointSteps { get; init; }

    /// <summary>How a cell runs over its steps.</summary>
    public RecurrentPath Path { get; init; }

    /// <summary>The kernel's first value.</summary>
    public Initializer KernelInitializer { get; init; } = Initializer.GlorotUniform;

    /// <summary>The recurrent kernel's first value.</summary>
    public Initializer RecurrentInitializer { get; init; } = Initializer.Orthogonal;

    /// <summary>The bias's first value.</summary>
    public Initializer BiasInitializer { get; init; } = Initializer.Zeros;

    /// <summary>A penalty on the kernel.</summary>
    public Regularizer? KernelRegularizer { get; init; }

    /// <summary>A penalty on the recurrent kernel.</summary>
    public Regularizer? RecurrentRegularizer { get; init; }

    /// <summary>A penalty on the bias.</summary>
    public Regularizer? BiasRegularizer { get; init; }

    /// <summary>What the features are multiplied by, once built.</summary>
    public Parameter? Kernel { get; private set; }

    /// <summary>What the state is multiplied by, once built.</summary>
    public Parameter? RecurrentKernel { get; private set; }

    /// <summary>The bias, once built; null without one.</summary>
    public Parameter? Bias { get; private set; }

    /// <summary>Gates of a unit.</summary>
    public abstract int Gates { get; }

    /// <summary>States that are carried: 1, or 2 where there is a cell beside it.</summary>
    public virtual int States => 1;

    /// <summary>The bias's shape.</summary>
    private protected virtual Shape BiasShape => new(Gates * Units);

    /// <summary>The bias's first value, as the cell wants it.</summary>
    private protected virtual Initializer FirstBias => BiasInitializer;

    private protected override bool CarriesMask => ReturnSequences;

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(Shape input)
    {
        if (Units < 1) throw new ShapeException($"Layer '{Name}' has {Units} units, but must have at least 1.");
        if (input.Rank != 2) throw new ShapeException($"Layer '{Name}' takes sequences (steps, features), not {input}. Flatten what a step has, or reshape images to rows.");
        if (input[0] < 1) throw new ShapeException($"Layer '{Name}' needs at least one step.");
        CheckRate("dropout", Dropout);
        CheckRate("recurrent dropout", RecurrentDropout);
        if (RecurrentDropout > 0 && Path == RecurrentPath.Fused)
            throw new ShapeException($"Layer '{Name}': no fused kernel has recurrent dropout. Use RecurrentPath.Fastest, which trains step by step, or PerStep.");
        if (TruncateSteps < 1) throw new ShapeException($"Layer '{Name}': gradients cannot stop after {TruncateSteps} steps. Use at least 1.");
        if (CheckpointSteps < 1) throw new ShapeException($"Layer '{Name}': segments of {CheckpointSteps} steps. Use at least 1.");
        return ReturnSequences ? (input[0], Units) : new Shape(Units);
    }

    /// <inheritdoc/>
    public override Shape ComputeOutputShape(IReadOnlyList<Shape> inputs)
    {
        if (inputs.Count != 1 && inputs.Count != 1 + States)
            throw new ShapeException($"Layer '{Name}' takes sequences and {States} initial state(s), or sequences alone, not {inputs.Count} inputs.");
        foreach (var state in inputs.Skip(1))
            if (!state.Equals(new Shape(Units))) throw new ShapeException($"Layer '{Name}': an initial state is {state}, but must be ({Units}), a number a unit.");
        return ComputeOutputShape(inputs[0]);
    }

    /// <summary>The states after the last step of a call: the state, and the cell where there is one.</summary>
    /// <param name="output">What the call returned.</param>
    /// <exception cref="ForgeException">The value is not an output of this layer.</exception>
    public IReadOnlyList<Tensor> StatesOf(Tensor output) => _last.TryGetValue(output, out var states)
        ? states
        : throw new ForgeException($"{output} is not what layer '{Name}' returned.");

    /// <summary>The states after the last step, in a functional model (Keras's return_state): the state, and the cell where there is one.</summary>
    /// <param name="output">The layer's output.</param>
    public IReadOnlyList<Symbol> StatesOf(Symbol output) => output.Layer == this
        ? [.. Enumerable.Range(0, States).Select(i => new FinalState(this, i).Call(output))]
        : throw new ForgeException($"The value comes from layer '{output.Layer.Name}', not from '{Name}'.");

    /// <inheritdoc/>
    public override void ResetStates(Engine engine)
    {
        foreach (var state in _carried) engine.State.Write(state, new(state.Type));
    }

    /// <inheritdoc/>
    public override bool IsStateful => StatefulBatch is not null;

    /// <inheritdoc/>
    protected override void Create(IReadOnlyList<Shape> inputs)
    {
        Shape kernel = (inputs[0][-1], Gates * Units), recurrent = (Units, Gates * Units);
        Kernel = AddWeight("kernel", kernel, KernelInitializer, Fans.Of(kernel), KernelRegularizer);
        RecurrentKernel = AddWeight("recurrent_kernel", recurrent, RecurrentInitializer, Fans.Of(recurrent), RecurrentRegularizer);
        if (UseBias) Bias = AddWeight("bias", BiasShape, FirstBias, Fans.Of(kernel), BiasRegularizer);
        if (StatefulBatch is { } batch)
            _carried = [.. Enumerable.Range(0, States).Select(i => AddWeight(i == 0 ? "state" : "state_cell", (batch, Units), Initializer.Zeros, Fans.Of(new(Units)), learned: false))];
    }

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, bool training) => Compute([x], training);

    /// <inheritdoc/>
    protected override Tensor Compute(IReadOnlyList<Tensor> inputs, bool training) => Run(inputs, training, GoBackwards, inOrder: !GoBackwards);

    private protected override bool Accepts(IReadOnlyList<Shape> shapes) => shapes[0].Rank == 2 && shapes[0][-1] == InputShapes![0][-1] && ComputeOutputShape(shapes).Rank > 0;

    /// <summary>The layer with time the other way round, outputs at the places of their steps.</summary>
    internal Tensor CallBackwards(Tensor x, bool training)
    {
        using var scope = x.Graph.Scope(Name);
        return Run([x], training, !GoBackwards, inOrder: true);
    }

    private Tensor Run(IReadOnlyList<Tensor> inputs, bool training, bool reverse, bool inOrder)
    {
        var x = inputs[0];
        var (n, mask) = (x.Shape[0], x.Mask());
        var kept = training ? Kept.Draw(this, x) : default;
        var initial = Initial(inputs, n);
        var (states, last) = Segments(x, initial, mask, kept, reverse);
        for (var i = 0; i < _carried.Length; i++) x.Graph.Assign(_carried[i], last[i].StopGradient());
        var output = !ReturnSequences ? last[0] : inOrder ? states : states.Flip(1);
        _last.AddOrUpdate(output, last);
        return output;
    }

    private IReadOnlyList<Tensor> Initial(IReadOnlyList<Tensor> inputs, int n)
    {
        if (inputs.Count > 1) return [.. inputs.Skip(1)];
        if (StatefulBatch is { } batch && batch != n)
            throw new ShapeException($"Layer '{Name}' carries the states of {batch} sequences from batch to batch, but this batch has {n}. Use batches of {batch}, all of one size.");
        var graph = inputs[0].Graph;
        return IsStateful ? [.. _carried.Select(c => graph.Read(c, latest: true))] : [.. Enumerable.Repeat(graph.Full(new(DType.F32, (n, Units)), 0), States)];
    }

    /// <summary>The cell over all steps: its states (n, t, units), at the places of their steps, then the last states.</summary>
    /// <param name="projections">Features times the kernel, plus the bias: (n, t, gates · units).</param>
    /// <param name="initial">The states before the first step.</param>
    /// <param name="mask">u32 (n, t), or null.</param>
    /// <param name="kept">What each gate multiplies the state by before the recurrent product, (n, gates · units), or null.</param>
    /// <param name="reverse">Whether time runs backwards.</param>
    private protected abstract (Tensor States, IReadOnlyList<Tensor> Last) Cell(Tensor projections, IReadOnlyList<Tensor> initial, Tensor? mask, Tensor? kept, bool reverse);

    /// <summary>The bias of the projections.</summary>
    private protected virtual Tensor? ProjectionBias => Bias is null ? null : (Tensor)Bias;

    /// <summary>One of the last states of a layer, as a layer on its output.</summary>
    private sealed class FinalState(RecurrentLayer of, int index) : Layer(null)
    {
        public override Shape ComputeOutputShape(Shape input) => new(of.Units);

        protected override Tensor Compute(Tensor x, bool training) => of.StatesOf(x)[index];
    }
}
