using System.Diagnostics;

namespace Forge.Core;

/// <summary>Mutable state that lives on the device between steps: weights, moments, running statistics.</summary>
/// <remarks>
/// The value is made by <see cref="Initializer"/> when an engine first needs it, from the engine's seed and the name alone,
/// so that the order in which layers are built does not change it. Read and written through <see cref="Engine"/>.
/// </remarks>
/// <param name="name">Unique among the parameters of a model; the name under which weights are saved.</param>
/// <param name="type">Element type and shape.</param>
/// <param name="initializer">Makes the first value from a 64-bit key; zeros when null.</param>
/// <param name="trainable">Whether optimizers change it.</param>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
[DebuggerDisplay("{Name} {Type}")]
public sealed class Parameter(string name, TensorType type, Func<ulong, HostTensor>? initializer = null, bool trainable = true)
{
    /// <summary>Unique among the parameters of a model.</summary>
    public string Name { get; } = name;

    /// <summary>Element type and shape.</summary>
    public TensorType Type { get; } = type;

    /// <summary>Makes the first value; null means zeros.</summary>
    public Func<ulong, HostTensor>? Initializer { get; } = initializer;

    /// <summary>Whether optimizers change it. Layers freeze by setting this before the step is traced.</summary>
    public bool Trainable { get; set; } = trainable;

    /// <summary>The flat state this parameter is a part of, when an optimizer keeps its parameters contiguous; else null.</summary>
    public ParameterPack? Pack { get; internal set; }

    /// <summary>Its value in the graph being traced.</summary>
    public static implicit operator Tensor(Parameter parameter) => Graph.Current.Read(parameter);
}

/// <summary>Parameters laid out one after another in one flat tensor, so that one dispatch updates them all.</summary>
/// <remarks>
/// Each member starts at a multiple of 64 elements; the gaps hold zeros. What an optimizer keeps for each weight lies in slots of the same
/// layout. A pack that was released keeps its numbers until an engine next places one of its members, which then moves out with its value.
/// </remarks>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public sealed class ParameterPack
{
    /// <summary>Elements to which each member's start is aligned: 256 bytes, at which every device can bind a descriptor.</summary>
    public const int Alignment = 64;

    /// <summary>Packs these parameters, in this order.</summary>
    /// <param name="name">Whose pack it is: the names of the flat parameter and of the slots start with it.</param>
    /// <param name="members">f32 parameters that are in no pack yet.</param>
    /// <param name="slots">The names of what is kept for each weight; zeros at first.</param>
    /// <exception cref="GraphException">One of them is in another pack.</exception>
    public ParameterPack(string name, IReadOnlyList<Parameter> members, IReadOnlyList<string> slots)
    {
        var starts = new int[members.Count];
        long end = 0;
        for (var i = 0; i < starts.Length; i++)
        {
            if (members[i].Pack is { } other)
                throw new GraphException($"Parameter '{members[i].Name}' already belongs to '{other.Flat.Name}'. A parameter is updated by one optimizer: use the same one, freeze it, or compile its model again.");
            members[i].Type.MustBe(DType.F32, name: members[i].Name);
            starts[i] = checked((int)end);
            end = (end + members[i].Type.Count + Alignment - 1) / Alignment * Alignment;
        }
        (Members, Starts) = (members, [.. starts]);
        Layout = new(new Shape(checked((int)end)), Starts);
        Flat = new($"{name}/weights", new(DType.F32, Layout.Shape));
        Slots = [.. slots.Select(s => new Parameter($"{name}/{s}", Flat.Type, trainable: false))];
        foreach (var member in members) member.Pack = this;
    }

    /// <summary>The parameters, in order.</summary>
    public IReadOnlyList<Parameter> Members { get; }

    /// <summary>The first element of each member in the flat tensor.</summary>
    public ValueList<int> Starts { get; }

    /// <summary>The flat shape and the members' starts.</summary>
    public PackLayout Layout { get; }

    /// <summary>All members as one parameter.</summary>
    public Parameter Flat { get; }

    /// <summary>What is kept for each weight, in the same layout.</summary>
    public IReadOnlyList<Parameter> Slots { get; }

    /// <summary>Whether the members were let go.</summary>
    public bool IsReleased { get; private set; }

    /// <summary>Lets the members go, for another pack to take: they keep their values, the slots' values are dropped.</summary>
    public void Release()
    {
        if (IsReleased) return;
        IsReleased = true;
        foreach (var member in Members) member.Pack = null;
    }

    /// <summary>The first element of a member.</summary>
    public int StartOf(Parameter member)
    {
        for (var i = 0; i < Members.Count; i++)
            if (Members[i] == member) return Starts[i];
        throw new ArgumentException($"'{member.Name}' is not in this pack.", nameof(member));
    }
}

/// <summary>Where tensors lie in a flat one.</summary>
/// <param name="Shape">The flat shape, of rank 1.</param>
/// <param name="Starts">The first element of each.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PackLayout(Shape Shape, ValueList<int> Starts);

/// <summary>A named number that the host may change between steps: a learning rate, a loss scale, a seed.</summary>
/// <param name="name">For messages and dumps, such as "adam.rate".</param>
/// <param name="dtype">F32, or U32 for seeds and counters.</param>
/// <param name="value">Asked before each run.</param>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public sealed class HostScalar(string name, DType dtype, Func<double> value)
{
    /// <summary>For messages and dumps.</summary>
    public string Name { get; } = name;

    /// <summary>F32 or U32.</summary>
    public DType DType { get; } = dtype is DType.F32 or DType.U32 or DType.I32 ? dtype
        : throw new ShapeException($"Host scalar '{name}' must be f32, u32 or i32.");

    /// <summary>The value for the next run.</summary>
    public double Value => value();

    /// <summary>Its value in the graph being traced.</summary>
    public static implicit operator Tensor(HostScalar scalar) => Graph.Current.Read(scalar);
}
