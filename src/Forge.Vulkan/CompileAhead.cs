using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>
/// Has a driver compile on every core. Mesa's software driver makes a pipeline's machine code when it is first dispatched, on the one thread of its
/// queue. Further devices of the same driver, each with a thread and a queue of its own, meanwhile dispatch no workgroups of every new pipeline,
/// the last first; the machine code reaches the first device through the driver's cache on disk.
/// </summary>
/// <remarks>Only drivers with <see cref="Quirks.CompilesAtFirstDispatch"/>. It changes no result, and its failures cost time only.</remarks>
internal sealed class CompileAhead : IDisposable
{
    // Fewer new pipelines than this compile sooner than another device opens.
    private const int Worth = 4, MostDevices = 8;
    private readonly Device _device;
    private readonly CacheFolder _folder;
    private readonly string _file;
    private readonly HashSet<Int128> _seen;
    private readonly Stack<PipelineParts> _waiting = new();
    private readonly List<Thread> _threads = [];
    private readonly CancellationTokenSource _stop = new();
    private bool _changed;

    /// <summary>Remembers on disk what this driver has compiled: those pipelines are left to its own cache.</summary>
    /// <param name="device">The device that will dispatch the pipelines.</param>
    /// <param name="root">The cache's root folder; null means that everything is new.</param>
    public CompileAhead(Device device, string? root)
    {
        (_device, _folder, _file) = (device, new CacheFolder(root, "pipelines"), PipelineCache.FileName(device.Description) + ".seen");
        var known = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, Int128>(_folder.Read(_file) ?? []);
        _seen = [.. known];
    }

    /// <summary>Pipelines that the further devices compiled so far.</summary>
    public int Compiled => _compiled;
    private int _compiled;

    /// <summary>Whether a device gains by this. Not under the validation layer, nor where tests count or fail calls.</summary>
    public static bool Helps(Device device) =>
        device.Limits.Quirks.CompilesAtFirstDispatch && device.CallsInAnyOrder && !device.Instance.Validation && Environment.ProcessorCount > 1;

    /// <summary>Starts compiling what is new, and returns at once.</summary>
    /// <param name="pipelines">In the order in which they will be dispatched first.</param>
    public void Start(IEnumerable<PipelineParts> pipelines)
    {
        lock (_waiting)
        {
            var fresh = pipelines.Where(p => _seen.Add(Hash(p))).ToArray();
            _changed |= fresh.Length > 0;
            foreach (var parts in fresh) _waiting.Push(parts);
            if (_waiting.Count < Worth) return;
            for (var devices = _threads.Count(t => t.IsAlive); devices < Math.Min(Environment.ProcessorCount - 1, MostDevices); devices++)
            {
                var thread = new Thread(Work) { IsBackground = true, Name = "compile ahead" };
                _threads.Add(thread);
                thread.Start();
            }
        }
    }

    /// <summary>Writes down what has been seen.</summary>
    public void Save()
    {
        lock (_waiting)
        {
            if (!_changed) return;
            _changed = false;
            _folder.Write(_file, System.Runtime.InteropServices.MemoryMarshal.AsBytes<Int128>([.. _seen]));
        }
    }

    /// <summary>Waits until everything that was started is compiled.</summary>
    internal void Finish()
    {
        foreach (var thread in _threads) thread.Join();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        Finish();
        Save();
        _stop.Dispose();
    }

    private void Work()
    {
        try
        {
            using var device = _device.OpenSibling();
            using var cache = new PipelineCache(device, root: null);
            var (pool, commands) = CommandBuffers.CreatePool(device, "compiling ahead");
            try
            {
                while (!_stop.IsCancellationRequested && Next() is { } parts)
                {
                    Compile(device, cache, commands, parts);
                    Interlocked.Increment(ref _compiled);
                }
            }
            finally
            {
                DestroyPool(device, pool);
            }
        }
        catch (Exception e) when (e is VulkanException or ShaderException or Core.DeviceException)
        {
            Switches.Log(1, $"nothing is compiled ahead: {e.Message}");
        }
    }

    private PipelineParts? Next()
    {
        lock (_waiting) return _waiting.TryPop(out var parts) ? parts : null;
    }

    private static unsafe void Compile(Device device, PipelineCache cache, CommandBuffer commands, PipelineParts parts)
    {
        using var pipeline = new ComputePipeline(device, cache, parts);
        CommandBuffers.Begin(device, commands, "compiling ahead", once: true);
        pipeline.Bind(commands);
        device.Vk.CmdDispatch(commands, 0, 0, 0);
        device.Vk.EndCommandBuffer(commands).Check("vkEndCommandBuffer", "compiling ahead");
        device.Wait(device.Submit([commands], "compiling ahead"), "compiling ahead");
    }

    private static unsafe void DestroyPool(Device device, CommandPool pool) => device.Vk.DestroyCommandPool(device.Handle, pool, null);

    // The machine code of a shader object is not that of the pipeline.
    private static Int128 Hash(PipelineParts parts) =>
        System.Runtime.InteropServices.MemoryMarshal.Read<Int128>(parts.Hash) ^ (parts.Binary is null ? 0 : 1);
}
