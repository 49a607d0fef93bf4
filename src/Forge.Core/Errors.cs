namespace Forge.Core;

/// <summary>The root of every error Forge raises on purpose. Its message says what, where and what to do next.</summary>
/// <remarks>Messages name files and what stands in them; control characters in those are written as numbers, so that no file speaks to the terminal.</remarks>
/// <threadsafety>Immutable.</threadsafety>
public class ForgeException(string message, Exception? inner = null) : Exception(ForeignText.Visible(message), inner);

/// <summary>Shapes or dtypes that an op cannot take.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class ShapeException : ForgeException
{
    /// <summary>An error with a finished message.</summary>
    public ShapeException(string message) : base(message) { }

    /// <summary>An error of one op: the graph has not named the node yet, so the op's own name stands for it.</summary>
    /// <param name="op">The op that refused.</param>
    /// <param name="inputs">What it was given.</param>
    /// <param name="problem">What does not fit, without the op's name or a final full stop.</param>
    /// <param name="advice">What to do, as a sentence.</param>
    public ShapeException(Op op, IReadOnlyList<TensorType> inputs, string problem, string advice)
        : base($"{op.Name}: {problem}.\n  inputs: {string.Join(", ", inputs)}. {advice}") { }
}

/// <summary>A graph used in a way that has no meaning: values of two graphs mixed, a node broken by a pass.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class GraphException(string message) : ForgeException(message);

/// <summary>Something that has no value yet was read while a step was being traced.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class TracingException(string message) : ForgeException(message);

/// <summary>A file or data set that cannot be used: the message names the file, the place in it and what to do.</summary>
/// <threadsafety>Immutable.</threadsafety>
public class DataException(string message, Exception? inner = null) : ForgeException(message, inner);

/// <summary>A device, driver or loader that is missing, unsuitable or failed.</summary>
/// <threadsafety>Immutable.</threadsafety>
public class DeviceException(string message, Exception? inner = null) : ForgeException(message, inner);

/// <summary>A device would not take a kernel that a plan was made with; the backend has noted it, and a plan made again goes without.</summary>
/// <param name="message">Which kernel, and how it was refused.</param>
/// <param name="inner">How it was refused.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class KernelRefusedException(string message, Exception? inner = null) : DeviceException(message, inner);

/// <summary>A plan or allocation larger than the device can hold.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed class MemoryException(string message, Exception? inner = null) : ForgeException(message, inner);

/// <summary>A training step that produced a value that is not finite; the state was left as it was before the step.</summary>
/// <param name="message">What happened, and the first node that was not finite.</param>
/// <param name="node">That node's name, where it was found.</param>
/// <param name="results">What the step gave.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed class DivergedException(string message, string? node = null, Results? results = null) : ForgeException(message)
{
    /// <summary>What the step gave all the same, its losses among it; null where it is not known.</summary>
    public Results? Results { get; } = results;

    /// <summary>The first node whose output was not finite; null when it was not looked for.</summary>
    public string? Node { get; } = node;
}
