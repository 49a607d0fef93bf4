using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Tests;

/// <summary>The kernel of <see cref="OneHotOp"/> with a mistake in its shader.</summary>
/// <param name="mistake">What the shader's text is changed to; it must change.</param>
internal sealed class PlantedKernel(Func<string, string> mistake) : Kernel<OneHotOp>
{
    private const string Shader = "OneHot.comp";
    private readonly Kernel _right = KernelTable.Find(new OneHotOp(2))!;

    public override IEnumerable<Variant> Variants(OneHotOp op, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs, DeviceLimits limits) =>
        _right.VariantsOf(op, inputs, outputs, limits);

    public override KernelPlan Plan(OneHotOp op, Variant variant, IReadOnlyList<TensorType> inputs, IReadOnlyList<TensorType> outputs)
    {
        var text = new ShaderSource().Read(Shader);
        var planted = mistake(text);
        Assert.NotEqual(text, planted);
        var plan = _right.PlanOf(op, variant, inputs, outputs);
        return plan with { Dispatches = [.. plan.Dispatches.Select(d => d with { Shader = Shader, Source = planted })] };
    }
}
