using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Tuning;

/// <summary>An op on inputs of given types: what is tuned, apart from any graph.</summary>
/// <param name="Op">The op.</param>
/// <param name="Inputs">Types of its inputs.</param>
internal sealed record OpUse(Op Op, IReadOnlyList<TensorType> Inputs)
{
    /// <summary>Types of the outputs.</summary>
    public IReadOnlyList<TensorType> Outputs { get; } = Op.Infer(Inputs);

    /// <summary>How it runs; null where Forge has no kernel.</summary>
    public Kernel? Kernel => KernelTable.Find(Op);

    /// <summary>The op with everything that decides what it computes, as tuning tables name it.</summary>
    public string OpKey => KeyOf(Op);

    /// <summary>The inputs' types, as tuning tables name them.</summary>
    public string InputsKey => string.Join("; ", Inputs);

    /// <summary>Everything that tells this use from another.</summary>
    public string Key => $"{OpKey} on {InputsKey}";

    /// <summary>Arithmetic and compulsory traffic.</summary>
    public Cost Cost => Op.Cost(Inputs, Outputs);

    /// <summary>The variants that are right for it on such a device, the untuned default first.</summary>
    public IReadOnlyList<Variant> Variants(DeviceLimits limits) => Kernel?.VariantsOf(Op, Inputs, Outputs, limits) ?? [];

    /// <summary>The variant of a label; null where there is none.</summary>
    public Variant? Find(string label, DeviceLimits limits) => Kernel?.Find(label, Op, Inputs, Outputs, limits);

    /// <summary>For people: the op and its inputs.</summary>
    public override string ToString() => $"{(Op is FusedElementwiseOp ? $"Elementwise {Op}" : Op.Name)} on {InputsKey}";

    /// <summary>What an op's key begins with, without the cost of the key.</summary>
    public static string KeyStartOf(Op op) => op is FusedElementwiseOp ? "Elementwise {" : op.GetType().Name + " {";

    /// <summary>An op with everything that decides what it computes.</summary>
    // A record prints its members; a chain's own words for people leave most of it out.
    public static string KeyOf(Op op) => op switch
    {
        FusedElementwiseOp chain => $"{KeyStartOf(op)} Shape = {chain.Shape}, Results = {chain.Results}, Steps = {string.Join(" ", chain.Steps.Select(s => $"{KeyOf(s.Op)}{s.Operands}{s.DType.Label()}"))} }}",
        FusedReduceOp reduce => $"{KeyStartOf(op)} Kind = {reduce.Kind}, Axes = {reduce.Axes}, KeepDims = {reduce.KeepDims}, Chain = {KeyOf(reduce.Chain)} }}",
        _ => Members(op),
    };

    private static string Members(Op op) =>
        string.Join(", ", op.ToString().Replace($"Name = {op.Name}, IsView = {op.IsView}", "", StringComparison.Ordinal).Replace("{ , ", "{ ", StringComparison.Ordinal)
            // A list that is the op's own has only its type's name there, which the compiler makes up; it follows from the op.
            .Split(", ").Select(m => m.Contains(ListMark, StringComparison.Ordinal) ? m[..(m.IndexOf('{', StringComparison.Ordinal) + 1)] : m).Where(m => m.Length > 0))
            .Replace("{, ", "{ ", StringComparison.Ordinal);

    private const string ListMark = "z__ReadOnly";
}
