using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Marks stretches of command buffers with names that tools and validation messages show.</summary>
internal sealed unsafe class DebugLabels
{
    private readonly delegate* unmanaged<CommandBuffer, DebugUtilsLabelEXT*, void> _begin;
    private readonly delegate* unmanaged<CommandBuffer, void> _end;

    private DebugLabels(Device device)
    {
        _begin = (delegate* unmanaged<CommandBuffer, DebugUtilsLabelEXT*, void>)device.Api.Load("vkCmdBeginDebugUtilsLabelEXT");
        _end = (delegate* unmanaged<CommandBuffer, void>)device.Api.Load("vkCmdEndDebugUtilsLabelEXT");
    }

    /// <summary>Labels, where somebody may look at them: under the validation layer, or from FORGE_DEBUG=2.</summary>
    public static DebugLabels? For(Device device) =>
        device.Instance.HasDebugUtils && (device.Instance.Validation || Switches.Debug >= 2) ? new(device) : null;

    /// <summary>Starts a stretch.</summary>
    public void Begin(CommandBuffer commands, string name)
    {
        using var text = new NativeStrings([name]);
        var label = new DebugUtilsLabelEXT { SType = StructureType.DebugUtilsLabelExt, PLabelName = text.Pointers[0] };
        _begin(commands, &label);
    }

    /// <summary>Ends the stretch.</summary>
    public void End(CommandBuffer commands) => _end(commands);
}
