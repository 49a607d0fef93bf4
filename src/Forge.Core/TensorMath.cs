using Forge.Core.Ops;

namespace Forge.Core;

// Arithmetic. Two tensors broadcast: aligned at the last axis, extents of 1 stretch. A float operand stretches to any shape.
public sealed partial class Tensor
{
    /// <summary>a + b.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => new AddOp().On(a, b);

    /// <summary>a + b.</summary>
    public static Tensor operator +(Tensor a, float b) => a + a.Number(b);

    /// <summary>a + b.</summary>
    public static Tensor operator +(float a, Tensor b) => b.Number(a) + b;

    /// <summary>a − b.</summary>
    public static Tensor operator -(Tensor a, Tensor b) => new SubOp().On(a, b);

    /// <summary>a − b.</summary>
    public static Tensor operator -(Tensor a, float b) => a - a.Number(b);

    /// <summary>a − b.</summary>
    public static Tensor operator -(float a, Tensor b) => b.Number(a) - b;

    /// <summary>a · b, element by element.</summary>
    public static Tensor operator *(Tensor a, Tensor b) => new MulOp().On(a, b);

    /// <summary>a · b.</summary>
    public static Tensor operator *(Tensor a, float b) => a * a.Number(b);

    /// <summary>a · b.</summary>
    public static Tensor operator *(float a, Tensor b) => b.Number(a) * b;

    /// <summary>a / b.</summary>
    public static Tensor operator /(Tensor a, Tensor b) => new DivOp().On(a, b);

    /// <summary>a / b.</summary>
    public static Tensor operator /(Tensor a, float b) => a / a.Number(b);

    /// <summary>a / b.</summary>
    public static Tensor operator /(float a, Tensor b) => b.Number(a) / b;

    /// <summary>−a.</summary>
    public static Tensor operator -(Tensor a) => new NegOp().On(a);

    /// <inheritdoc cref="ExpOp"/>
    public Tensor Exp() => new ExpOp().On(this);

    /// <inheritdoc cref="LogOp"/>
    public Tensor Log() => new LogOp().On(this);

    /// <inheritdoc cref="SqrtOp"/>
    public Tensor Sqrt() => new SqrtOp().On(this);

    /// <inheritdoc cref="RsqrtOp"/>
    public Tensor Rsqrt() => new RsqrtOp().On(this);

    /// <summary>x · x.</summary>
    public Tensor Square() => this * this;

    /// <inheritdoc cref="PowOp"/>
    public Tensor Pow(Tensor exponent) => new PowOp().On(this, exponent);

    /// <summary>x raised to a fixed exponent. x⁰ is 1; a negative x needs an integer exponent, else the result is NaN.</summary>
    public Tensor Pow(float exponent) => exponent switch
    {
        1 => this,
        2 => Square(),
        0.5f => Sqrt(),
        -0.5f => Rsqrt(),
        _ => Pow(Number(exponent)),
    };

    /// <inheritdoc cref="AbsOp"/>
    public Tensor Abs() => new AbsOp().On(this);

    /// <inheritdoc cref="SignOp"/>
    public Tensor Sign() => new SignOp().On(this);

    /// <inheritdoc cref="FloorOp"/>
    public Tensor Floor() => new FloorOp().On(this);

    /// <inheritdoc cref="ErfOp"/>
    public Tensor Erf() => new ErfOp().On(this);

    /// <inheritdoc cref="ClipOp"/>
    public Tensor Clip(float low, float high) => new ClipOp(low, high).On(this);

    /// <inheritdoc cref="MaximumOp"/>
    public Tensor Maximum(Tensor other) => new MaximumOp().On(this, other);

    /// <inheritdoc cref="MaximumOp"/>
    public Tensor Maximum(float other) => Maximum(Number(other));

    /// <inheritdoc cref="MinimumOp"/>
    public Tensor Minimum(Tensor other) => new MinimumOp().On(this, other);

    /// <inheritdoc cref="MinimumOp"/>
    public Tensor Minimum(float other) => Minimum(Number(other));

    /// <summary>A copy: a value of its own, with the same elements.</summary>
    public Tensor Copy() => new IdentityOp().On(this);

    /// <summary>x as another dtype: see <see cref="CastOp"/>, <see cref="NarrowOp"/> and <see cref="WidenOp"/> for f16 and bf16, <see cref="FromBytesOp"/> and <see cref="ToBytesOp"/> for u8.</summary>
    public Tensor Cast(DType to)
    {
        if (to == DType) return this;
        // 16 bits are widened first, and narrowed last.
        if (DType.IsSixteenBit()) return new WidenOp().On(this).Cast(to);
        if (to.IsSixteenBit()) return new NarrowOp(to).On(Cast(DType.F32));
        if (DType == DType.U8) return new FromBytesOp(to).On(this);
        return to == DType.U8 ? new ToBytesOp().On(this) : new CastOp(to).On(this);
    }

    /// <summary>A one-element constant of this dtype in this graph.</summary>
    private Tensor Number(float value) => Graph.Full(new(DType, Shape.Scalar), value);
}
