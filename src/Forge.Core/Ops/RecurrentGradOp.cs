using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>The VJP of a <see cref="RecurrentOp"/> from what it saved: backwards through time, by one kernel.</summary>
/// <param name="Reverse">As in the forward pass.</param>
/// <param name="HasMask">As in the forward pass.</param>
/// <param name="Flows">Into which outputs something flows; at least one.</param>
/// <remarks>
/// <para>recurrent f32 (U,G·U); what the cell kept (see it); then what flows into states (N,T,U), last (N,U) and lastCell (N,U), as far as
/// <see cref="Flows"/> has them; last the mask u32 (N,T), if there is one.</para>
/// <para>→ dProjections f32 (N,T,G·U); dh0 f32 (N,U); dc0 f32 (N,U) where there is a cell; and what flows into the recurrent product, (N,T,G·U), where
/// that differs from dProjections. Skipped steps have zeros. The gradient of the recurrent matrix is one product over all steps, made by the caller.</para>
/// </remarks>
/// <exception cref="ShapeException">The shapes do not fit each other, or nothing flows.</exception>
/// <threadsafety>Immutable.</threadsafety>
public abstract record RecurrentGradOp(bool Reverse, bool HasMask, RecurrentFlows Flows) : Op
{
    /// <summary>Whether it must run as one kernel, as in the forward pass.</summary>
    public bool IsFused { get; init; }

    /// <summary>Gates of a unit.</summary>
    public abstract int Gates { get; }

    /// <summary>Whether a cell is carried beside h.</summary>
    public virtual bool HasCell => false;

    /// <summary>Whether what flows into the recurrent product differs from what flows into the projections, so that it is an output of its own.</summary>
    public virtual bool HasRecurrentFlow => false;

    /// <summary>Columns of the recurrent matrix, counted in gates, through which what flows goes back to the state before.</summary>
    private protected virtual int GatesBack => Gates;

    /// <summary>The shapes after (N,T,U) of what the cell kept, an input each.</summary>
    private protected abstract IReadOnlyList<int[]> Kept { get; }

    /// <summary>Where the inputs that <see cref="Flows"/> stands for begin.</summary>
    public int FirstFlow => 1 + Kept.Count;

    /// <summary>The input of a flow; -1 where nothing flows there.</summary>
    public int InputOf(RecurrentFlows flow)
    {
        if (!Flows.HasFlag(flow)) return -1;
        var at = FirstFlow;
        for (var before = RecurrentFlows.States; before < flow; before = (RecurrentFlows)((int)before << 1))
            if (Flows.HasFlag(before)) at++;
        return at;
    }

    public override IReadOnlyList<TensorType> Infer(IReadOnlyList<TensorType> inputs)
    {
        var flows = System.Numerics.BitOperations.PopCount((uint)Flows);
        if (flows == 0) throw new ShapeException($"{Name}: nothing flows into any output.");
        if (inputs.Count != FirstFlow + flows + (HasMask ? 1 : 0))
            throw new ShapeException($"{Name} takes {FirstFlow + flows + (HasMask ? 1 : 0)} inputs with these flows, not {inputs.Count}.");
        var kept = inputs[1].MustBe(DType.F32, rank: 3 + Kept[0].Length, name: "what was kept").Shape;
        var sequence = Sequence.Of(this, inputs, (kept[0], kept[1], kept[2] * Gates), inputs[0], Gates, Reverse);
        var (n, t, u) = (sequence.Rows, sequence.Steps, sequence.Units);
        for (var k = 0; k < Kept.Count; k++) Sequence.Check(this, inputs, "what was kept", inputs[1 + k], new(DType.F32, new Shape([n, t, u, .. Kept[k]])));
        var (state, gates) = (new TensorType(DType.F32, (n, u)), new TensorType(DType.F32, (n, t, Gates * u)));
        foreach (var flow in (RecurrentFlows[])[RecurrentFlows.States, RecurrentFlows.Last, RecurrentFlows.LastCell])
            if (InputOf(flow) is >= 0 and var at)
                Sequence.Check(this, inputs, $"what flows into {flow}", inputs[at], flow == RecurrentFlows.States ? new(DType.F32, (n, t, u)) : state);
        if (HasMask) Sequence.Check(this, inputs, "the mask", inputs[^1], new(DType.U32, (n, t)));
        List<TensorType> outputs = [gates, state];
        if (HasCell) outputs.Add(state);
        if (HasRecurrentFlow) outputs.Add(gates);
        return outputs;
    }

    public override void Reference(IReadOnlyList<ReferenceTensor> inputs, IReadOnlyList<ReferenceTensor> outputs)
    {
        var (recurrent, mask) = (inputs[0], HasMask ? inputs[^1] : null);
        var sequence = Sequence.Of(outputs[0].Shape, Gates, Reverse);
        var (units, columns) = (sequence.Units, Gates * sequence.Units);
        for (var n = 0; n < sequence.Rows; n++)
        {
            double[] dh = Row(RecurrentFlows.Last, n), dcell = Row(RecurrentFlows.LastCell, n);
            foreach (var t in sequence.Times().Reverse())
            {
                var place = n * sequence.Steps + t;
                if (InputOf(RecurrentFlows.States) is >= 0 and var states)
                    for (var u = 0; u < units; u++) dh[u] += inputs[states][place * units + u];
                if (mask is not null && mask[n, t] == 0) continue;
                var dgates = outputs[0].Elements.AsSpan(place * columns, columns);
                var back = HasRecurrentFlow ? outputs[^1].Elements.AsSpan(place * columns, columns) : dgates;
                Step(inputs, place, dh, dcell, dgates, back);
                Sequence.MultiplyBack(back[..(GatesBack * units)], recurrent, 0, dh);
            }
            dh.CopyTo(outputs[1].Elements.AsSpan(n * units));
            if (HasCell) dcell.CopyTo(outputs[2].Elements.AsSpan(n * units));
        }

        double[] Row(RecurrentFlows flow, int n) => InputOf(flow) is >= 0 and var at ? inputs[at].Elements.AsSpan(n * units, units).ToArray() : new double[units];
    }

    /// <summary>One step of one row, in fp64.</summary>
    /// <param name="inputs">The op's inputs.</param>
    /// <param name="place">n · T + t.</param>
    /// <param name="dh">What flows into the state after; overwritten by what flows into the one before, but through the recurrent product.</param>
    /// <param name="dcell">What flows into the cell after; overwritten by what flows into the one before.</param>
    /// <param name="dgates">What flows into the projections, (G·U).</param>
    /// <param name="back">What flows into the recurrent product, (G·U); the same memory where it is the same.</param>
    private protected abstract void Step(IReadOnlyList<ReferenceTensor> inputs, int place, Span<double> dh, Span<double> dcell, Span<double> dgates, Span<double> back);

    public override IReadOnlyList<Tensor?> Vjp(Node node, Cotangents cotangents) => ComposedVjp.Of(node, cotangents, Unrolled);

    /// <summary>The outputs by simpler ops, some for each step.</summary>
    /// <param name="inputs">As the op's.</param>
    public IReadOnlyList<Tensor> Unrolled(IReadOnlyList<Tensor> inputs)
    {
        var (recurrent, kept) = (inputs[0], inputs[1].Shape);
        var sequence = new Sequence(kept[0], kept[1], kept[2], Reverse);
        var zeros = recurrent.Graph.Full(new(DType.F32, (sequence.Rows, sequence.Units)), 0);
        var (dh, dcell) = (Into(RecurrentFlows.Last) ?? zeros, Into(RecurrentFlows.LastCell) ?? zeros);
        Tensor[] dgates = new Tensor[sequence.Steps], back = new Tensor[sequence.Steps];
        foreach (var t in sequence.Times().Reverse())
        {
            if (Into(RecurrentFlows.States) is { } states) dh += Sequence.At(states, t);
            var before = Step(recurrent, [.. Enumerable.Range(1, Kept.Count).Select(k => Sequence.At(inputs[k], t))], dh, dcell);
            var (dprojection, through) = (Tensor.Concat(1, [.. before.Gates]), Tensor.Concat(1, [.. before.Back]));
            var dhBefore = before.H + through.SliceAxis(1, 0, GatesBack * sequence.Units).MatMul(Sequence.Gates(recurrent, GatesBack), transposeOther: true);
            var runs = HasMask ? inputs[^1].SliceAxis(1, t, 1) : null;
            dgates[t] = runs?.Select(dprojection, 0f) ?? dprojection;
            back[t] = runs?.Select(through, 0f) ?? through;
            dh = runs?.Select(dhBefore, dh) ?? dhBefore;
            if (HasCell) dcell = runs?.Select(before.Cell!, dcell) ?? before.Cell!;
        }
        List<Tensor> outputs = [Tensor.Stack(1, dgates), dh];
        if (HasCell) outputs.Add(dcell);
        if (HasRecurrentFlow) outputs.Add(Tensor.Stack(1, back));
        return outputs;

        Tensor? Into(RecurrentFlows flow) => InputOf(flow) is >= 0 and var at ? inputs[at] : null;
    }

    /// <summary>One step of all rows, by simpler ops: what flows into the state before but through the recurrent product, into the cell before, and into each gate and its recurrent part.</summary>
    /// <param name="recurrent">The recurrent matrix.</param>
    /// <param name="kept">What the cell kept at this step, (N,U,…).</param>
    /// <param name="dh">What flows into the states after, (N,U).</param>
    /// <param name="dcell">What flows into the cells after.</param>
    private protected abstract (Tensor H, Tensor? Cell, IReadOnlyList<Tensor> Gates, IReadOnlyList<Tensor> Back) Step(Tensor recurrent, IReadOnlyList<Tensor> kept, Tensor dh, Tensor dcell);

    public override Cost Cost(IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs) =>
        Core.Cost.Streaming(inputs, outputs, 0) with { Flops = (2.0 * inputs[0].Shape[0] + 20) * outputs[0].Count };

    /// <summary>Any flows of a cell.</summary>
    private protected static RecurrentFlows DrawFlows(Draw draw, bool hasCell) => (RecurrentFlows)draw.Int(1, hasCell ? 7 : 3);

    /// <summary>Inputs of the types that the gradient takes.</summary>
    /// <param name="draw">Where from.</param>
    /// <param name="keep">Draws what was kept, given its shape and which of them it is.</param>
    private protected OpCase Draw(Draw draw, Func<Shape, int, ReferenceTensor> keep)
    {
        var (n, t, u) = Sequence.Sample(draw);
        List<ReferenceTensor> inputs = [draw.Uniform((u, Gates * u), -1.5 / Math.Sqrt(u), 1.5 / Math.Sqrt(u))];
        for (var k = 0; k < Kept.Count; k++) inputs.Add(keep(new Shape([n, t, u, .. Kept[k]]), k));
        if (Flows.HasFlag(RecurrentFlows.States)) inputs.Add(draw.Uniform((n, t, u)));
        if (Flows.HasFlag(RecurrentFlows.Last)) inputs.Add(draw.Uniform((n, u)));
        if (Flows.HasFlag(RecurrentFlows.LastCell)) inputs.Add(draw.Uniform((n, u)));
        if (HasMask) inputs.Add(draw.Integers((n, t), DType.U32, 0, 2));
        return new(this, [.. inputs]);
    }
}
