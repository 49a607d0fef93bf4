using System.Collections.Concurrent;
using System.Globalization;

namespace Forge.Vulkan;

/// <summary>One pipeline to build. Equal requests are one pipeline.</summary>
/// <param name="Shader">The shader.</param>
/// <param name="Constants">Specialization constants, by constant_id.</param>
/// <param name="Buffers">How many buffers it reaches.</param>
/// <param name="PushWords">How many words its kernel pushes.</param>
/// <param name="LaneTable">Entries of the lane table.</param>
/// <param name="Checked">Whether every access is checked where the device works with addresses.</param>
internal sealed record PipelineRequest(ShaderRequest Shader, IReadOnlyList<uint> Constants, int Buffers, int PushWords, int LaneTable, bool Checked = false)
{
    /// <summary>Everything that tells this request from another.</summary>
    public string Key
    {
        get
        {
            var key = new System.Text.StringBuilder(Shader.Name);
            foreach (var (name, value) in Shader.Defines ?? [])
                key.Append(CultureInfo.InvariantCulture, $" -D{name}={value}");
            key.Append(CultureInfo.InvariantCulture, $" [{string.Join(',', Constants)}] {Buffers} {PushWords} {LaneTable}{(Checked ? " checked" : "")}");
            foreach (var (name, text) in Shader.Includes ?? [])
                key.Append('\0').Append(name).Append('\0').Append(text);
            return key.Append('\0').Append(Shader.Text).ToString();
        }
    }

    /// <summary>The shader as it is compiled for a device, with the macros that say how it reaches its buffers.</summary>
    /// <param name="limits">The device's limits.</param>
    /// <param name="push">The push block's layout there.</param>
    public ShaderRequest CompiledFor(DeviceLimits limits, out PushLayout push)
    {
        if (Checked && limits.Mode == BufferMode.Address)
            limits = limits with { Mode = BufferMode.Checked };
        push = PushLayout.For(limits, Buffers, PushWords, LaneTable, Shader.Name);
        return Shader with { Defines = [.. push.Defines, .. Shader.Defines ?? []] };
    }

    /// <summary>For messages and tools.</summary>
    public string Name => $"{Shader.Name}{string.Concat((Shader.Defines ?? []).Select(d => $" {d.Name}={d.Value}"))} [{string.Join(',', Constants)}]";
}

/// <summary>Builds pipelines, each once, several at a time.</summary>
internal sealed class PipelineLibrary : IDisposable
{
    private readonly Device _device;
    private readonly ShaderCompiler _compiler;
    private readonly PipelineCache _cache;
    private readonly CompileAhead? _ahead;
    private readonly ConcurrentDictionary<string, Lazy<ComputePipeline>> _built = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<ComputePipeline, PipelineParts> _parts = new();

    /// <summary>A library on <paramref name="device"/>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="compiler">Compiles GLSL; null means the default one.</param>
    /// <param name="cacheRoot">Where the driver's cache is kept; null means nowhere.</param>
    public PipelineLibrary(Device device, ShaderCompiler? compiler = null, string? cacheRoot = null)
    {
        (_device, _compiler) = (device, compiler ?? new ShaderCompiler());
        _cache = new PipelineCache(device, cacheRoot);
        if (CompileAhead.Helps(device))
            _ahead = new CompileAhead(device, cacheRoot);
    }

    /// <summary>Pipelines built so far.</summary>
    public int Count => _built.Count;

    /// <summary>Shaders compiled so far; the rest came from the cache.</summary>
    public int Compiled => _compiler.Compiled;

    /// <summary>What the driver made of shaders in other runs.</summary>
    internal PipelineCache Cache => _cache;

    /// <summary>The pipeline for a request, built if it must be.</summary>
    /// <exception cref="ShaderException">The shader does not compile or does not fit its kernel.</exception>
    public ComputePipeline Get(PipelineRequest request)
    {
        var key = request.Key;
        var lazy = _built.GetOrAdd(key, _ => new Lazy<ComputePipeline>(() => Build(request)));
        try
        {
            return lazy.Value;
        }
        catch
        {
            // Memory may be there the next time.
            _built.TryRemove(KeyValuePair.Create(key, lazy));
            throw;
        }
    }

    /// <summary>Builds all of these, on every core, and gives them in the requests' order.</summary>
    /// <exception cref="ShaderException">One of the shaders does not compile or does not fit its kernel.</exception>
    public IReadOnlyList<ComputePipeline> Get(IReadOnlyList<PipelineRequest> requests, CancellationToken cancellation = default)
    {
        var built = new ComputePipeline[requests.Count];
        try
        {
            // One by one: some take a hundred times as long as others.
            var each = Partitioner.Create(Enumerable.Range(0, requests.Count), EnumerablePartitionerOptions.NoBuffering);
            Parallel.ForEach(each, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellation }, i => built[i] = Get(requests[i]));
        }
        catch (AggregateException several)
        {
            // The first says enough; the others are mostly the same mistake.
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
        _ahead?.Start(built.Distinct().Select(p => _parts.TryRemove(p, out var parts) ? parts : null).OfType<PipelineParts>());
        return built;
    }

    /// <summary>A hash of the sources of these requests' shaders.</summary>
    /// <exception cref="ShaderException">One of the shaders is not there.</exception>
    public string SourceKey(IEnumerable<PipelineRequest> requests)
    {
        var keys = requests.Select(r => _compiler.KeyOf(r.Shader)).Distinct();
        return Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', keys))))[..32];
    }

    /// <summary>Why a request's shader does not compile for the device; null where it does.</summary>
    public string? WhyNot(PipelineRequest request) => _compiler.WhyNot(request.CompiledFor(_device.Limits, out _));

    /// <summary>Writes the driver's cache to disk.</summary>
    public void Save()
    {
        _cache.Save();
        _ahead?.Save();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ahead?.Dispose();
        foreach (var lazy in _built.Values)
            if (lazy.IsValueCreated)
                lazy.Value.Dispose();
        _cache.Dispose();
    }

    private ComputePipeline Build(PipelineRequest request)
    {
        var shader = request.CompiledFor(_device.Limits, out var push);
        var spirv = _compiler.Compile(shader);
        var parts = new PipelineParts(request.Name, spirv, request.Constants, push);
        var pipeline = new ComputePipeline(_device, _cache, parts);
        if (_ahead is not null)
            _parts[pipeline] = parts with { Binary = pipeline.Binary };
        Switches.Log(3, $"built {request.Name} in {pipeline.BuildTime.TotalMilliseconds:F1} ms");
        return pipeline;
    }
}
