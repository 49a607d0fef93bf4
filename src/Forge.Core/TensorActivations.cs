using Forge.Core.Ops;

namespace Forge.Core;

// Activation functions.
public sealed partial class Tensor
{
    /// <inheritdoc cref="TanhOp"/>
    public Tensor Tanh() => new TanhOp().On(this);

    /// <inheritdoc cref="SigmoidOp"/>
    public Tensor Sigmoid() => new SigmoidOp().On(this);

    /// <inheritdoc cref="SoftplusOp"/>
    public Tensor Softplus() => new SoftplusOp().On(this);

    /// <inheritdoc cref="ReluOp"/>
    public Tensor Relu() => new ReluOp().On(this);

    /// <inheritdoc cref="LeakyReluOp"/>
    public Tensor LeakyRelu(float slope = 0.3f) => new LeakyReluOp(slope).On(this);

    /// <inheritdoc cref="EluOp"/>
    public Tensor Elu(float alpha = 1) => new EluOp(alpha).On(this);

    /// <inheritdoc cref="GeluOp"/>
    public Tensor Gelu(bool approximate = false) => new GeluOp(approximate).On(this);

    /// <inheritdoc cref="SiluOp"/>
    public Tensor Silu() => new SiluOp().On(this);
}
