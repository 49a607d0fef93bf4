using Forge.Core;

namespace Forge.Vulkan;

/// <summary>A slice that a step touches.</summary>
/// <param name="Slice">The bytes.</param>
/// <param name="Written">Whether it writes them; it may read them, too.</param>
internal readonly record struct BufferAccess(BufferSlice Slice, bool Written);

/// <summary>One command of a recording.</summary>
/// <param name="Name">For profiles, tools and messages: the node's label.</param>
/// <param name="Accesses">Everything it touches.</param>
internal abstract record RecordedStep(string Name, IReadOnlyList<BufferAccess> Accesses)
{
    /// <summary>Floating-point operations, for splitting submissions.</summary>
    public double Flops { get; init; }

    /// <summary>Bytes it moves at least, for profiles.</summary>
    public double Bytes { get; init; }

    /// <summary>The use of an op it belongs to, for profiles; null where it is a copy or stands apart from ops.</summary>
    public StepOrigin? Origin { get; init; }
}

/// <summary>One use of an op; its dispatches share the object.</summary>
/// <param name="Op">The op.</param>
/// <param name="Inputs">Types of its inputs.</param>
/// <param name="Variant">How it runs.</param>
internal sealed record StepOrigin(Op Op, IReadOnlyList<TensorType> Inputs, Variant Variant);

/// <summary>Launches a kernel; its accesses are its bindings, in order.</summary>
internal sealed record RecordedDispatch(string Name, ComputePipeline Pipeline, Grid Grid, IReadOnlyList<uint> Words, IReadOnlyList<BufferAccess> Bindings)
    : RecordedStep(Name, Bindings);

/// <summary>Copies bytes between slices of equal length.</summary>
internal sealed record RecordedCopy(string Name, BufferSlice From, BufferSlice To) : RecordedStep(Name, [new(From, false), new(To, true)]);

/// <summary>Fills a slice with a repeated word; offset and length are multiples of 4.</summary>
internal sealed record RecordedFill(string Name, BufferSlice To, uint Word) : RecordedStep(Name, [new(To, true)]);
