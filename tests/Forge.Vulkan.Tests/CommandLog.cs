using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan.Tests;

/// <summary>Writes down what is really recorded: for each command buffer its work and its barriers, in order. Its hook goes into <see cref="DeviceOptions.Hook"/>.</summary>
internal sealed unsafe class CommandLog
{
    private const PipelineStageFlags Work = PipelineStageFlags.ComputeShaderBit | PipelineStageFlags.TransferBit;
    private const AccessFlags Writes = AccessFlags.ShaderWriteBit | AccessFlags.TransferWriteBit, Reads = AccessFlags.ShaderReadBit | AccessFlags.TransferReadBit;

    private delegate void Dispatch(nint commands, uint x, uint y, uint z);

    private delegate void Copy(nint commands, ulong from, ulong to, uint count, nint regions);

    private delegate void Fill(nint commands, ulong to, ulong offset, ulong bytes, uint word);

    private delegate void Barrier(nint commands, PipelineStageFlags from, PipelineStageFlags to, uint flags, uint count, MemoryBarrier* barriers, uint buffers, nint ofBuffers, uint images, nint ofImages);

    private delegate Result Begin(nint commands, nint begin);

    private readonly Dictionary<nint, List<string>> _buffers = [];
    private readonly List<Delegate> _kept = [];     // what native code may call must not be collected
    private int _barriers;

    /// <summary>Which barrier from now on is swallowed, from 0; null for none.</summary>
    public int? Drops
    {
        get => _drops;
        set => (_drops, _barriers) = (value, 0);
    }
    private int? _drops;

    /// <summary>Where barriers stand in the last command buffer that holds so many steps: before each step, and whether the host's stands at the end.</summary>
    /// <exception cref="InvalidOperationException">No command buffer holds so many, or two barriers stand beside each other.</exception>
    public (bool[] Before, bool Closed) BarriersOf(int steps)
    {
        var log = _buffers.Values.LastOrDefault(b => b.Count(c => c == "work") == steps) ?? throw new InvalidOperationException($"no command buffer of {steps} steps among {string.Join(", ", _buffers.Values.Select(b => b.Count))} commands");
        var (before, at, waiting, closed) = (new bool[steps], 0, false, false);
        foreach (var command in log)
            if (command == "work")
                (before[at++], waiting) = (waiting, false);
            else if (waiting)
                throw new InvalidOperationException("two barriers stand beside each other");
            else if (command == "barrier")
                waiting = true;
            else
                closed = at == steps;
        return (before, closed);
    }

    /// <summary>The hook.</summary>
    public nint Hook(string name, nint address)
    {
        switch (name)
        {
            case "vkBeginCommandBuffer":
                var begin = (delegate* unmanaged<nint, nint, Result>)address;
                return Keep<Begin>((commands, info) =>
                {
                    lock (_buffers) _buffers[commands] = [];
                    return begin(commands, info);
                });
            case "vkCmdDispatch":
                var dispatch = (delegate* unmanaged<nint, uint, uint, uint, void>)address;
                return Keep<Dispatch>((commands, x, y, z) =>
                {
                    Note(commands, "work");
                    dispatch(commands, x, y, z);
                });
            case "vkCmdCopyBuffer":
                var copy = (delegate* unmanaged<nint, ulong, ulong, uint, nint, void>)address;
                return Keep<Copy>((commands, from, to, count, regions) =>
                {
                    Note(commands, "work");
                    copy(commands, from, to, count, regions);
                });
            case "vkCmdFillBuffer":
                var fill = (delegate* unmanaged<nint, ulong, ulong, ulong, uint, void>)address;
                return Keep<Fill>((commands, to, offset, bytes, word) =>
                {
                    Note(commands, "work");
                    fill(commands, to, offset, bytes, word);
                });
            case "vkCmdPipelineBarrier":
                var barrier = (delegate* unmanaged<nint, PipelineStageFlags, PipelineStageFlags, uint, uint, MemoryBarrier*, uint, nint, uint, nint, void>)address;
                return Keep<Barrier>((commands, from, to, flags, count, barriers, buffers, ofBuffers, images, ofImages) =>
                {
                    if (_drops == _barriers++) return;
                    // One that orders less than everything is none.
                    if (count == 1 && from.HasFlag(Work) && to.HasFlag(Work) && barriers->SrcAccessMask.HasFlag(Writes) && barriers->DstAccessMask.HasFlag(Reads | Writes))
                        Note(commands, to.HasFlag(PipelineStageFlags.HostBit) && barriers->DstAccessMask.HasFlag(AccessFlags.HostReadBit) ? "barrier for the host" : "barrier");
                    barrier(commands, from, to, flags, count, barriers, buffers, ofBuffers, images, ofImages);
                });
            default:
                return address;
        }
    }

    private void Note(nint commands, string what)
    {
        lock (_buffers) _buffers[commands].Add(what);
    }

    private nint Keep<T>(T call) where T : Delegate
    {
        lock (_kept) _kept.Add(call);
        return Marshal.GetFunctionPointerForDelegate(call);
    }
}
