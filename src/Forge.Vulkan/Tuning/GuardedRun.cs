using System.Runtime.InteropServices;
using Forge.Core;

namespace Forge.Vulkan.Tuning;

/// <summary>Runs one variant of an op's kernel on a device, every block between guards.</summary>
/// <remarks>
/// Guards and blocks that nothing has written hold NaNs, so that what is read past an end or before it was written shows in the result.
/// </remarks>
internal sealed class GuardedRun(Device device, Transfers transfers, PipelineLibrary pipelines) : IDisposable
{
    private const int GuardBytes = 256;
    private const uint Guard = 0x7fc5a5a5, Unwritten = 0x7fc0ffee;
    private DeviceBuffer? _arena;

    private sealed record Block(string Name, long Offset, long Bytes);

    /// <summary>The outputs of one variant.</summary>
    /// <param name="op">The op.</param>
    /// <param name="variant">Which variant.</param>
    /// <param name="kernel">Its kernel.</param>
    /// <param name="inputs">Values of the inputs.</param>
    /// <param name="over">For each output, the input whose memory it shares; -1 or nothing for memory of its own.</param>
    /// <param name="isChecked">Whether every access is checked, too, where the device works with addresses.</param>
    /// <exception cref="GuardException">Something outside the outputs was written.</exception>
    public IReadOnlyList<HostTensor> Run(Op op, Kernel kernel, Variant variant, IReadOnlyList<HostTensor> inputs, IReadOnlyList<int>? over = null, bool isChecked = false)
    {
        var inputTypes = inputs.Select(i => i.Type).ToArray();
        var outputTypes = op.Infer(inputTypes);
        var plan = kernel.PlanOf(op, variant, inputTypes, outputTypes);
        if (isChecked)
            plan = plan.Checked();

        long end = GuardBytes;
        Block Place(string name, long bytes)
        {
            var block = new Block(name, end, bytes);
            end = (end + bytes + 255) / 256 * 256 + GuardBytes;
            return block;
        }
        var ins = inputs.Select((x, i) => Place($"input {i}", x.Type.Bytes)).ToArray();
        var outs = outputTypes.Select((t, i) => over is not null && over[i] >= 0 ? ins[over[i]] : Place($"output {i}", t.Bytes)).ToArray();
        var scratch = plan.ScratchBytes.Select((bytes, i) => Place($"scratch {i}", bytes)).ToArray();
        var ones = plan.OnesBytes > 0 ? [Place("ones", plan.OnesBytes)] : Array.Empty<Block>();
        var arena = Arena(end);

        var memory = new byte[end];
        MemoryMarshal.Cast<byte, uint>(memory.AsSpan()).Fill(Guard);
        foreach (var block in (Block[])[.. outs, .. scratch])
            MemoryMarshal.Cast<byte, uint>(memory.AsSpan((int)block.Offset, (int)block.Bytes)).Fill(Unwritten);
        foreach (var block in ones)
            MemoryMarshal.Cast<byte, float>(memory.AsSpan((int)block.Offset, (int)block.Bytes)).Fill(1);
        for (var i = 0; i < ins.Length; i++)
            inputs[i].Bytes.CopyTo(memory.AsSpan((int)ins[i].Offset));
        transfers.Upload(new(arena, 0, end), memory);

        var blocks = new KernelBlocks(Slices(ins), Slices(outs), Slices(scratch), Slices(ones));
        var built = pipelines.Get([.. KernelLowering.Requests(new(kernel, variant, plan), ins.Length + outs.Length)]);
        using (var recording = Recorder.Record(device, transfers, [.. KernelLowering.Steps(op.Name, plan, built, blocks)]))
            recording.Run($"{op.Name} {variant.Label}");

        var after = new byte[end];
        transfers.Download(new(arena, 0, end), after);
        CheckUntouched(memory, after, [.. ins.Except(outs), .. ones, .. outs, .. scratch], writable: [.. outs, .. scratch]);
        return [.. outputTypes.Select((type, i) =>
        {
            var tensor = new HostTensor(type);
            after.AsSpan((int)outs[i].Offset, (int)outs[i].Bytes).CopyTo(tensor.Bytes);
            return tensor;
        })];

        BufferSlice[] Slices(Block[] of) => [.. of.Select(b => new BufferSlice(arena, b.Offset, b.Bytes))];
    }

    public void Dispose() => _arena?.Dispose();

    private static void CheckUntouched(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after, Block[] blocks, Block[] writable)
    {
        for (var at = 0; at < before.Length; at++)
        {
            if (Array.Find(writable, b => at >= b.Offset && at < b.Offset + b.Bytes) is { } inside)
                at = (int)(inside.Offset + inside.Bytes) - 1;
            else if (before[at] != after[at])
            {
                var near = blocks.MinBy(b => at < b.Offset ? b.Offset - at : Math.Max(0, at - b.Offset - b.Bytes))!;
                throw new GuardException(at >= near.Offset && at < near.Offset + near.Bytes
                    ? $"byte {at - near.Offset} of {near.Name} was written, which is only read"
                    : $"a byte {(at < near.Offset ? $"{near.Offset - at} before the start" : $"{at - near.Offset - near.Bytes} after the end")} of {near.Name} was written");
            }
        }
    }

    private DeviceBuffer Arena(long bytes)
    {
        if (_arena is { } arena && arena.Bytes >= bytes)
            return arena;
        _arena?.Dispose();
        return _arena = new DeviceBuffer(device, Math.Max(bytes, 1 << 20), MemoryUse.Device, "conformance");
    }
}

/// <summary>A kernel wrote where it must not.</summary>
internal sealed class GuardException(string message) : Exception(message);
