using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>A cell run over all steps of a sequence by one kernel: h at each step from the step's projection and the h before.</summary>
/// <param name="Reverse">Whether time runs backwards. Outputs stay at the places of their steps.</param>
/// <param name="HasMask">Whether the last input is a mask: where it is 0 the step is skipped and its state is the one before.</param>
/// <param name="Saves">Whether what the gradient reads is an output too. A pass takes it back where nothing reads it.</param>
/// <remarks>
/// <para>With G gates and U units: projections f32 (N,T,G·U), the inputs times their kernel plus bias, one product made by the caller;
/// recurrent f32 (U,G·U); h0 f32 (N,U); then what the cell says; last the mask u32 (N,T), if there is one.</para>
/// <para>→ states f32 (N,T,U), each step's h; last f32 (N,U), the h after the final step; lastCell f32 (N,U) where the cell has one; and where saved:
/// previous f32 (N,T,U), the h that each step began with, and saved f32 (N,T,U,S), S numbers a unit that the cell names. At skipped steps these are
/// what the step would have had.</para>
/// <para>The gradient is a kernel of its own; gradients of that, and of what is saved, go through <see cref="Unrolled(IReadOnlyList{Tensor})"/>.</para>
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or there is no step or no unit.</exception>
/// <threadsafety>Immutable.</threadsafety>
public abstract record RecurrentOp(bool Reverse, bool HasMask, bool Saves) : Op
{
    /// <summary>Whether it must run as one kernel; else a backend that runs the steps faster one by one may do so.</summary>
    public bool IsFused { get; init; }

    /// <summary>Gates of a unit: columns of the projections for each.</summary>
    public abstract int Gates { get; }

    /// <summary>Numbers of a unit that are saved at each step, besides the state before it; may be 0.</summary>
    public abstract int SavedNumbers { get; }

    /// <summary>Whether a second state, the cell, is carried beside h: one more input and one more output.</summary>
    public virtual bool HasCell => false;

    /// <summary>Whether the recurrent part has a bias of its own, (G·U): one more input.</summary>
    public virtual bool HasRecurrentBias => false;

    /// <summary>Outputs before those that are saved.</summary>
    public int Results => HasCell ? 3 : 2;

    private int Operands => 3 + (HasCell ? 1 : 0) + (HasRecurrentBias ? 1 : 0) + (HasMask ? 1 : 0);

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        if (inputs.Count != Operands)
            throw new ShapeException($"{Name} takes {Operands} inputs, not {inputs.Count}: projections, the recurrent matrix, the state before{(HasCell ? ", the cell before" : "")}{(HasRecurrentBias ? ", a recurrent bias" : "")}{(HasMask ? ", a mask" : "")}.");
        var sequence = Sequence.Of(this, inputs, inputs[0].MustBe(DType.F32, rank: 3, name: "projections").Shape, inputs[1], Gates, Reverse);
        var (n, t, u) = (sequence.Rows, sequence.Steps, sequence.Units);
        var (state, states) = (new TensorType(DType.F32, (n, u)), new TensorType(DType.F32, (n, t, u)));
        Sequence.Check(this, inputs, "the state before", inputs[2], state);
        if (HasCell) Sequence.Check(this, inputs, "the cell before", inputs[3], state);
        if (HasRecurrentBias) Sequence.Check(this, inputs, "the recurrent bias", inputs[HasCell ? 4 : 3], new(DType.F32, new Shape(Gates * u)));
        if (HasMask) Sequence.Check(this, inputs, "the mask", inputs[^1], new(DType.U32, (n, t)));
        List<TensorType> outputs = [states, state];
        if (HasCell) outputs.Add(state);
        if (Saves) outputs.Add(states);
        if (Saves && SavedNumbers > 0) outputs.Add(new(DType.F32, (n, t, u, SavedNumbers)));
        return outputs;
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (projections, recurrent, mask) = (inputs[0], inputs[1], HasMask ? inputs[^1] : null);
        var sequence = Sequence.Of(projections.Shape, Gates, Reverse);
        var (units, columns) = (sequence.Units, Gates * sequence.Units);
        for (var n = 0; n < sequence.Rows; n++)
        {
            var (h, cell) = (Row(inputs[2], n), HasCell ? Row(inputs[3], n) : []);
            foreach (var t in sequence.Times())
            {
                var place = n * sequence.Steps + t;
                if (Saves) h.CopyTo(outputs[Results].Elements.AsSpan(place * units));
                var saved = Saves && SavedNumbers > 0 ? outputs[Results + 1].Elements.AsSpan(place * units * SavedNumbers, units * SavedNumbers) : new double[units * SavedNumbers];
                var (newH, newCell) = ((double[])h.Clone(), (double[])cell.Clone());
                Step(projections.Elements.AsSpan(place * columns, columns), recurrent, HasRecurrentBias ? inputs[HasCell ? 4 : 3].Elements : [], newH, newCell, saved);
                if (mask is null || mask[n, t] != 0) (h, cell) = (newH, newCell);
                h.CopyTo(outputs[0].Elements.AsSpan(place * units));
            }
            h.CopyTo(outputs[1].Elements.AsSpan(n * units));
            if (HasCell) cell.CopyTo(outputs[2].Elements.AsSpan(n * units));
        }

        double[] Row(ReferenceTensor x, int n) => x.Elements.AsSpan(n * units, units).ToArray();
    }

    /// <summary>One step of one row, in fp64.</summary>
    /// <param name="projection">The step's projection, (G·U).</param>
    /// <param name="recurrent">The recurrent matrix.</param>
    /// <param name="bias">The recurrent bias; empty without one.</param>
    /// <param name="h">The state before, overwritten by the one after.</param>
    /// <param name="cell">The cell before, overwritten by the one after; empty without one.</param>
    /// <param name="saved">What is saved, (U,S).</param>
    private protected abstract void Step(ReadOnlySpan<double> projection, ReferenceTensor recurrent, ReadOnlySpan<double> bias, Span<double> h, Span<double> cell, Span<double> saved);

    /// <summary>The outputs by simpler ops, some for each step: what gradients of gradients go through, and a path of its own where it is faster.</summary>
    /// <param name="inputs">As the op's.</param>
    public IReadOnlyList<Tensor> Unrolled(IReadOnlyList<Tensor> inputs) => Unrolled(inputs, kept: null);

    /// <summary>The outputs by simpler ops, with a product of the state and something that stays the same at every step: recurrent dropout.</summary>
    /// <param name="inputs">As the op's.</param>
    /// <param name="kept">What each gate multiplies the state by before its recurrent product, (N,G·U); null for nothing. The state that is carried stays whole.</param>
    internal IReadOnlyList<Tensor> Unrolled(IReadOnlyList<Tensor> inputs, Tensor? kept)
    {
        var sequence = Sequence.Of(inputs[0].Shape, Gates, Reverse);
        var (h, cell) = (inputs[2], HasCell ? inputs[3] : null);
        Tensor[] states = new Tensor[sequence.Steps], previous = new Tensor[sequence.Steps], saved = new Tensor[sequence.Steps];
        foreach (var t in sequence.Times())
        {
            previous[t] = h;
            var after = Step(Sequence.At(inputs[0], t), inputs[1], kept, HasRecurrentBias ? inputs[HasCell ? 4 : 3] : null, h, cell);
            var runs = HasMask ? inputs[^1].SliceAxis(1, t, 1) : null;
            h = runs?.Select(after.H, h) ?? after.H;
            if (cell is not null) cell = runs?.Select(after.Cell!, cell) ?? after.Cell;
            states[t] = h;
            if (SavedNumbers > 0) saved[t] = Tensor.Stack(-1, [.. after.Saved]);
        }
        List<Tensor> outputs = [Tensor.Stack(1, states), h];
        if (cell is not null) outputs.Add(cell);
        if (Saves) outputs.Add(Tensor.Stack(1, previous));
        if (Saves && SavedNumbers > 0) outputs.Add(Tensor.Stack(1, saved));
        return outputs;
    }

    /// <summary>One step of all rows, by simpler ops.</summary>
    /// <param name="projection">The step's projections, (N,G·U).</param>
    /// <param name="recurrent">The recurrent matrix.</param>
    /// <param name="kept">What each gate multiplies the states by before the product, (N,G·U), if anything.</param>
    /// <param name="bias">The recurrent bias, if there is one.</param>
    /// <param name="h">The states before, (N,U).</param>
    /// <param name="cell">The cells before, if there are any.</param>
    /// <returns>The states and cells after, and what is saved, each (N,U).</returns>
    private protected abstract (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Saved) Step(Tensor projection, Tensor recurrent, Tensor? kept, Tensor? bias, Tensor h, Tensor? cell);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents)
    {
        // What is saved is for the gradient's kernel: whoever else differentiates it takes the long way.
        if (Saves && (cotangents.Flows(Results) || (SavedNumbers > 0 && cotangents.Flows(Results + 1))))
            return ComposedVjp.Of(node, cotangents, Unrolled);
        var saving = Saves ? node : node.Graph.Add(this with { Saves = true }, [.. node.Inputs]);
        List<Tensor> flows = [];
        var kinds = default(RecurrentFlows);
        for (var i = 0; i < Results; i++)
        {
            if (!cotangents.Flows(i)) continue;
            kinds |= (RecurrentFlows)(1 << i);
            flows.Add(cotangents[i]);
        }
        if (HasMask) flows.Add(node.Inputs[^1]);
        return Back(node, saving.Outputs, kinds, flows);
    }

    /// <summary>What flows to each input, by the gradient's kernel.</summary>
    /// <param name="node">The use that is differentiated.</param>
    /// <param name="outputs">The outputs of such a node that saves.</param>
    /// <param name="kinds">Into which outputs something flows.</param>
    /// <param name="flows">What flows there, and then the mask, if there is one: the last inputs of the gradient op.</param>
    private protected abstract IReadOnlyList<Tensor?> Back(Node node, IReadOnlyList<Tensor> outputs, RecurrentFlows kinds, IReadOnlyList<Tensor> flows);

    /// <summary>Σ over rows and steps of (what was multiplied)ᵗ · (what flows into the product): the gradient of a recurrent matrix, as one product.</summary>
    private protected static Tensor OverSteps(Tensor factors, Tensor flows) =>
        factors.Reshape(-1, factors.Shape[-1]).MatMul(flows.Reshape(-1, flows.Shape[-1]), transposeThis: true);

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, 0) with { Flops = (2.0 * Gates * inputs[1].Shape[0] + 20 * Gates) * outputs[0].Count };

    /// <summary>Inputs of the types that a cell takes: short sequences of many units, or long ones of few.</summary>
    private protected OpCase Draw(Draw draw)
    {
        var (n, t, u) = Sequence.Sample(draw);
        // A larger matrix would make states that double with every step, and rounding errors with them.
        List<ReferenceTensor> inputs = [draw.Uniform((n, t, Gates * u), -2, 2), draw.Uniform((u, Gates * u), -1.5 / Math.Sqrt(u), 1.5 / Math.Sqrt(u)), draw.Uniform((n, u))];
        if (HasCell) inputs.Add(draw.Uniform((n, u)));
        if (HasRecurrentBias) inputs.Add(draw.Uniform(new Shape(Gates * u)));
        if (HasMask) inputs.Add(draw.Integers((n, t), DType.U32, 0, 2));
        return new(this, [.. inputs]);
    }
}
