using Forge.Core.Ops;

namespace Forge.Core;

/// <summary>How a recurrent cell runs over its steps.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum RecurrentPath
{
    /// <summary>One of the others, as the device is faster.</summary>
    Fastest,

    /// <summary>One kernel over all steps.</summary>
    Fused,

    /// <summary>Some simpler ops for each step: products of whole batches.</summary>
    PerStep,
}

// Recurrent cells over sequences. This tensor holds the projections (N,T,gates · units): inputs times their kernel, plus bias, made by one product.
public sealed partial class Tensor
{
    /// <summary>A simple recurrent cell over all steps: see <see cref="SimpleRnnOp"/>.</summary>
    /// <param name="recurrent">The recurrent matrix, (U,U).</param>
    /// <param name="initial">The state before the first step, (N,U).</param>
    /// <param name="mask">u32 (N,T): where it is 0 the step is skipped.</param>
    /// <param name="activation">Tanh or Relu.</param>
    /// <param name="reverse">Whether time runs backwards; states stay at the places of their steps.</param>
    /// <param name="path">How it runs.</param>
    /// <param name="kept">
    /// (N,gates · U): what each gate multiplies the state by before its recurrent product, at every step (recurrent dropout); the state that is carried
    /// stays whole. The cell then runs step by step, forwards and backwards. Null for nothing.
    /// </param>
    /// <returns>The states of all steps, (N,T,U), and the last in time, (N,U).</returns>
    public (Tensor States, Tensor Last) SimpleRnn(
        Tensor recurrent, Tensor initial, Tensor? mask = null, ActivationKind activation = ActivationKind.Tanh, bool reverse = false, RecurrentPath path = RecurrentPath.Fastest, Tensor? kept = null)
    {
        var outputs = Recurrent(new SimpleRnnOp(activation, reverse, mask is not null), path, [this, recurrent, initial], mask, kept);
        return (outputs[0], outputs[1]);
    }

    /// <summary>Long short-term memory over all steps, gates in the order i, f, g, o: see <see cref="LstmOp"/>.</summary>
    /// <param name="recurrent">The recurrent matrix, (U,4U).</param>
    /// <param name="initial">The state before the first step, (N,U).</param>
    /// <param name="initialCell">The cell before the first step, (N,U).</param>
    /// <param name="mask">u32 (N,T): where it is 0 the step is skipped.</param>
    /// <param name="reverse">Whether time runs backwards; states stay at the places of their steps.</param>
    /// <param name="path">How it runs.</param>
    /// <param name="kept">
    /// (N,gates · U): what each gate multiplies the state by before its recurrent product, at every step (recurrent dropout); the state that is carried
    /// stays whole. The cell then runs step by step, forwards and backwards. Null for nothing.
    /// </param>
    /// <returns>The states of all steps, (N,T,U), and the last state and cell in time, (N,U).</returns>
    public (Tensor States, Tensor Last, Tensor LastCell) Lstm(
        Tensor recurrent, Tensor initial, Tensor initialCell, Tensor? mask = null, bool reverse = false, RecurrentPath path = RecurrentPath.Fastest, Tensor? kept = null)
    {
        var outputs = Recurrent(new LstmOp(reverse, mask is not null), path, [this, recurrent, initial, initialCell], mask, kept);
        return (outputs[0], outputs[1], outputs[2]);
    }

    /// <summary>Gated recurrent units over all steps, gates in the order z, r, candidate: see <see cref="GruOp"/>.</summary>
    /// <param name="recurrent">The recurrent matrix, (U,3U).</param>
    /// <param name="initial">The state before the first step, (N,U).</param>
    /// <param name="recurrentBias">The recurrent part's bias, (3U): r is then applied after the product. Null applies it before.</param>
    /// <param name="mask">u32 (N,T): where it is 0 the step is skipped.</param>
    /// <param name="reverse">Whether time runs backwards; states stay at the places of their steps.</param>
    /// <param name="path">How it runs.</param>
    /// <param name="kept">
    /// (N,gates · U): what each gate multiplies the state by before its recurrent product, at every step (recurrent dropout); the state that is carried
    /// stays whole. The cell then runs step by step, forwards and backwards. Null for nothing.
    /// </param>
    /// <returns>The states of all steps, (N,T,U), and the last in time, (N,U).</returns>
    public (Tensor States, Tensor Last) Gru(
        Tensor recurrent, Tensor initial, Tensor? recurrentBias, Tensor? mask = null, bool reverse = false, RecurrentPath path = RecurrentPath.Fastest, Tensor? kept = null)
    {
        Tensor[] inputs = [this, recurrent, initial];
        var outputs = Recurrent(new GruOp(recurrentBias is not null, reverse, mask is not null), path, recurrentBias is null ? inputs : [.. inputs, recurrentBias], mask, kept);
        return (outputs[0], outputs[1]);
    }

    private IReadOnlyList<Tensor> Recurrent(RecurrentOp op, RecurrentPath path, Tensor[] operands, Tensor? mask, Tensor? kept)
    {
        Tensor[] inputs = mask is null ? operands : [.. operands, mask];
        if (path != RecurrentPath.PerStep && kept is null) return Graph.Add(op with { IsFused = path == RecurrentPath.Fused }, inputs).Outputs;
        IReadOnlyList<TensorType> types = [.. inputs.Select(i => i.Type)];
        _ = op.Infer(types);
        if (kept is not null)
        {
            if (path == RecurrentPath.Fused) throw new ShapeException(op, types, "the kernel over all steps cannot multiply the state by what is kept", "Use RecurrentPath.Fastest or PerStep.");
            Sequence.Check(op, types, "what is kept of the state", kept.Type, new(DType.F32, (Shape[0], Shape[2])));
        }
        return (op with { Saves = false }).Unrolled(inputs, kept);
    }
}
