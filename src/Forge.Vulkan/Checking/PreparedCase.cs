using Forge.Core;
using Forge.Core.Reference;

namespace Forge.Vulkan.Checking;

/// <summary>A case with what every variant's result is compared with.</summary>
internal sealed class PreparedCase
{
    private readonly Lazy<IReadOnlyList<ReferenceTensor>> _expected;
    private readonly Lazy<IReadOnlyList<ReferenceTensor>?> _magnitudes;
    private readonly Lazy<IReadOnlyList<(IReadOnlyList<ReferenceTensor>, IReadOnlyList<ReferenceTensor>?)>>? _readings;

    /// <param name="drawn">The case, in the form in which it reaches a device.</param>
    /// <param name="special">Which special values are among its inputs, one of <see cref="SpecialValues.Names"/>; null for none.</param>
    public PreparedCase(OpCase drawn, string? special = null)
    {
        (Op, Inputs) = (drawn.Op, drawn.Inputs);
        InputTypes = [.. Inputs.Select(i => i.Type)];
        OutputTypes = [.. Op.Infer(InputTypes)];
        Hosts = [.. Inputs.Select(i => i.ToHost())];
        Kernel = KernelTable.Find(Op);
        Closeness = Closeness.For(Op);
        Overwritten = Overwrite();
        _expected = new(() => Closeness.Reference(Op, Inputs));
        _magnitudes = new(() => Closeness.Magnitudes(Op, Inputs));
        if (special is not null)
            _readings = new(() => [.. SpecialValues.Readings(Inputs, special).Select(inputs => (Closeness.Reference(Op, inputs), Closeness.Magnitudes(Op, inputs)))]);
    }

    /// <summary>The op.</summary>
    public Op Op { get; }

    /// <summary>Its inputs.</summary>
    public IReadOnlyList<ReferenceTensor> Inputs { get; }

    /// <summary>Their types.</summary>
    public TensorType[] InputTypes { get; }

    /// <summary>The outputs' types.</summary>
    public TensorType[] OutputTypes { get; }

    /// <summary>The inputs as a device gets them.</summary>
    public HostTensor[] Hosts { get; }

    /// <summary>How the op runs; null where it has no kernel.</summary>
    public Kernel? Kernel { get; }

    /// <summary>How close a result must be.</summary>
    public Closeness Closeness { get; }

    /// <summary>How many units an element may be off; 0 where results are exact, as integers are.</summary>
    public double Allowed => OutputTypes.Any(t => t.DType.IsFloat()) ? Closeness.Ulps : 0;

    /// <summary>For each output, the input whose memory it may share, each at most once; -1 for none. Null where nothing may be written over.</summary>
    public int[]? Overwritten { get; }

    /// <summary>The shapes, for people.</summary>
    public string Shapes => string.Join(" ", (object[])InputTypes);

    /// <summary>How far a result is from the reference.</summary>
    public Deviation Measure(IReadOnlyList<HostTensor> outputs) =>
        _readings is not null ? SpecialValues.Measure(this, outputs, _readings.Value) : Closeness.Measure(Op, Inputs, _expected.Value, outputs, _magnitudes.Value);

    private int[]? Overwrite()
    {
        var taken = new HashSet<int>();
        var over = OutputTypes.Select((type, o) =>
        {
            var at = Array.FindIndex(InputTypes, i => i == type);
            for (; at >= 0; at = Array.FindIndex(InputTypes, at + 1, i => i == type))
                if (Op.MayWriteOver(o, at) && taken.Add(at))
                    return at;
            return -1;
        }).ToArray();
        return taken.Count > 0 ? over : null;
    }
}
