using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Writes steps into command buffers once; a <see cref="Recording"/> replays them.</summary>
internal static unsafe class Recorder
{
    /// <summary>Records.</summary>
    /// <param name="device">The device.</param>
    /// <param name="transfers">Fills address tables.</param>
    /// <param name="steps">What to do, in order.</param>
    /// <param name="profile">Whether to time each step; each then waits for the one before.</param>
    public static Recording Record(Device device, Transfers transfers, IReadOnlyList<RecordedStep> steps, bool profile = false)
    {
        var recording = new Recording(device, transfers, steps, profile && device.Limits.TimestampPeriod > 0);
        try
        {
            Write(device, recording);
            device.ThrowMessages();
            return recording;
        }
        catch
        {
            recording.Dispose();
            throw;
        }
    }

    private static void Write(Device device, Recording recording)
    {
        var vk = device.Vk;
        var steps = recording.Steps;
        var barriers = recording.BarrierBefore;
        var commands = recording.NextCommands();
        CommandBuffers.Begin(device, commands, "recording");
        CommandBuffers.Barrier(device, commands); // orders this replay after the one before, and after uploads
        if (recording.Queries.Handle != 0)
            vk.CmdResetQueryPool(commands, recording.Queries, 0, (uint)(2 * steps.Count));
        double flops = 0;
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            if (flops > 0 && flops + step.Flops > device.Limits.SubmissionFlops)
            {
                vk.EndCommandBuffer(commands).Check("vkEndCommandBuffer", "recording");
                commands = recording.NextCommands();
                CommandBuffers.Begin(device, commands, "recording");
                flops = 0;
            }
            flops += step.Flops;
            if (barriers[i] || recording.Queries.Handle != 0)
                CommandBuffers.Barrier(device, commands);
            recording.Labels?.Begin(commands, step.Name);
            if (recording.Queries.Handle != 0)
                vk.CmdWriteTimestamp(commands, PipelineStageFlags.BottomOfPipeBit, recording.Queries, (uint)(2 * i));
            Write(device, recording, commands, i);
            if (recording.Queries.Handle != 0)
                vk.CmdWriteTimestamp(commands, PipelineStageFlags.BottomOfPipeBit, recording.Queries, (uint)(2 * i + 1));
            recording.Labels?.End(commands);
        }
        CommandBuffers.Barrier(device, commands, host: true);
        vk.EndCommandBuffer(commands).Check("vkEndCommandBuffer", "recording");
    }

    private static void Write(Device device, Recording recording, CommandBuffer commands, int index)
    {
        var vk = device.Vk;
        switch (recording.Steps[index])
        {
            case RecordedDispatch d:
                Bind(device, recording, commands, d, index);
                vk.CmdDispatch(commands, d.Grid.X, d.Grid.Y, d.Grid.Z);
                recording.Dispatches++;
                break;
            case RecordedCopy c:
                var region = new BufferCopy { SrcOffset = (ulong)c.From.Offset, DstOffset = (ulong)c.To.Offset, Size = (ulong)c.From.Bytes };
                vk.CmdCopyBuffer(commands, c.From.Buffer.Handle, c.To.Buffer.Handle, 1, &region);
                break;
            case RecordedFill f:
                vk.CmdFillBuffer(commands, f.To.Buffer.Handle, (ulong)f.To.Offset, (ulong)f.To.Bytes, f.Word);
                break;
            case var other:
                throw new InvalidOperationException($"unknown step {other.Name}");
        }
    }

    private static void Bind(Device device, Recording recording, CommandBuffer commands, RecordedDispatch d, int index)
    {
        var (vk, push) = (device.Vk, d.Pipeline.Push);
        if (d.Words.Count != push.Words || d.Bindings.Count != push.Buffers)
            throw new ShaderException($"{d.Name}: {d.Pipeline.Name} was built for {push.Words} words and {push.Buffers} buffers, but the dispatch has {d.Words.Count} and {d.Bindings.Count}.");
        if (d.Grid.X is 0 or > Grid.MaxPerAxis || d.Grid.Y is 0 or > Grid.MaxPerAxis || d.Grid.Z is 0 or > Grid.MaxPerAxis)
            throw new ShaderException($"{d.Name}: a grid of {d.Grid.X} x {d.Grid.Y} x {d.Grid.Z} workgroups; each axis takes 1 to {Grid.MaxPerAxis}. Use Grid.Linear.");
        d.Pipeline.Bind(commands);
        if (push.Mode == BufferMode.Descriptor)
        {
            var set = recording.Sets.Of(index);
            vk.CmdBindDescriptorSets(commands, PipelineBindPoint.Compute, d.Pipeline.Layout, 0, 1, &set, 0, null);
        }
        if (push.Bytes == 0)
            return;
        var block = push.Fill([.. d.Words], push.Mode == BufferMode.Descriptor || push.UsesTable ? [] : [.. d.Bindings.Select(b => b.Slice.Address)],
            push.UsesTable ? recording.Tables.Address(index) : 0);
        fixed (byte* p = block)
            vk.CmdPushConstants(commands, d.Pipeline.Layout, ShaderStageFlags.ComputeBit, 0, (uint)block.Length, p);
    }
}
