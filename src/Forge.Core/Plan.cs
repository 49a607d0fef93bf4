namespace Forge.Core;

/// <summary>Which memory a value lies in while a plan runs.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum Region
{
    /// <summary>Shared by values whose lifetimes do not overlap; its contents mean nothing between runs.</summary>
    Arena,
    /// <summary>Zero or constant when the plan is built, and owned by one value for ever.</summary>
    Persistent,
    /// <summary>Written by the host before each run: arguments and host scalars.</summary>
    Input,
    /// <summary>Read by the host after each run.</summary>
    Output,
    /// <summary>Mutable state that outlives the plan: a <see cref="StateBlock"/>.</summary>
    State,
}

/// <summary>Where a value lies.</summary>
/// <param name="Region">Which memory.</param>
/// <param name="Offset">Bytes from the region's (or the block's) start.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Block">Which state block, in <see cref="Region.State"/>.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Placement(Region Region, long Offset, long Bytes, StateBlock? Block = null)
{
    /// <summary>Whether two placements share a byte.</summary>
    public bool Overlaps(Placement other) =>
        Region == other.Region && Block == other.Block && Offset < other.Offset + other.Bytes && other.Offset < Offset + Bytes;

    /// <summary>A part of this place.</summary>
    public Placement Slice(long offset, long bytes) => this with { Offset = Offset + offset, Bytes = bytes };
}

/// <summary>One thing a plan does, in order.</summary>
/// <threadsafety>Immutable.</threadsafety>
public abstract record PlanStep;

/// <summary>Runs a node's kernel.</summary>
/// <param name="Node">The node.</param>
/// <param name="Inputs">Where its inputs lie.</param>
/// <param name="Outputs">Where its outputs go.</param>
/// <param name="Scratch">Memory that only this step uses.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record KernelStep(Node Node, IReadOnlyList<Placement> Inputs, IReadOnlyList<Placement> Outputs, IReadOnlyList<Placement> Scratch) : PlanStep;

/// <summary>Copies bytes from one place to another; they do not overlap.</summary>
/// <param name="Label">For profiles and messages.</param>
/// <param name="From">The source.</param>
/// <param name="To">The target, of the same length.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record CopyStep(string Label, Placement From, Placement To) : PlanStep
{
    /// <summary>The type of the elements copied: a backend whose places do not hold bytes needs it.</summary>
    public DType DType { get; init; } = DType.F32;

    /// <summary>While planning: the value copied, before it has a place.</summary>
    internal Tensor? Source { get; init; }
}

/// <summary>A constant or input and where the plan wants it.</summary>
/// <param name="Value">The elements.</param>
/// <param name="Place">In <see cref="Region.Persistent"/>.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PlannedConstant(HostTensor Value, Placement Place);

/// <summary>A host scalar and where the plan reads it.</summary>
/// <param name="Scalar">The scalar.</param>
/// <param name="Place">Four bytes in <see cref="Region.Input"/>.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record PlannedScalar(HostScalar Scalar, Placement Place);

/// <summary>A part of the arena while one value, or some one after the other in one place, live in it.</summary>
/// <param name="Offset">Bytes from the arena's start.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="First">The first step that touches it: an index into <see cref="Plan.Steps"/>.</param>
/// <param name="Last">The last step that touches it; afterwards the bytes are free.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct ArenaSlot(long Offset, long Bytes, int First, int Last);

/// <summary>A traced function made ready to run: the order of its steps and a place for every value. Immutable.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Plan
{
    /// <summary>What is done, in order.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>Where each argument goes, by position; null where the function does not use it.</summary>
    public required IReadOnlyList<Placement?> Inputs { get; init; }

    /// <summary>The types of the arguments.</summary>
    public required IReadOnlyList<TensorType> InputTypes { get; init; }

    /// <summary>The host scalars read.</summary>
    public required IReadOnlyList<PlannedScalar> Scalars { get; init; }

    /// <summary>The constants, written once.</summary>
    public required IReadOnlyList<PlannedConstant> Constants { get; init; }

    /// <summary>Where each result lies after a run, and its type.</summary>
    public required IReadOnlyList<(Placement Place, TensorType Type)> Outputs { get; init; }

    /// <summary>Bytes of each region that the plan owns: Arena, Persistent, Input, Output.</summary>
    public required IReadOnlyDictionary<Region, long> RegionBytes { get; init; }

    /// <summary>The largest sum of bytes that are live at once in the arena: no arena can be smaller.</summary>
    public required long LiveBytesPeak { get; init; }

    /// <summary>What lives where in the arena, and when: a backend that is being tested spoils what is free.</summary>
    public required IReadOnlyList<ArenaSlot> Slots { get; init; }

    /// <summary>The state blocks that steps read or write.</summary>
    public required IReadOnlyList<StateBlock> State { get; init; }

    /// <summary>The graph after the passes; steps refer to its nodes.</summary>
    public required Graph Graph { get; init; }

    /// <summary>The kernel steps.</summary>
    public IEnumerable<KernelStep> Kernels => Steps.OfType<KernelStep>();
}
