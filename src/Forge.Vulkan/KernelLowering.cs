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
            dispatch.Bindings?.Count ?? operands, dispatch.Push.Count, dispatch.LaneTable ?? variant.LaneTable, dispatch.Checks == AccessChecks.Always);
    }

    /// <summary>The pipelines of all dispatches of a node, in order.</summary>
    public static IEnumerable<PipelineRequest> Requests(ChosenKernel chosen, int operands) => chosen.Plan.Dispatches.Select(d => Request(chosen, d, operands));

    /// <summary>The steps of a kernel: its dispatches, in order, each after what it has filled.</summary>
    /// <param name="label">The node's label.</param>
    /// <param name="plan">What the kernel does.</param>
    /// <param name="pipelines">A pipeline for each dispatch.</param>
    /// <param name="blocks">Where the node's tensors lie.</param>
    /// <param name="cost">What the node does, shared out over the dispatches.</param>
    /// <param name="origin">What the node is, for profiles.</param>
    public static IEnumerable<RecordedStep> Steps(string label, KernelPlan plan, IReadOnlyList<ComputePipeline> pipelines, KernelBlocks blocks, Core.Cost cost = default, StepOrigin? origin = null)
    {
        var count = plan.Dispatches.Count;
        for (var i = 0; i < count; i++)
        {
            var dispatch = plan.Dispatches[i];
            if (dispatch.Fill is { } fill)
                yield return new RecordedFill(label, Part(fill.Slot, blocks, label), fill.Word);
            yield return new RecordedDispatch(label, pipelines[i], dispatch.Grid, dispatch.Push, Accesses(dispatch, blocks, label))
            {
                Flops = cost.Flops / count,
                Bytes = cost.Bytes / count,
                Origin = origin,
            };
        }
    }

    /// <summary>The bytes that each binding of a dispatch reaches.</summary>
    public static IReadOnlyList<BufferAccess> Accesses(Dispatch dispatch, KernelBlocks blocks, string label) =>
        dispatch.Bindings is { } slots ? [.. slots.Select(slot => new BufferAccess(Part(slot, blocks, label), slot.Written))]
            : [.. blocks.Inputs.Select(s => new BufferAccess(s, false)), .. blocks.Outputs.Select(s => new BufferAccess(s, true))];

    private static BufferSlice Part(Slot slot, KernelBlocks blocks, string label)
    {
        var kind = slot.Kind switch { SlotKind.Input => blocks.Inputs, SlotKind.Output => blocks.Outputs, SlotKind.Scratch => blocks.Scratch, _ => blocks.Ones };
        if (slot.Index < 0 || slot.Index >= kind.Count)
            throw new ShaderException($"{label}: its kernel binds {slot.Kind} {slot.Index}, but there are {kind.Count}.");
        var block = kind[slot.Index];
        var bytes = slot.Bytes < 0 ? block.Bytes - slot.Offset : slot.Bytes;
        if (slot.Offset < 0 || bytes <= 0 || slot.Offset + bytes > block.Bytes)
            throw new ShaderException($"{label}: its kernel binds bytes {slot.Offset} to {slot.Offset + bytes} of {slot.Kind} {slot.Index}, which has {block.Bytes}.");
        return block with { Offset = block.Offset + slot.Offset, Bytes = bytes };
    }
}

/// <summary>Where the tensors of a node lie.</summary>
/// <param name="Inputs">Its inputs.</param>
/// <param name="Outputs">Its outputs.</param>
/// <param name="Scratch">Its kernel's scratch blocks.</param>
/// <param name="Ones">The block of ones, where its kernel reads one.</param>
internal sealed record KernelBlocks(IReadOnlyList<BufferSlice> Inputs, IReadOnlyList<BufferSlice> Outputs, IReadOnlyList<BufferSlice> Scratch, IReadOnlyList<BufferSlice> Ones);
