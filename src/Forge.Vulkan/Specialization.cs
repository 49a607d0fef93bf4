using System.Runtime.InteropServices;
using Silk.NET.Vulkan;

namespace Forge.Vulkan;

/// <summary>Specialization constants in native memory; the place in the list is the constant_id.</summary>
internal sealed unsafe class Specialization : IDisposable
{
    private readonly nint _memory;

    /// <summary>Copies the constants.</summary>
    public Specialization(IReadOnlyList<uint> constants)
    {
        var (count, entry) = (constants.Count, sizeof(SpecializationMapEntry));
        _memory = (nint)NativeMemory.Alloc((nuint)(sizeof(SpecializationInfo) + count * (entry + sizeof(uint))));
        var entries = (SpecializationMapEntry*)(_memory + sizeof(SpecializationInfo));
        var values = (uint*)(entries + count);
        for (var i = 0; i < count; i++)
        {
            entries[i] = new() { ConstantID = (uint)i, Offset = (uint)(sizeof(uint) * i), Size = sizeof(uint) };
            values[i] = constants[i];
        }
        *Pointer = new() { MapEntryCount = (uint)count, PMapEntries = entries, DataSize = (nuint)(sizeof(uint) * count), PData = values };
    }

    /// <summary>The structure. Valid until disposal.</summary>
    public SpecializationInfo* Pointer => (SpecializationInfo*)_memory;

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free((void*)_memory);
}
