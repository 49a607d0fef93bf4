namespace Forge.Core;

public sealed partial class Tensor
{
    /// <summary>Sums over the axes along which <paramref name="shape"/> would be stretched to this one: the VJP of broadcasting.</summary>
    public Tensor SumTo(Shape shape)
    {
        if (Shape.Equals(shape)) return this;
        throw new NotSupportedException(); // replaced with the reductions
    }
}
