namespace Forge.Core;

/// <summary>Something that can hold state and run plans: a Vulkan device, or the fp64 reference.</summary>
/// <remarks>One engine owns one backend.</remarks>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public interface IBackend : IDisposable
{
    /// <summary>What runs the steps, for people: device and driver.</summary>
    string Description { get; }

    /// <summary>What the planner needs to know.</summary>
    BackendTraits Traits { get; }

    /// <summary>Bytes of each scratch buffer that the node's kernel will want.</summary>
    IReadOnlyList<long> ScratchBytes(Node node);

    /// <summary>Zero-filled memory that outlives plans.</summary>
    /// <exception cref="MemoryException">There is not enough.</exception>
    StateBlock AllocateState(string name, long bytes);

    /// <summary>How ops on inputs of given types have run here, a line each, and on what: kept in checkpoints, because results depend on it to the bit.</summary>
    IReadOnlyList<string> VariantTable => [];

    /// <summary>What does not run as the table in use says, for people; empty where everything does.</summary>
    IReadOnlyList<string> VariantDepartures => [];

    /// <summary>Has ops run as a <see cref="VariantTable"/> says that an earlier process saved, whatever was tuned since. Plans that are made already stay as they are.</summary>
    /// <returns>Whether it is another table than the one in use.</returns>
    bool UseVariants(IReadOnlyList<string> table) => false;

    /// <summary>Makes a plan ready to run again and again.</summary>
    /// <exception cref="MemoryException">It does not fit.</exception>
    /// <exception cref="KernelRefusedException">The device would not take one of its kernels; a plan made again goes without.</exception>
    IExecutable Build(Plan plan);
}

/// <summary>What a planner needs to know of a backend.</summary>
/// <param name="Alignment">Bytes to which every placement is aligned; a power of two.</param>
/// <param name="LargestRegion">Bytes of the largest region that can be allocated.</param>
/// <param name="MemoryBytes">Bytes that may be used in all.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record BackendTraits(int Alignment = 256, long LargestRegion = long.MaxValue, long MemoryBytes = long.MaxValue)
{
    /// <summary>The 16-bit types that its matrix units multiply: operands rounded to one of these are also stored in 16 bits. Others are rounded and kept as f32.</summary>
    public IReadOnlyList<DType> MatrixOperands { get; init; } = [];

    /// <summary>Whether it runs a recurrent cell or its gradient, on inputs of these types, faster by simpler ops for each step; null for never.</summary>
    public Func<Op, IReadOnlyList<TensorType>, bool>? PrefersSteps { get; init; }
}

/// <summary>A plan bound to memory.</summary>
/// <threadsafety>One thread at a time: its engine's.</threadsafety>
public interface IExecutable : IDisposable
{
    /// <summary>How each kernel step runs, a line each, in order: with the same lines, seed and device, results are the same to the bit.</summary>
    IReadOnlyList<string> VariantTable { get; }

    /// <summary>Runs the plan once and returns its results.</summary>
    /// <param name="inputs">The arguments, of the plan's types.</param>
    IReadOnlyList<HostTensor> Run(IReadOnlyList<HostTensor> inputs);
}

/// <summary>Memory that outlives plans: parameters and optimizer state.</summary>
/// <param name="name">For messages and debuggers.</param>
/// <param name="bytes">Its length.</param>
/// <threadsafety>One thread at a time.</threadsafety>
public abstract class StateBlock(string name, long bytes) : IDisposable
{
    /// <summary>For messages and debuggers.</summary>
    public string Name { get; } = name;

    /// <summary>Its length in bytes.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Copies bytes in, between runs.</summary>
    public abstract void Write(long offset, ReadOnlySpan<byte> source);

    /// <summary>Copies bytes out, between runs.</summary>
    public abstract void Read(long offset, Span<byte> target);

    /// <summary>Frees the memory.</summary>
    public abstract void Dispose();
}
