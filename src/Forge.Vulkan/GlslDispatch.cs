using System.Runtime.CompilerServices;

namespace Forge.Vulkan;

/// <summary>How an op of the user's own runs: its shader and what is launched.</summary>
/// <remarks>
/// The shader reaches its buffers through the macros of shaders/include/buffers.glsl: the op's inputs are the first bindings, its outputs follow.
/// It is built with every access compared with its tensor: the first one outside is a <see cref="BoundsException"/> with binding and index.
/// </remarks>
/// <threadsafety>Immutable.</threadsafety>
public sealed record GlslDispatch
{
    /// <summary>A launch of a shader, by default with an invocation for each element of the first output.</summary>
    /// <param name="source">The GLSL: text, or <see cref="GlslSource.FromFile"/>.</param>
    /// <param name="program">The program's file, for messages about GLSL that is text; the compiler gives it.</param>
    public GlslDispatch(GlslSource source, [CallerFilePath] string program = "") => (Source, Program) = (source, Path.GetFileName(program));

    /// <summary>The GLSL.</summary>
    public GlslSource Source { get; }

    /// <summary>Invocations needed; the grid is one-dimensional, LINEAR_INDEX counts them, and those past the last must return. Null means one for each element of the first output.</summary>
    public long? Invocations { get; init; }

    /// <summary>Workgroups, where a one-dimensional grid does not fit; <see cref="Invocations"/> is not read then.</summary>
    public Grid? Grid { get; init; }

    /// <summary>Invocations in a workgroup, specialization constant 0: <c>layout(local_size_x_id = 0) in;</c>. Made smaller where the device has less, unless <see cref="Grid"/> is set.</summary>
    public uint Lanes { get; init; } = 64;

    /// <summary>The words of PUSH, in order (<see cref="Dispatch.Bits(float)"/> for floats). Null means one: the number of invocations.</summary>
    public IReadOnlyList<uint>? Push { get; init; }

    /// <summary>Specialization constants from constant_id 1 on.</summary>
    public IReadOnlyList<uint> Constants { get; init; } = [];

    /// <summary>
    /// Whether accesses go unchecked once the kernel was found right on the inputs' types: it runs first with every access compared, between guards, on
    /// values drawn for the purpose; indexes that come out of tensors may still go astray.
    /// </summary>
    public bool Unchecked { get; init; }

    /// <summary>The program's file.</summary>
    internal string Program { get; }
}
