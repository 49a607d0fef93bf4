using System.Runtime.InteropServices;

namespace Forge.Vulkan;

/// <summary>Reads the little that the host wants to know from SPIR-V.</summary>
internal static class SpirvModule
{
    private const uint Magic = 0x0723_0203;

    /// <summary>Whether these bytes can be SPIR-V.</summary>
    public static bool IsSpirv(ReadOnlySpan<byte> spirv) =>
        spirv.Length >= 20 && spirv.Length % 4 == 0 && MemoryMarshal.Read<uint>(spirv) == Magic;

    /// <summary>The length of the push block, in bytes, or 0 where the shader declares none that can be read.</summary>
    /// <remarks>The words come from a compiler or a file: none is believed to be there, or to name what was declared.</remarks>
    public static int PushBytes(ReadOnlySpan<byte> spirv)
    {
        const ushort TypeInt = 21, TypeFloat = 22, TypeVector = 23, TypeArray = 28, TypeStruct = 30, TypePointer = 32, Constant = 43, Variable = 59, Decorate = 71, MemberDecorate = 72;
        const uint Offset = 35, ArrayStride = 6, PushConstant = 9;
        var words = MemoryMarshal.Cast<byte, uint>(spirv);
        var sizes = new Dictionary<uint, int>(); // bytes, by type
        var constants = new Dictionary<uint, uint>();
        var strides = new Dictionary<uint, int>();
        var offsets = new Dictionary<(uint Type, uint Member), int>();
        var structs = new Dictionary<uint, uint[]>();
        var pointers = new Dictionary<uint, uint>(); // pointee, by pointer type
        for (var at = 5; at < words.Length;)
        {
            var (count, code) = ((int)(words[at] >> 16), (ushort)words[at]);
            if (count == 0 || at + count > words.Length)
                break;
            var w = words.Slice(at, count);
            switch (code)
            {
                case TypeInt or TypeFloat when count >= 3:
                    sizes[w[1]] = (int)(w[2] / 8);
                    break;
                case TypeVector when count == 4:
                    sizes[w[1]] = unchecked(sizes.GetValueOrDefault(w[2]) * (int)w[3]);
                    break;
                case Constant when count == 4:
                    constants[w[2]] = w[3];
                    break;
                case TypeArray when count == 4 && constants.TryGetValue(w[3], out var length):
                    sizes[w[1]] = unchecked(strides.GetValueOrDefault(w[1]) * (int)length);
                    break;
                case TypeStruct when count >= 2:
                    structs[w[1]] = w[2..].ToArray();
                    break;
                case TypePointer when count == 4:
                    pointers[w[1]] = w[3];
                    sizes[w[1]] = 8; // of physical storage; other pointers are never members
                    break;
                case Decorate when count == 4 && w[2] == ArrayStride:
                    strides[w[1]] = (int)w[3];
                    break;
                case MemberDecorate when count == 5 && w[3] == Offset:
                    offsets[(w[1], w[2])] = (int)w[4];
                    break;
                case Variable when count >= 4 && w[3] == PushConstant && pointers.TryGetValue(w[1], out var block) && structs.TryGetValue(block, out var members):
                    return members.Select((type, i) => offsets.GetValueOrDefault((block, (uint)i)) + sizes.GetValueOrDefault(type, 8)).DefaultIfEmpty().Max();
                default:
                    break;
            }
            at += count;
        }
        return 0;
    }
}
