using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Profiling;

/// <summary>What tells a kernel of a profile from another.</summary>
/// <param name="Op">The op, with what is fused into it: <c>Conv2D +bias +relu</c>, <c>Elementwise Sub, Mul</c>.</param>
/// <param name="Variant">Family and name of the variant; "-" for a copy.</param>
/// <param name="Shape">The shapes of the inputs: <c>128x26x26x32 3x3x32x64</c>; bytes for a copy.</param>
internal sealed record StepTitle(string Op, string Variant, string Shape)
{
    private const int StepsNamed = 4, InputsNamed = 2;

    /// <summary>The title of a recorded step.</summary>
    public static StepTitle Of(RecordedStep step) => step switch
    {
        { Origin: { } origin } => new(Name(origin.Op), origin.Variant.Label, Shapes(origin.Inputs)),
        RecordedCopy copy => new("copy", "-", $"{copy.From.Bytes} bytes"),
        RecordedFill fill => new("fill", "-", $"{fill.To.Bytes} bytes"),
        _ => new(step.Name, "-", "-"),
    };

    private static string Name(Op op) => op switch
    {
        FusedElementwiseOp chain => $"{op.Name} {Some(chain.Steps.Where(s => s.Op is not LiteralOp).Select(s => s.Op.Name), StepsNamed, ", ")}",
        Conv2DOp convolution => op.Name + With(convolution.Epilogue),
        Conv3DOp convolution => op.Name + With(convolution.Epilogue),
        MatMulOp product => op.Name + (product.TransposeA ? " A^T" : "") + (product.TransposeB ? " B^T" : "") + With(product.Epilogue),
        _ => op.Name,
    };

    private static string With(Epilogue epilogue) =>
        (epilogue.HasBias ? " +bias" : "") + (epilogue.Activation == ActivationKind.None ? "" : $" +{epilogue.Activation.ToString().ToLowerInvariant()}");

    private static string Shapes(IReadOnlyList<TensorType> inputs) =>
        Some(inputs.Select(t => t.Shape.Rank == 0 ? "1" : string.Join('x', t.Shape)), InputsNamed, " ");

    private static string Some(IEnumerable<string> words, int most, string between)
    {
        var all = words.ToArray();
        return string.Join(between, all.Take(most)) + (all.Length > most ? $" +{all.Length - most}" : "");
    }
}
