using Forge.Core.Reference;

namespace Forge.Core.Ops;

/// <summary>Calls a visitor with the flat indexes of every (pixel of x, tap of w, pixel of y) that meet, each at its channel 0.</summary>
internal delegate void TapWalk(Shape x, Shape w, Shape y, Action<int, int, int> visit);

/// <summary>What convolutions over images and over clips and their gradients share: the sums in fp64, the rule for channels, the cost.</summary>
/// <remarks>x (N,…,C), w (…,C/G,O), y (N,…,O); group g of y's channels sums over group g of x's.</remarks>
internal static class Convolution
{
    /// <summary>Adds to y what the forward pass sums.</summary>
    public static void Forward(TapWalk walk, int groups, ReferenceTensor x, ReferenceTensor w, ReferenceTensor y)
    {
        var (perGroup, o) = (w.Shape[-2], w.Shape[-1]);
        var group = o / groups;
        walk(x.Shape, w.Shape, y.Shape, (atX, atW, atY) =>
        {
            for (var g = 0; g < groups; g++)
                for (var c = 0; c < perGroup; c++)
                {
                    var value = x[atX + g * perGroup + c];
                    for (var k = g * group; k < (g + 1) * group; k++) y[atY + k] += value * w[atW + c * o + k];
                }
        });
    }

    /// <summary>Adds to dx what flows back to the input.</summary>
    public static void InputGradient(TapWalk walk, int groups, ReferenceTensor dy, ReferenceTensor w, ReferenceTensor dx)
    {
        var (perGroup, o) = (w.Shape[-2], w.Shape[-1]);
        var group = o / groups;
        walk(dx.Shape, w.Shape, dy.Shape, (atX, atW, atY) =>
        {
            for (var g = 0; g < groups; g++)
                for (var c = 0; c < perGroup; c++)
                {
                    var sum = 0.0;
                    for (var k = g * group; k < (g + 1) * group; k++) sum += dy[atY + k] * w[atW + c * o + k];
                    dx[atX + g * perGroup + c] += sum;
                }
        });
    }

    /// <summary>Adds to outputs[0] what flows back to the weights, and to outputs[1], where there is one, what flows back to the bias.</summary>
    public static void WeightGradient(TapWalk walk, int groups, ReferenceTensor x, ReferenceTensor dy, IReadOnlyList<ReferenceTensor> outputs)
    {
        var dw = outputs[0];
        var (perGroup, o) = (dw.Shape[-2], dw.Shape[-1]);
        var group = o / groups;
        walk(x.Shape, dw.Shape, dy.Shape, (atX, atW, atY) =>
        {
            for (var g = 0; g < groups; g++)
                for (var c = 0; c < perGroup; c++)
                {
                    var value = x[atX + g * perGroup + c];
                    for (var k = g * group; k < (g + 1) * group; k++) dw[atW + c * o + k] += value * dy[atY + k];
                }
        });
        if (outputs.Count > 1)
            for (var i = 0; i < dy.Elements.Length; i++) outputs[1][i % o] += dy[i];
    }

    /// <summary>Checks that channels fit the weights and the groups.</summary>
    /// <param name="op">The op, for messages.</param>
    /// <param name="inputs">Its inputs.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <param name="channels">Channels of x.</param>
    /// <param name="w">The weights.</param>
    /// <param name="window">The axes of a window, by name.</param>
    /// <exception cref="ShapeException">They do not.</exception>
    public static void CheckChannels(Op op, IReadOnlyList<TensorType> inputs, int groups, int channels, Shape w, string window)
    {
        var (perGroup, o) = (w[-2], w[-1]);
        if (groups < 1 || channels % groups != 0 || o % groups != 0)
            throw new ShapeException(op, inputs, $"{channels} input and {o} output channels cannot be split into {groups} groups", "Both must be multiples of the number of groups.");
        if (perGroup != channels / groups)
            throw new ShapeException(op, inputs, $"the weights {w} read {perGroup} channels, but x has {channels / groups}{(groups > 1 ? $" in each of {groups} groups" : "")}",
                $"Weights are ({window}, input channels / groups, output channels).");
    }

    /// <summary>The cost of all three passes: a multiply-add for each output of the forward pass, tap and channel of its group.</summary>
    public static Cost Cost(Shape w, Shape y, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var flops = 2.0 * y.Count;
        for (var axis = 0; axis < w.Rank - 1; axis++) flops *= w[axis];
        return Core.Cost.Streaming(inputs, outputs, flopsPerOutput: 0) with { Flops = flops };
    }
}
