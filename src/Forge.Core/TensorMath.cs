using Forge.Core.Ops;

namespace Forge.Core;

public sealed partial class Tensor
{
    /// <summary>a + b, with broadcasting.</summary>
    public static Tensor operator +(Tensor a, Tensor b) => new AddOp().On(a, b);
}
