using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Rows of steps that a recurrent cell runs over, in the order of time.</summary>
/// <param name="Rows">N.</param>
/// <param name="Steps">T.</param>
/// <param name="Units">U.</param>
/// <param name="Reverse">Whether the last step comes first.</param>
internal readonly record struct Sequence(int Rows, int Steps, int Units, bool Reverse)
{
    /// <summary>The sequences of tensors (N,T,columns).</summary>
    public static Sequence Of(Shape steps, int numbers, bool reverse) => new(steps[0], steps[1], steps[2] / numbers, reverse);

    /// <summary>The same, with the shapes of the steps and of the recurrent matrix checked.</summary>
    /// <exception cref="ShapeException">They do not fit each other.</exception>
    public static Sequence Of(Op op, IReadOnlyList<TensorType> inputs, Shape steps, TensorType recurrent, int gates, bool reverse)
    {
        if (steps[1] == 0) throw new ShapeException(op, inputs, "the sequence has no steps", "Give at least one step.");
        var units = recurrent.MustBe(DType.F32, rank: 2, name: "the recurrent matrix").Shape[0];
        if (units == 0 || recurrent.Shape[1] != gates * units)
            throw new ShapeException(op, inputs, $"the recurrent matrix is {recurrent.Shape}, but {gates} gates need (U, {gates} U)", "Give a row a unit and a column a unit and gate.");
        if (steps[2] != gates * units)
            throw new ShapeException(op, inputs, $"the projections have {steps[2]} columns for {gates} gates of {units} units", $"They must have {gates * units}.");
        return new(steps[0], steps[1], units, reverse);
    }

    /// <summary>Throws unless an input has the type it must have.</summary>
    public static void Check(Op op, IReadOnlyList<TensorType> inputs, string name, TensorType type, TensorType wanted)
    {
        if (type != wanted) throw new ShapeException(op, inputs, $"{name} is {type}", $"It must be {wanted}.");
    }

    /// <summary>The places of the steps, first in time first.</summary>
    public IEnumerable<int> Times()
    {
        for (var step = 0; step < Steps; step++) yield return Reverse ? Steps - 1 - step : step;
    }

    /// <summary>What a tensor (N,T,…) has at a step, as (N,…).</summary>
    public static Tensor At(Tensor steps, int t) => steps.SliceAxis(1, t, 1).Squeeze(1);

    /// <summary>One gate of (N,G·U): (N,U).</summary>
    public static Tensor Gate(Tensor gates, int gate, int units) => gates.SliceAxis(1, gate * units, units);

    /// <summary>The columns of the first gates of a recurrent matrix (U,G·U).</summary>
    public static Tensor Gates(Tensor recurrent, int gates) => recurrent.SliceAxis(1, 0, gates * recurrent.Shape[0]);

    /// <summary>The recurrent product of some gates, (N,count·U): what goes in times their columns of the recurrent matrix.</summary>
    /// <param name="h">What goes in, (N,U).</param>
    /// <param name="recurrent">The recurrent matrix, (U,G·U).</param>
    /// <param name="kept">What each gate multiplies its h by first, (N,G·U); null for nothing.</param>
    /// <param name="first">The first of the gates.</param>
    /// <param name="count">How many gates.</param>
    public static Tensor Product(Tensor h, Tensor recurrent, Tensor? kept, int first, int count)
    {
        var units = recurrent.Shape[0];
        if (kept is not null)
            return Tensor.Concat(1, [.. Enumerable.Range(first, count).Select(g => (h * Gate(kept, g, units)).MatMul(Gate(recurrent, g, units)))]);
        return h.MatMul(count * units == recurrent.Shape[1] ? recurrent : recurrent.SliceAxis(1, first * units, count * units));
    }

    /// <summary>sums += h · recurrent, of some columns.</summary>
    public static void Multiply(ReadOnlySpan<double> h, ReferenceTensor recurrent, int first, Span<double> sums)
    {
        for (var k = 0; k < h.Length; k++)
            for (var j = 0; j < sums.Length; j++) sums[j] += h[k] * recurrent[k, first + j];
    }

    /// <summary>sums += flows · recurrentᵗ, of some columns.</summary>
    public static void MultiplyBack(ReadOnlySpan<double> flows, ReferenceTensor recurrent, int first, Span<double> sums)
    {
        for (var k = 0; k < sums.Length; k++)
            for (var j = 0; j < flows.Length; j++) sums[k] += flows[j] * recurrent[k, first + j];
    }

    /// <summary>1 / (1 + e⁻ᵛ).</summary>
    public static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));

    /// <summary>Rows, steps and units: short sequences of many units, or long ones of few.</summary>
    public static (int N, int T, int U) Sample(Draw draw) => draw.Int(0, 5) switch
    {
        0 => (draw.Int(1, 4), draw.Int(1, 4), draw.Int(1, 9)),
        1 => (draw.OneOf(1, 3, 9, 17), draw.Int(1, 3), draw.OneOf(7, 8, 9)),
        2 => (draw.Int(1, 3), draw.Int(1, 3), draw.OneOf(15, 16, 24, 33)),
        3 => (1, draw.Int(1, 6), 1),
        4 => (draw.Int(2, 5), draw.Int(2, 5), 8),
        _ => (draw.Int(1, 2), draw.Int(5, 40), draw.Int(1, 3)),
    };
}
