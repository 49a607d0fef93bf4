namespace Forge.Vulkan;

/// <summary>Which of a kernel's buffers a slot is.</summary>
/// <threadsafety>Immutable.</threadsafety>
public enum SlotKind
{
    /// <summary>An input of the op: only read.</summary>
    Input,

    /// <summary>An output of the op.</summary>
    Output,

    /// <summary>Memory of this kernel alone, of no defined contents at its start.</summary>
    Scratch,

    /// <summary>A block of floats that are all 1, as long as <see cref="KernelPlan.OnesBytes"/>: only read.</summary>
    Ones,
}

/// <summary>A buffer that a dispatch reaches: all of an input, output or scratch block, or a part.</summary>
/// <param name="Kind">Which sort.</param>
/// <param name="Index">Which one of its sort.</param>
/// <param name="Offset">Where it starts, in bytes from the block's start; a multiple of 16, and of 256 for descriptor mode to work everywhere.</param>
/// <param name="Bytes">Its length, in bytes; -1 reaches to the block's end.</param>
/// <param name="Written">Whether the dispatch writes it.</param>
/// <threadsafety>Immutable.</threadsafety>
public readonly record struct Slot(SlotKind Kind, int Index, long Offset, long Bytes, bool Written)
{
    /// <summary>An input, read.</summary>
    public static Slot Input(int index, long offset = 0, long bytes = -1) => new(SlotKind.Input, index, offset, bytes, false);

    /// <summary>An output, written and perhaps read.</summary>
    public static Slot Output(int index, long offset = 0, long bytes = -1, bool written = true) => new(SlotKind.Output, index, offset, bytes, written);

    /// <summary>Scratch; set <paramref name="written"/> to false where a dispatch only reads it.</summary>
    public static Slot Scratch(int index, long offset = 0, long bytes = -1, bool written = true) => new(SlotKind.Scratch, index, offset, bytes, written);

    /// <summary>The block of ones.</summary>
    public static Slot Ones => new(SlotKind.Ones, 0, 0, -1, false);
}

/// <summary>One launch of a shader.</summary>
/// <param name="Grid">Workgroups.</param>
/// <param name="Push">The words of PUSH in the shader, in order; <see cref="Bits(float)"/> for floats.</param>
/// <param name="Bindings">The buffers, by binding number. Null means the op's inputs, then its outputs.</param>
/// <param name="Shader">The shader's file, where it is not the variant's.</param>
/// <param name="Constants">Specialization constants, where they are not the variant's.</param>
/// <param name="Defines">Macros, where they are not the variant's.</param>
/// <param name="Includes">Texts of files that the shader includes and that are made for this dispatch, by name.</param>
/// <param name="Source">The shader's whole text, where it is no file; <paramref name="Shader"/> then only names it.</param>
/// <param name="LaneTable">Entries of the lane table, where they are not the variant's.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record Dispatch(
    Grid Grid, IReadOnlyList<uint> Push, IReadOnlyList<Slot>? Bindings = null, string? Shader = null, IReadOnlyList<uint>? Constants = null,
    IReadOnlyList<(string Name, string Value)>? Defines = null, IReadOnlyList<(string Name, string Text)>? Includes = null, string? Source = null, int? LaneTable = null)
{
    /// <summary>A float as the word that a shader's <c>float</c> push member reads.</summary>
    public static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    /// <summary>Whether its accesses are compared with their tensors, whatever the engine's mode. Devices without addresses have robust access instead.</summary>
    internal AccessChecks Checks { get; init; }

    /// <summary>A buffer whose every word is set before the dispatch starts, and to what.</summary>
    public (Slot Slot, uint Word)? Fill { get; init; }
}

/// <summary>When a dispatch's accesses are compared with their tensors, beyond what the engine's mode says.</summary>
internal enum AccessChecks
{
    /// <summary>As the engine's mode says: the kernel is Forge's own.</summary>
    AsTheEngine,

    /// <summary>In a run that comes before the kernel is used at all.</summary>
    First,

    /// <summary>In every run.</summary>
    Always,
}

/// <summary>What a kernel does for one node: dispatches in order, and the scratch they share.</summary>
/// <param name="Dispatches">In order; barriers between them follow from their slots.</param>
/// <param name="ScratchBytes">The length of each scratch block, in bytes.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record KernelPlan(IReadOnlyList<Dispatch> Dispatches, IReadOnlyList<long> ScratchBytes)
{
    /// <summary>The length of the block of ones that the dispatches read, in bytes.</summary>
    public long OnesBytes { get; init; }

    /// <summary>A plan of several dispatches without scratch.</summary>
    public KernelPlan(params IReadOnlyList<Dispatch> dispatches) : this(dispatches, []) { }

    /// <summary>The same plan with every access checked.</summary>
    internal KernelPlan Checked() => this with { Dispatches = [.. Dispatches.Select(d => d with { Checks = AccessChecks.Always })] };

    /// <summary>A plan of one dispatch.</summary>
    public static implicit operator KernelPlan(Dispatch dispatch) => new([dispatch], []);

    /// <summary>A plan of one dispatch.</summary>
    public static KernelPlan FromDispatch(Dispatch dispatch) => dispatch;
}
