using Forge.Core.Ops;

namespace Forge.Models.Optimizers;

/// <summary>Stochastic gradient descent, with or without momentum. Formulas: <see cref="SgdUpdateOp"/>.</summary>
/// <param name="learningRate">The rate or its schedule; 0.01 when left out.</param>
/// <param name="momentum">What is kept of the velocity; 0 for none.</param>
/// <param name="nesterov">Whether the step looks ahead along the velocity.</param>
/// <param name="weightDecay">Keras takes rate · decay · w off the weight, PyTorch adds decay · w to the gradient.</param>
/// <param name="clipping">Limits gradients first.</param>
/// <param name="form">Whose formulas.</param>
/// <param name="name">Its name.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public sealed class SGD(Schedule? learningRate = null, float momentum = 0, bool nesterov = false, float weightDecay = 0, Clipping? clipping = null,
    UpdateForm form = UpdateForm.Keras, string name = "sgd")
    : Optimizer(name, new SgdUpdateOp(momentum, nesterov, form, weightDecay), learningRate ?? 0.01f, clipping);
