using System.Diagnostics;
using Forge.Core;
using Silk.NET.Vulkan;
using VkBuffer = Silk.NET.Vulkan.Buffer;

namespace Forge.Vulkan;

/// <summary>Where a buffer should live.</summary>
internal enum MemoryUse
{
    /// <summary>Kernels read and write it; mapped where the device's own memory can be.</summary>
    Device,

    /// <summary>The host reads and writes it, transfers copy it.</summary>
    Staging,
}

/// <summary>One VkBuffer with memory of its own. Few and large: tensors are slices of them.</summary>
[DebuggerDisplay("{Name}: {Bytes} bytes at {Address}")]
internal sealed unsafe class DeviceBuffer : IDisposable
{
    private readonly Device _device;
    private readonly DeviceMemory _memory;
    private readonly byte* _mapped;

    /// <summary>Allocates a buffer. Its contents are undefined.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">The size, in bytes; at least 1.</param>
    /// <param name="use">Where it should live.</param>
    /// <param name="name">What it holds, for messages and tools.</param>
    /// <exception cref="MemoryException">It is larger than the device allows, or memory ran out.</exception>
    public DeviceBuffer(Device device, long bytes, MemoryUse use, string name)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        (_device, Bytes, Name) = (device, bytes, name);
        var limits = device.Limits;
        if (bytes > Math.Min(limits.MaxBufferBytes, limits.MaxAllocationBytes))
            throw new MemoryException($"{name} needs one buffer of {Bytes:N0} bytes; {device.Description.Name} allows {Math.Min(limits.MaxBufferBytes, limits.MaxAllocationBytes):N0}. Use a smaller batch.");
        var vk = device.Vk;
        var usage = BufferUsageFlags.StorageBufferBit | BufferUsageFlags.TransferSrcBit | BufferUsageFlags.TransferDstBit;
        if (limits.HasBufferAddress)
            usage |= BufferUsageFlags.ShaderDeviceAddressBit;
        var create = new BufferCreateInfo { SType = StructureType.BufferCreateInfo, Size = (ulong)bytes, Usage = usage, SharingMode = SharingMode.Exclusive };
        VkBuffer buffer;
        Allocated(vk.CreateBuffer(device.Handle, &create, null, &buffer), "vkCreateBuffer");
        Handle = buffer;
        try
        {
            MemoryRequirements needs;
            vk.GetBufferMemoryRequirements(device.Handle, buffer, &needs);
            var type = FindMemoryType(needs.MemoryTypeBits, use);
            var flags = new MemoryAllocateFlagsInfo { SType = StructureType.MemoryAllocateFlagsInfo, Flags = MemoryAllocateFlags.DeviceAddressBit };
            var allocate = new MemoryAllocateInfo
            {
                SType = StructureType.MemoryAllocateInfo,
                PNext = limits.HasBufferAddress ? &flags : null,
                AllocationSize = needs.Size,
                MemoryTypeIndex = type,
            };
            DeviceMemory memory;
            Allocated(vk.AllocateMemory(device.Handle, &allocate, null, &memory), "vkAllocateMemory");
            _memory = memory;
            vk.BindBufferMemory(device.Handle, buffer, memory, 0).Check("vkBindBufferMemory", $"making {name}");
            if ((use == MemoryUse.Staging || device.MapsDeviceMemory)
                && device.MemoryTypes.MemoryTypes[(int)type].PropertyFlags.HasFlag(MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit))
            {
                void* p;
                vk.MapMemory(device.Handle, memory, 0, Vk.WholeSize, 0, &p).Check("vkMapMemory", $"mapping {name}");
                _mapped = (byte*)p;
            }
            if (limits.HasBufferAddress)
            {
                var info = new BufferDeviceAddressInfo { SType = StructureType.BufferDeviceAddressInfo, Buffer = buffer };
                Address = vk.GetBufferDeviceAddress(device.Handle, &info);
            }
            device.Name(ObjectType.Buffer, buffer.Handle, name);
            device.ThrowMessages();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The size, in bytes.</summary>
    public long Bytes { get; }

    /// <summary>What it holds.</summary>
    public string Name { get; }

    /// <summary>The buffer.</summary>
    public VkBuffer Handle { get; private set; }

    /// <summary>Its device address, or 0 where the device has none.</summary>
    public ulong Address { get; }

    /// <summary>Whether the host reaches it directly.</summary>
    public bool IsMapped => _mapped is not null;

    /// <summary>The host's view of part of a mapped buffer. Host and device must not use it at the same time.</summary>
    /// <exception cref="InvalidOperationException">The buffer is not mapped.</exception>
    public Span<byte> Span(long offset, int bytes)
    {
        if (_mapped is null)
            throw new InvalidOperationException($"{Name} is not in memory that the host can see; use Transfers.");
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset + bytes, Bytes);
        return new Span<byte>(_mapped + offset, bytes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Handle.Handle == 0)
            return;
        _device.Vk.DestroyBuffer(_device.Handle, Handle, null);
        if (_memory.Handle != 0)
            _device.Vk.FreeMemory(_device.Handle, _memory, null); // unmaps it, too
        Handle = default;
    }

    private uint FindMemoryType(uint allowed, MemoryUse use)
    {
        const MemoryPropertyFlags Host = MemoryPropertyFlags.HostVisibleBit | MemoryPropertyFlags.HostCoherentBit;
        const MemoryPropertyFlags Local = MemoryPropertyFlags.DeviceLocalBit;
        // A card's own memory is first choice even where it can't be mapped; a processor's memory is both.
        MemoryPropertyFlags[] wishes = use == MemoryUse.Device
            ? _device.Description.Kind is DeviceKind.Discrete ? [Local, 0] : [Local | Host, Local, 0]
            : [Host | MemoryPropertyFlags.HostCachedBit, Host];
        var types = _device.MemoryTypes;
        foreach (var wish in wishes)
            for (var i = 0; i < types.MemoryTypeCount; i++)
                if ((allowed & (1u << i)) != 0 && (types.MemoryTypes[i].PropertyFlags & wish) == wish
                    && (types.MemoryTypes[i].PropertyFlags & (MemoryPropertyFlags.ProtectedBit | MemoryPropertyFlags.LazilyAllocatedBit)) == 0)
                    return (uint)i;
        throw new DeviceException($"{_device.Description.Name} has no memory type for {Name}. Choose another device with --device.");
    }

    private void Allocated(Result result, string call)
    {
        if (result is Result.ErrorOutOfDeviceMemory or Result.ErrorOutOfHostMemory)
        {
            if (Handle.Handle != 0)
                Dispose();
            throw new MemoryException($"{_device.Description.Name} could not allocate {Bytes:N0} bytes for {Name} ({call}: {result}); its memory is {_device.Description.MemoryBytes:N0} bytes in all. "
                + "Use a smaller batch, or close other programs.");
        }
        result.Check(call, $"making {Name} of {Bytes:N0} bytes");
    }
}
