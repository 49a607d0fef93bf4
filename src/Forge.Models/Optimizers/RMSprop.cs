using Forge.Core.Ops;

namespace Forge.Models.Optimizers;

/// <summary>Steps divided by the root of a running mean of squared gradients. Formulas: <see cref="RmspropUpdateOp"/>.</summary>
/// <param name="learningRate">The rate or its schedule; Keras 0.001, PyTorch 0.01 when left out.</param>
/// <param name="rho">What is kept of the mean square; Keras 0.9, PyTorch 0.99 when left out.</param>
/// <param name="momentum">What is kept of the velocity; 0 for none.</param>
/// <param name="epsilon">Keeps the quotient finite; Keras 1e-7, PyTorch 1e-8 when left out.</param>
/// <param name="centered">Whether the mean gradient's square is taken off the mean square.</param>
/// <param name="weightDecay">Keras takes rate · decay · w off the weight, PyTorch adds decay · w to the gradient.</param>
/// <param name="clipping">Limits gradients first.</param>
/// <param name="form">Whose formulas and defaults.</param>
/// <param name="name">Its name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class RMSprop(Schedule? learningRate = null, float? rho = null, float momentum = 0, float? epsilon = null, bool centered = false, float weightDecay = 0,
    Clipping? clipping = null, UpdateForm form = UpdateForm.Keras, string name = "rmsprop")
    : Optimizer(name,
        new RmspropUpdateOp(rho ?? (form == UpdateForm.Keras ? 0.9f : 0.99f), momentum, epsilon ?? (form == UpdateForm.Keras ? 1e-7f : 1e-8f), centered, form, weightDecay),
        learningRate ?? (form == UpdateForm.Keras ? 0.001f : 0.01f), clipping);
