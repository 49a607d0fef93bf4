using Forge.Core;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>The descriptor sets of a recording's dispatches: one each, exact ranges.</summary>
internal sealed unsafe class DescriptorSets : IDisposable
{
    private readonly Device _device;
    private readonly DescriptorPool _pool;
    private readonly DescriptorSet[] _sets;

    /// <summary>Makes and fills the sets of the steps that use descriptors.</summary>
    /// <exception cref="DeviceException">A slice is larger than a binding may be, or starts where none may.</exception>
    public DescriptorSets(Device device, IReadOnlyList<RecordedStep> steps)
    {
        (_device, _sets) = (device, new DescriptorSet[steps.Count]);
        var users = steps.OfType<RecordedDispatch>().Where(d => d.Pipeline.Push.Mode == BufferMode.Descriptor).ToList();
        if (users.Count == 0)
            return;
        var size = new DescriptorPoolSize { Type = DescriptorType.StorageBuffer, DescriptorCount = (uint)Math.Max(1, users.Sum(u => u.Bindings.Count)) };
        var create = new DescriptorPoolCreateInfo { SType = StructureType.DescriptorPoolCreateInfo, MaxSets = (uint)users.Count, PoolSizeCount = 1, PPoolSizes = &size };
        DescriptorPool pool;
        device.Vk.CreateDescriptorPool(device.Handle, &create, null, &pool).Check("vkCreateDescriptorPool", "recording");
        _pool = pool;
        try
        {
            for (var i = 0; i < steps.Count; i++)
                if (steps[i] is RecordedDispatch { Pipeline.Push.Mode: BufferMode.Descriptor } dispatch)
                    _sets[i] = Fill(dispatch);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The set of a step.</summary>
    public DescriptorSet Of(int step) => _sets[step];

    /// <inheritdoc/>
    public void Dispose() => _device.Vk.DestroyDescriptorPool(_device.Handle, _pool, null);

    private DescriptorSet Fill(RecordedDispatch dispatch)
    {
        var layout = dispatch.Pipeline.SetLayout;
        var allocate = new DescriptorSetAllocateInfo { SType = StructureType.DescriptorSetAllocateInfo, DescriptorPool = _pool, DescriptorSetCount = 1, PSetLayouts = &layout };
        DescriptorSet set;
        _device.Vk.AllocateDescriptorSets(_device.Handle, &allocate, &set).Check("vkAllocateDescriptorSets", $"recording {dispatch.Name}");
        var count = dispatch.Bindings.Count;
        var ranges = new DescriptorBufferInfo[count];
        var writes = new WriteDescriptorSet[count];
        fixed (DescriptorBufferInfo* r = ranges)
        fixed (WriteDescriptorSet* w = writes)
        {
            for (var b = 0; b < count; b++)
            {
                var slice = dispatch.Bindings[b].Slice;
                if (slice.Bytes > _device.Limits.MaxStorageBufferRange)
                    throw new DeviceException($"{dispatch.Name}: binding {b} is {slice.Bytes:N0} bytes long; {_device.Description.Name} binds {_device.Limits.MaxStorageBufferRange:N0} at most. Use a smaller batch, or FORGE_BUFFERS=address.");
                if (slice.Offset % _device.Limits.StorageOffsetAlignment != 0)
                    throw new DeviceException($"{dispatch.Name}: binding {b} starts at byte {slice.Offset}; {_device.Description.Name} binds at multiples of {_device.Limits.StorageOffsetAlignment} bytes. Use FORGE_BUFFERS=address.");
                r[b] = new() { Buffer = slice.Buffer.Handle, Offset = (ulong)slice.Offset, Range = (ulong)slice.Bytes };
                w[b] = new() { SType = StructureType.WriteDescriptorSet, DstSet = set, DstBinding = (uint)b, DescriptorCount = 1, DescriptorType = DescriptorType.StorageBuffer, PBufferInfo = &r[b] };
            }
            _device.Vk.UpdateDescriptorSets(_device.Handle, (uint)count, w, 0, null);
        }
        return set;
    }
}
