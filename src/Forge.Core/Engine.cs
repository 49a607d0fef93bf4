namespace Forge.Core;

/// <summary>How an engine is opened.</summary>
/// <threadsafety>Immutable.</threadsafety>
public sealed record EngineOptions
{
    /// <summary>"auto", an index of <c>forge devices</c>, or a part of a device's name.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>The seed from which every initial weight and random draw is made.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>In which type products and convolutions multiply, where a function is not compiled with another.</summary>
    public Precision Precision { get; init; } = Precision.Strict32;

    /// <summary>Plans that a compiled function keeps for different argument types; the least recently used goes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1.</exception>
    public int PlansKept
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = 8;
}

/// <summary>Owns a backend and the state that lives on it; compiles traced functions into plans and runs them.</summary>
/// <remarks>Disposing it frees everything it made.</remarks>
/// <param name="backend">What runs plans; disposed with the engine.</param>
/// <param name="options">Seed and limits.</param>
/// <threadsafety>One thread at a time; engines of several threads do not disturb each other.</threadsafety>
public sealed class Engine(IBackend backend, EngineOptions? options = null) : IDisposable
{
    private readonly Dictionary<string, double> _values = [];
    private readonly Dictionary<string, HostScalar> _scalars = [];
    private readonly List<CompiledFunction> _functions = [];
    private RandomKey? _key;
    private bool _disposed;

    /// <summary>What runs the plans.</summary>
    public IBackend Backend { get; } = backend;

    /// <summary>How the engine was opened.</summary>
    public EngineOptions Options { get; } = options ?? new();

    /// <summary>The values of parameters.</summary>
    public StateStore State => field ??= new(Backend, Options.Seed);

    /// <summary>Runs that drew random numbers so far; part of a checkpoint, because the draws depend on it and on the seed alone.</summary>
    public uint RandomStep { get; set; }

    /// <summary>A named number that steps may read and the host may change between runs.</summary>
    /// <param name="name">Its name; the same name is the same number.</param>
    /// <param name="initial">Its first value, when the name is new.</param>
    public HostScalar Scalar(string name, float initial = 0)
    {
        _values.TryAdd(name, initial);
        if (!_scalars.TryGetValue(name, out var scalar)) _scalars[name] = scalar = new(name, DType.F32, () => _values[name]);
        return scalar;
    }

    /// <summary>Changes a named number; runs from now on read it.</summary>
    public void SetScalar(string name, float value) => _values[name] = value;

    /// <summary>Traces a function of one argument once per argument type, and replays it.</summary>
    public CompiledFunction Compile(Func<Tensor, Tensor> function, Precision? precision = null) => Compile(1, x => [function(x[0])], precision);

    /// <summary>Traces a function of two arguments once per pair of argument types, and replays it.</summary>
    public CompiledFunction Compile(Func<Tensor, Tensor, Tensor> function, Precision? precision = null) => Compile(2, x => [function(x[0], x[1])], precision);

    /// <summary>Traces a function of three arguments once per argument types, and replays it.</summary>
    public CompiledFunction Compile(Func<Tensor, Tensor, Tensor, Tensor> function, Precision? precision = null) => Compile(3, x => [function(x[0], x[1], x[2])], precision);

    /// <summary>Traces a function without arguments, and replays it.</summary>
    public CompiledFunction Compile(Func<Tensor> function, Precision? precision = null) => Compile(0, _ => [function()], precision);

    /// <summary>Traces a function of any arguments and results once per argument types, and replays it.</summary>
    /// <param name="arity">The number of arguments.</param>
    /// <param name="function">Called while tracing with one graph value for each argument.</param>
    /// <param name="precision">In which type products multiply; the engine's when left out.</param>
    public CompiledFunction Compile(int arity, Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> function, Precision? precision = null)
    {
        var compiled = new CompiledFunction(this, arity, function, precision ?? Options.Precision);
        _functions.Add(compiled);
        return compiled;
    }

    /// <summary>The value of an expression of parameters and constants: a plan that runs once.</summary>
    public HostTensor Evaluate(Func<Tensor> expression)
    {
        using var compiled = new CompiledFunction(this, 0, _ => [expression()], Options.Precision);
        return compiled.Run()[0];
    }

    /// <summary>Seed and run number, as graph values: what random ops draw from.</summary>
    internal RandomKey Key => _key ??= new(
        new("random.seed.low", DType.U32, () => (uint)Options.Seed),
        new("random.seed.high", DType.U32, () => (uint)(Options.Seed >> 32)),
        new("random.step", DType.U32, () => RandomStep));

    /// <summary>Goes on with what an earlier process saved of <see cref="IBackend.VariantTable"/>: ops run the variants that they ran there.</summary>
    /// <remarks>Plans made before are made again. What could not be followed is in <see cref="IBackend.VariantDepartures"/>.</remarks>
    public void UseVariants(IReadOnlyList<string> table)
    {
        if (Backend.UseVariants(table)) ReleasePlans();
    }

    /// <summary>Drops every plan of every function, so that their memory can be used.</summary>
    /// <returns>How many there were.</returns>
    internal int ReleasePlans() => _functions.Sum(f => f.Release());

    /// <summary>Lets go of a disposed function.</summary>
    internal void Forget(CompiledFunction function) => _functions.Remove(function);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        foreach (var function in _functions.ToArray()) function.Dispose();
        State.Dispose();
        Backend.Dispose();
    }
}

/// <summary>What random ops draw from: three u32 host scalars.</summary>
/// <param name="SeedLow">The lower half of the seed.</param>
/// <param name="SeedHigh">The upper half of the seed.</param>
/// <param name="Step">The number of the run.</param>
/// <threadsafety>Immutable.</threadsafety>
public sealed record RandomKey(HostScalar SeedLow, HostScalar SeedHigh, HostScalar Step);
