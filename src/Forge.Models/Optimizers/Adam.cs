using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Models.Optimizers;

/// <summary>Adam (Kingma and Ba 2015). Formulas: <see cref="AdamUpdateOp"/>.</summary>
/// <threadsafety>One thread at a time.</threadsafety>
public class Adam : Optimizer
{
    private readonly HostScalar _first, _second;

    /// <summary>Adam without weight decay.</summary>
    /// <param name="learningRate">The rate or its schedule; 0.001 when left out.</param>
    /// <param name="beta1">What is kept of the mean gradient.</param>
    /// <param name="beta2">What is kept of the mean square.</param>
    /// <param name="epsilon">Keeps the quotient finite; Keras 1e-7, PyTorch 1e-8 when left out.</param>
    /// <param name="clipping">Limits gradients first.</param>
    /// <param name="form">Whose formulas and defaults.</param>
    /// <param name="name">Its name.</param>
    public Adam(Schedule? learningRate = null, float beta1 = 0.9f, float beta2 = 0.999f, float? epsilon = null, Clipping? clipping = null,
        UpdateForm form = UpdateForm.Keras, string name = "adam") : this(learningRate, beta1, beta2, epsilon, 0, clipping, form, name) { }

    private protected Adam(Schedule? learningRate, float beta1, float beta2, float? epsilon, float decay, Clipping? clipping, UpdateForm form, string name)
        : base(name, new AdamUpdateOp(beta1, beta2, epsilon ?? (form == UpdateForm.Keras ? 1e-7f : 1e-8f), form, decay), learningRate ?? 0.001f, clipping)
    {
        _first = Scalar("1 - beta1^t", () => 1 - Math.Pow(beta1, Iterations + 1));
        _second = Scalar("1 - beta2^t", () => 1 - Math.Pow(beta2, Iterations + 1));
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<HostScalar> MoreScalars => [_first, _second];
}

/// <summary>Adam that takes rate · decay · w off each weight first (Loshchilov and Hutter 2019).</summary>
/// <param name="learningRate">The rate or its schedule; 0.001 when left out.</param>
/// <param name="weightDecay">The decay; Keras 0.004, PyTorch 0.01 when left out.</param>
/// <param name="beta1">What is kept of the mean gradient.</param>
/// <param name="beta2">What is kept of the mean square.</param>
/// <param name="epsilon">Keeps the quotient finite; Keras 1e-7, PyTorch 1e-8 when left out.</param>
/// <param name="clipping">Limits gradients first.</param>
/// <param name="form">Whose formulas and defaults.</param>
/// <param name="name">Its name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class AdamW(Schedule? learningRate = null, float? weightDecay = null, float beta1 = 0.9f, float beta2 = 0.999f, float? epsilon = null,
    Clipping? clipping = null, UpdateForm form = UpdateForm.Keras, string name = "adamw")
    : Adam(learningRate, beta1, beta2, epsilon, weightDecay ?? (form == UpdateForm.Keras ? 0.004f : 0.01f), clipping, form, name);
