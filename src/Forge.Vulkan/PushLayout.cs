using System.Runtime.InteropServices;

namespace Forge.Vulkan;

/// <summary>What a dispatch's push block holds, and in which order: addresses, or one address of a table of them; the kernel's words; the lane table.</summary>
/// <param name="Mode">How the kernel reaches its buffers.</param>
/// <param name="Buffers">How many buffers it has.</param>
/// <param name="Words">How many words the kernel itself pushes.</param>
/// <param name="LaneTable">How many entries of <c>tab[i] = i</c> follow.</param>
/// <param name="UsesTable">Whether the addresses lie in a table buffer.</param>
/// <param name="ScalarAccess">Whether wide forms are built of scalar ones: see <see cref="Quirks.NoPointerCast"/>.</param>
internal readonly record struct PushLayout(BufferMode Mode, int Buffers, int Words, int LaneTable, bool UsesTable, bool ScalarAccess)
{
    /// <summary>The layout for a kernel: addresses stay in the push block while they fit.</summary>
    /// <exception cref="ShaderException">The kernel's own words do not fit.</exception>
    public static PushLayout For(DeviceLimits limits, int buffers, int words, int laneTable, string kernel)
    {
        var layout = new PushLayout(limits.Mode, buffers, words, laneTable, limits.Mode == BufferMode.Checked, limits.Mode != BufferMode.Descriptor && limits.Quirks.NoPointerCast);
        if (layout.Bytes > limits.MaxPushConstantBytes && limits.Mode == BufferMode.Address)
            layout = layout with { UsesTable = true };
        return layout.Bytes <= limits.MaxPushConstantBytes ? layout
            : throw new ShaderException($"{kernel} pushes {words} words and a lane table of {laneTable}: {layout.Bytes} bytes with its addresses, and the device takes {limits.MaxPushConstantBytes}. Push less.");
    }

    /// <summary>The block's length, in bytes.</summary>
    public int Bytes => 4 * (Words + LaneTable) + (Mode == BufferMode.Descriptor ? 0 : UsesTable ? 8 : 8 * Buffers);

    /// <summary>The macros that make buffers.glsl agree.</summary>
    public IReadOnlyList<(string Name, string Value)> Defines
    {
        get
        {
            List<(string, string)> defines = [(Mode switch { BufferMode.Address => "FORGE_ADDRESS", BufferMode.Descriptor => "FORGE_DESCRIPTOR", _ => "FORGE_CHECKED" }, "1")];
            if (UsesTable && Mode == BufferMode.Address)
                defines.Add(("FORGE_TABLE", "1"));
            if (ScalarAccess)
                defines.Add(("FORGE_SCALAR_ACCESS", "1"));
            if (LaneTable > 0)
                defines.Add(("LANE_TABLE", LaneTable.ToString(System.Globalization.CultureInfo.InvariantCulture)));
            return defines;
        }
    }

    /// <summary>Fills a push block.</summary>
    /// <param name="words">The kernel's words.</param>
    /// <param name="addresses">The buffers' addresses; not read in descriptor mode or with a table.</param>
    /// <param name="table">The table's address; read only with a table.</param>
    public byte[] Fill(ReadOnlySpan<uint> words, ReadOnlySpan<ulong> addresses, ulong table)
    {
        var block = new byte[Bytes];
        var at = 0;
        if (Mode != BufferMode.Descriptor)
        {
            ReadOnlySpan<ulong> first = UsesTable ? [table] : addresses;
            MemoryMarshal.AsBytes(first).CopyTo(block);
            at = 8 * first.Length;
        }
        MemoryMarshal.AsBytes(words).CopyTo(block.AsSpan(at));
        var tab = MemoryMarshal.Cast<byte, uint>(block.AsSpan(at + 4 * words.Length));
        for (var i = 0; i < LaneTable; i++)
            tab[i] = (uint)i;
        return block;
    }
}
