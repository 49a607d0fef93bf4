using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>The few command-buffer calls that recorder and transfers share.</summary>
internal static unsafe class CommandBuffers
{
    /// <summary>Makes a pool and its first command buffer.</summary>
    public static (CommandPool Pool, CommandBuffer First) CreatePool(Device device, string name)
    {
        var create = new CommandPoolCreateInfo { SType = StructureType.CommandPoolCreateInfo, Flags = CommandPoolCreateFlags.ResetCommandBufferBit, QueueFamilyIndex = device.QueueFamily };
        CommandPool pool;
        device.Vk.CreateCommandPool(device.Handle, &create, null, &pool).Check("vkCreateCommandPool", $"preparing {name}");
        try
        {
            return (pool, Allocate(device, pool, name));
        }
        catch
        {
            device.Vk.DestroyCommandPool(device.Handle, pool, null);
            throw;
        }
    }

    /// <summary>Allocates a command buffer.</summary>
    public static CommandBuffer Allocate(Device device, CommandPool pool, string name)
    {
        var allocate = new CommandBufferAllocateInfo { SType = StructureType.CommandBufferAllocateInfo, CommandPool = pool, Level = CommandBufferLevel.Primary, CommandBufferCount = 1 };
        CommandBuffer commands;
        device.Vk.AllocateCommandBuffers(device.Handle, &allocate, &commands).Check("vkAllocateCommandBuffers", $"preparing {name}");
        return commands;
    }

    /// <summary>Starts recording.</summary>
    public static void Begin(Device device, CommandBuffer commands, string operation, bool once = false)
    {
        var begin = new CommandBufferBeginInfo { SType = StructureType.CommandBufferBeginInfo, Flags = once ? CommandBufferUsageFlags.OneTimeSubmitBit : 0 };
        device.Vk.BeginCommandBuffer(commands, &begin).Check("vkBeginCommandBuffer", operation);
    }

    /// <summary>Orders everything before against everything after: kernels and copies, and the host's reads if asked.</summary>
    public static void Barrier(Device device, CommandBuffer commands, bool host = false)
    {
        const PipelineStageFlags Work = PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit;
        const AccessFlags Writes = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit;
        const AccessFlags Reads = AccessFlags.ShaderReadBit | AccessFlags.TransferReadBit;
        var barrier = new MemoryBarrier
        {
            SType = StructureType.MemoryBarrier,
            SrcAccessMask = Writes,
            DstAccessMask = Reads | Writes | (host ? AccessFlags.HostReadBit : 0),
        };
        device.Vk.CmdPipelineBarrier(commands, Work, Work | (host ? PipelineStageFlags.HostBit : 0), 0, 1, &barrier, 0, null, 0, null);
    }
}
