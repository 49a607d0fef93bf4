using Forge.Core.Ops;

namespace Forge.Core;

// What flows backwards.
public sealed partial class Tensor
{
    /// <summary>This value, through which no gradient flows.</summary>
    public Tensor StopGradient() => new StopGradientOp().On(this);

    /// <summary>A function with a gradient of your own in place of the one that its ops would give.</summary>
    /// <param name="forward">Computes the value from the inputs.</param>
    /// <param name="backward">Given the value's cotangent: what flows to each input, of its type; null where nothing flows. It may use values of <paramref name="forward"/>.</param>
    /// <param name="inputs">At least one; all of one graph. Nothing flows to other values that <paramref name="forward"/> uses.</param>
    public static Tensor CustomGradient(Func<IReadOnlyList<Tensor>, Tensor> forward, Func<Tensor, IReadOnlyList<Tensor?>> backward, params IReadOnlyList<Tensor> inputs)
    {
        var value = forward(inputs);
        return new CustomGradientOp(backward).On([value, .. inputs]);
    }
}
