using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>How to open a device.</summary>
internal sealed record DeviceOptions
{
    /// <summary>Which device: see <see cref="DeviceSelection.Choose"/>. Null means FORGE_DEVICE, else the best.</summary>
    public string? Device { get; init; }

    /// <summary>Whether the validation layer watches. Null means FORGE_VALIDATION.</summary>
    public bool? Validation { get; init; }

    /// <summary>Whether the validation layer, where it watches, adds checks to shaders too. Null means FORGE_VALIDATION=gpu.</summary>
    public bool? GpuAssisted { get; init; }

    /// <summary>How kernels reach buffers. Null means FORGE_BUFFERS, else addresses where the device has them.</summary>
    public BufferMode? Mode { get; init; }

    /// <summary>Treats the device's memory as out of the host's reach, as a card's is: everything is staged. For tests.</summary>
    public bool Staged { get; init; }

    /// <summary>The length of a staging buffer, in bytes; a multiple of 4.</summary>
    public int StagingBytes { get; init; } = 16 << 20;

    /// <summary>Whether pipelines are built so that the driver can tell their registers, where it can at all.</summary>
    public bool Statistics { get; init; }

    /// <summary>Replaces Vulkan entry points.</summary>
    public EntryPointHook? Hook { get; init; }

    /// <summary>Compiles ahead although calls are replaced, which then come in any order. For tests.</summary>
    public bool AheadWhereHooked { get; init; }

    /// <summary>Narrows what kernels may use.</summary>
    public Func<DeviceLimits, DeviceLimits>? Narrow { get; init; }
}

/// <summary>An open device with its one compute queue and the timeline on which all its work is counted.</summary>
internal sealed unsafe class Device : IDisposable
{
    private readonly Lock _queueLock = new();
    private readonly Queue _queue;
    private readonly Silk.NET.Vulkan.Semaphore _timeline;
    private readonly delegate* unmanaged<Silk.NET.Vulkan.Device, DebugUtilsObjectNameInfoEXT*, Result> _setName;
    private readonly bool _statistics;
    private readonly Lazy<ShaderObjects?> _shaderObjects;
    private ulong _submitted;
    private readonly DeviceStats _stats = new();
    private readonly bool _isSibling;
    private bool _disposed;

    /// <summary>Opens a device.</summary>
    /// <exception cref="DeviceException">No loader, no driver, no such device, or one that lacks what Forge needs.</exception>
    public Device(DeviceOptions? options = null)
    {
        options ??= new DeviceOptions();
        _shaderObjects = new(() => ShaderObjects.Of(this));
        Api = new VulkanApi(options.Hook);
        Instance = new VulkanInstance(Api, options.Validation ?? Switches.Validation, options.GpuAssisted ?? Switches.GpuAssisted);
        try
        {
            var devices = PhysicalDeviceQuery.List(Instance);
            Description = DeviceSelection.Choose([.. devices.Select(d => d.Description)], options.Device ?? Environment.GetEnvironmentVariable("FORGE_DEVICE"));
            (MapsDeviceMemory, StagingBytes, _statistics) = (!options.Staged, options.StagingBytes, options.Statistics);
            CallsInAnyOrder = !Api.IsHooked || options.AheadWhereHooked;
            Physical = devices.First(d => d.Description == Description).Handle;
            using var features = new DeviceFeatures(Api, Physical, Description, options.Mode ?? ModeSwitch(), Instance.Validation);
            Limits = options.Narrow is { } narrow ? narrow(features.Limits) : features.Limits;
            QueueFamily = FindQueueFamily();
            Handle = Create(features);
            Tuning.DriverIdentity.KeepLoaded(this);
            _queue = FirstQueue();
            _timeline = CreateTimeline();
            if (Instance.HasDebugUtils && (Instance.Validation || Switches.Debug >= 2))
                _setName = (delegate* unmanaged<Silk.NET.Vulkan.Device, DebugUtilsObjectNameInfoEXT*, Result>)Api.Load("vkSetDebugUtilsObjectNameEXT");
            PhysicalDeviceMemoryProperties memory;
            Vk.GetPhysicalDeviceMemoryProperties(Physical, &memory);
            MemoryTypes = memory;
            ThrowMessages();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    // Another device of the same driver: no names, no messages of its own.
    private Device(Device other)
    {
        _shaderObjects = new(() => ShaderObjects.Of(this));
        (_isSibling, Api, Instance, Description, Physical) = (true, other.Api, other.Instance, other.Description, other.Physical);
        (Limits, QueueFamily, MemoryTypes, MapsDeviceMemory, StagingBytes) = (other.Limits, other.QueueFamily, other.MemoryTypes, other.MapsDeviceMemory, other.StagingBytes);
        try
        {
            using var features = new DeviceFeatures(Api, Physical, Description, other.Limits.Mode, Instance.Validation);
            Handle = Create(features);
            _queue = FirstQueue();
            _timeline = CreateTimeline();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Called once, when the device is about to go.</summary>
    internal event Action<Device>? Disposed;

    /// <summary>Pipelines made on the device so far.</summary>
    internal int PipelinesBuilt;

    /// <summary>The loader.</summary>
    public VulkanApi Api { get; }

    /// <summary>The instance.</summary>
    public VulkanInstance Instance { get; }

    /// <summary>What the device says about itself.</summary>
    public DeviceDescription Description { get; }

    /// <summary>What kernels may use.</summary>
    public DeviceLimits Limits { get; internal set; }

    /// <summary>The physical device.</summary>
    public PhysicalDevice Physical { get; }

    /// <summary>The device.</summary>
    public Silk.NET.Vulkan.Device Handle { get; }

    /// <summary>The family of the queue.</summary>
    public uint QueueFamily { get; }

    /// <summary>Memory types and heaps.</summary>
    public PhysicalDeviceMemoryProperties MemoryTypes { get; }

    /// <summary>Whether buffers that kernels use are mapped where their memory allows it.</summary>
    public bool MapsDeviceMemory { get; }

    /// <summary>The length of a staging buffer, in bytes.</summary>
    public int StagingBytes { get; }

    /// <summary>Whether other threads may call the driver meanwhile: not where tests count calls.</summary>
    public bool CallsInAnyOrder { get; }

    /// <summary>Whether pipelines are built so that <see cref="Profiling.PipelineStatistics"/> can ask for their registers.</summary>
    public bool CapturesStatistics => _statistics && Limits.HasPipelineStatistics;

    /// <summary>Shaders without pipelines, where this driver gains by them; null elsewhere.</summary>
    public ShaderObjects? ShaderObjects => _shaderObjects.Value;

    /// <summary>The binding.</summary>
    public Vk Vk => Api.Vk;

    /// <summary>Submissions made so far.</summary>
    public ulong Submissions => _submitted;

    /// <summary>Lists the devices of this machine without opening one.</summary>
    /// <exception cref="DeviceException">No loader or no driver.</exception>
    public static IReadOnlyList<DeviceDescription> List()
    {
        using var instance = new VulkanInstance(new VulkanApi(), validation: false);
        return [.. PhysicalDeviceQuery.List(instance).Select(d => d.Description)];
    }

    /// <summary>Opens another device with the same physical device, instance and limits; it must be disposed before this one.</summary>
    public Device OpenSibling() => new(this);

    /// <summary>Submits recorded command buffers, in order.</summary>
    /// <returns>The point on the timeline at which they are done.</returns>
    public ulong Submit(ReadOnlySpan<CommandBuffer> commands, string operation)
    {
        lock (_queueLock)
        {
            var value = _submitted + 1;
            var timeline = _timeline;
            var info = new TimelineSemaphoreSubmitInfo
            {
                SType = StructureType.TimelineSemaphoreSubmitInfo,
                SignalSemaphoreValueCount = 1,
                PSignalSemaphoreValues = &value,
            };
            fixed (CommandBuffer* p = commands)
            {
                var submit = new SubmitInfo
                {
                    SType = StructureType.SubmitInfo,
                    PNext = &info,
                    CommandBufferCount = (uint)commands.Length,
                    PCommandBuffers = p,
                    SignalSemaphoreCount = 1,
                    PSignalSemaphores = &timeline,
                };
                var result = Vk.QueueSubmit(_queue, 1, &submit, default);
                if (result == Result.Success)
                    _submitted = value;
                Settled(result, "vkQueueSubmit", operation);
            }
            return value;
        }
    }

    /// <summary>Waits until the timeline reaches <paramref name="value"/>, however long that takes.</summary>
    /// <exception cref="VulkanException">The device was lost.</exception>
    public void Wait(ulong value, string operation)
    {
        var timeline = _timeline;
        var info = new SemaphoreWaitInfo { SType = StructureType.SemaphoreWaitInfo, SemaphoreCount = 1, PSemaphores = &timeline, PValues = &value };
        Settled(Vk.WaitSemaphores(Handle, &info, ulong.MaxValue), "vkWaitSemaphores", operation);
    }

    /// <summary>Throws what the validation layer has said.</summary>
    public void ThrowMessages() => Instance.ThrowMessages();

    /// <summary>Gives an object a name that tools and validation messages show.</summary>
    public void Name(ObjectType type, ulong handle, string name)
    {
        if (_setName is null)
            return;
        using var text = new NativeStrings([name]);
        var info = new DebugUtilsObjectNameInfoEXT { SType = StructureType.DebugUtilsObjectNameInfoExt, ObjectType = type, ObjectHandle = handle, PObjectName = text.Pointers[0] };
        _setName(Handle, &info).Check("vkSetDebugUtilsObjectNameEXT", $"naming {name}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Disposed?.Invoke(this);
        if (Handle.Handle != 0)
        {
            if (!_isSibling)
                _stats.Record(this);
            Vk.DeviceWaitIdle(Handle); // a lost device says so; there is nothing left to do about it
            Vk.DestroySemaphore(Handle, _timeline, null);
            Vk.DestroyDevice(Handle, null);
        }
        if (_isSibling)
            return;
        Instance.Dispose();
        Api.Dispose();
    }

    // Whoever meets a failure frees buffers, or records and runs again: nothing that was submitted may be at work then.
    private void Settled(Result result, string call, string operation)
    {
        try
        {
            result.Check(call, operation);
            ThrowMessages();
        }
        catch
        {
            Vk.DeviceWaitIdle(Handle); // a lost device says so, and runs nothing any more
            throw;
        }
    }

    private static BufferMode? ModeSwitch() => Environment.GetEnvironmentVariable("FORGE_BUFFERS") switch
    {
        null or "" => null,
        "address" => BufferMode.Address,
        "descriptor" => BufferMode.Descriptor,
        "checked" => BufferMode.Checked,
        var other => throw new DeviceException($"FORGE_BUFFERS is '{other}'; it can be address, descriptor or checked."),
    };

    // A family that computes and does not draw leaves the screen alone.
    private uint FindQueueFamily()
    {
        uint count = 0;
        Vk.GetPhysicalDeviceQueueFamilyProperties(Physical, &count, null);
        var families = new QueueFamilyProperties[count];
        fixed (QueueFamilyProperties* p = families)
            Vk.GetPhysicalDeviceQueueFamilyProperties(Physical, &count, p);
        var found = Enumerable.Range(0, families.Length)
            .Where(i => families[i].QueueFlags.HasFlag(QueueFlags.ComputeBit))
            .OrderBy(i => families[i].QueueFlags.HasFlag(QueueFlags.GraphicsBit)).ToList();
        if (found.Count == 0)
            throw new DeviceException($"{Description.Name} has no compute queue. Choose another device with --device.");
        if (families[found[0]].TimestampValidBits == 0)
            Limits = Limits with { TimestampPeriod = 0 };
        return (uint)found[0];
    }

    private Silk.NET.Vulkan.Device Create(DeviceFeatures features)
    {
        var priority = 1f;
        var queue = new DeviceQueueCreateInfo { SType = StructureType.DeviceQueueCreateInfo, QueueFamilyIndex = QueueFamily, QueueCount = 1, PQueuePriorities = &priority };
        using var names = new NativeStrings(features.Extensions);
        var create = new DeviceCreateInfo
        {
            SType = StructureType.DeviceCreateInfo,
            PNext = features.Head,
            QueueCreateInfoCount = 1,
            PQueueCreateInfos = &queue,
            EnabledExtensionCount = (uint)features.Extensions.Count,
            PpEnabledExtensionNames = names.Pointers,
        };
        Silk.NET.Vulkan.Device device;
        Vk.CreateDevice(Physical, &create, null, &device).Check("vkCreateDevice", $"opening {Description.Name}");
        return device;
    }

    private Queue FirstQueue()
    {
        Queue queue;
        Vk.GetDeviceQueue(Handle, QueueFamily, 0, &queue);
        return queue;
    }

    private Silk.NET.Vulkan.Semaphore CreateTimeline()
    {
        var type = new SemaphoreTypeCreateInfo { SType = StructureType.SemaphoreTypeCreateInfo, SemaphoreType = SemaphoreType.Timeline };
        var create = new SemaphoreCreateInfo { SType = StructureType.SemaphoreCreateInfo, PNext = &type };
        Silk.NET.Vulkan.Semaphore semaphore;
        Vk.CreateSemaphore(Handle, &create, null, &semaphore).Check("vkCreateSemaphore", "making the timeline");
        return semaphore;
    }
}
