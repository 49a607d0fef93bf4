namespace Forge.Vulkan;

/// <summary>Turns what a kernel says into what the recorder takes.</summary>
internal static class KernelLowering
{
    /// <summary>The pipeline a dispatch needs.</summary>
    /// <param name="chosen">The node's kernel and variant.</param>
    /// <param name="dispatch">One of its dispatches.</param>
    /// <param name="operands">Inputs and outputs of the node: the bindings of a dispatch that names none.</param>
    public static PipelineRequest Request(ChosenKernel chosen, Dispatch dispatch, int operands)
    {
        var variant = chosen.Variant;
        return new PipelineRequest(
            new ShaderRequest(dispatch.Shader ?? chosen.Kernel.ShaderOf(variant), dispatch.Source, dispatch.Defines ?? variant.Defines, dispatch.Includes),
            dispatch.Constants ?? variant.Constants ?? [variant.Lanes],
            dispatch.Bindings?.Count ?? operands, dispatch.Push.Count, dispatch.LaneTable ?? variant.LaneTable);
    }

    /// <summary>The bytes that each binding of a dispatch reaches.</summary>
    public static IReadOnlyList<BufferAccess> Accesses(
        Dispatch dispatch, IReadOnlyList<BufferSlice> inputs, IReadOnlyList<BufferSlice> outputs, IReadOnlyList<BufferSlice> scratch, string label)
    {
        if (dispatch.Bindings is not { } slots)
            return [.. inputs.Select(s => new BufferAccess(s, false)), .. outputs.Select(s => new BufferAccess(s, true))];
        return [.. slots.Select(Access)];

        BufferAccess Access(Slot slot)
        {
            var blocks = slot.Kind switch { SlotKind.Input => inputs, SlotKind.Output => outputs, _ => scratch };
            if (slot.Index < 0 || slot.Index >= blocks.Count)
                throw new ShaderException($"{label}: its kernel binds {slot.Kind} {slot.Index}, but there are {blocks.Count}.");
            var block = blocks[slot.Index];
            var bytes = slot.Bytes < 0 ? block.Bytes - slot.Offset : slot.Bytes;
            if (slot.Offset < 0 || bytes <= 0 || slot.Offset + bytes > block.Bytes)
                throw new ShaderException($"{label}: its kernel binds bytes {slot.Offset} to {slot.Offset + bytes} of {slot.Kind} {slot.Index}, which has {block.Bytes}.");
            return new(block with { Offset = block.Offset + slot.Offset, Bytes = bytes }, slot.Written);
        }
    }
}
