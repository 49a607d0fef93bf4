using System.Runtime.InteropServices;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>What a compiled shader with its specialization constants asks of a device, read from its SPIR-V: nothing that the host says is believed.</summary>
internal sealed class ShaderNeeds
{
    private readonly Dictionary<uint, uint> _values = [];   // integer constants, specialized
    private readonly Dictionary<uint, uint[]> _lists = [];  // constants of several parts
    private readonly Dictionary<uint, uint> _sizes = [];    // bytes, by type
    private readonly Dictionary<uint, uint> _pointees = [];

    /// <summary>Reads a module.</summary>
    /// <param name="spirv">The module.</param>
    /// <param name="constants">Specialization constants; the place in the list is the constant_id.</param>
    public ShaderNeeds(byte[] spirv, IReadOnlyList<uint> constants)
    {
        const ushort TypeBool = 20, TypeInt = 21, TypeFloat = 22, TypeVector = 23, TypeArray = 28, TypeStruct = 30, TypePointer = 32, ConstantTrue = 41, ConstantFalse = 42, OpConstant = 43, OpComposite = 44,
            SpecTrue = 48, SpecFalse = 49, Spec = 50, SpecComposite = 51, SpecOp = 52, Variable = 59, Decorate = 71, Capability = 17, ExecutionMode = 16;
        const uint SpecId = 1, BuiltIn = 11, WorkgroupSize = 25, LocalSize = 17, Workgroup = 4;
        var (words, ids, size) = (MemoryMarshal.Cast<byte, uint>(spirv).ToArray(), new Dictionary<uint, uint>(), 0u);
        for (int at = 5, count; at < words.Length; at += count)
        {
            count = (int)(words[at] >> 16);
            var w = words[at..(at + count)];
            switch ((ushort)words[at])
            {
                case Capability: Capabilities.Add(w[1]); break;
                case ExecutionMode when w[2] == LocalSize: Invocations = w[3] * w[4] * w[5]; break;
                case Decorate when w[2] == SpecId: ids[w[1]] = w[3]; break;
                case Decorate when w[2] == BuiltIn && w[3] == WorkgroupSize: size = w[1]; break;
                case TypeBool: _sizes[w[1]] = 4; break;
                case TypeInt or TypeFloat: _sizes[w[1]] = w[2] / 8; break;
                case TypeVector: _sizes[w[1]] = _sizes[w[2]] * w[3]; break;
                case TypeArray when _values.TryGetValue(w[3], out var length): _sizes[w[1]] = _sizes.GetValueOrDefault(w[2]) * length; break;
                case TypeStruct: _sizes[w[1]] = (uint)w[2..].Sum(m => _sizes.GetValueOrDefault(m)); break;
                case TypePointer: (_pointees[w[1]], _sizes[w[1]]) = (w[3], 8); break;
                case ConstantTrue or ConstantFalse: _values[w[2]] = (ushort)words[at] == ConstantTrue ? 1u : 0; break;
                case OpConstant: _values[w[2]] = w[3]; break;
                case Spec or SpecTrue or SpecFalse:
                    _values[w[2]] = ids.TryGetValue(w[2], out var id) && id < constants.Count ? constants[(int)id] : count > 3 ? w[3] : (ushort)words[at] == SpecTrue ? 1u : 0;
                    break;
                case OpComposite or SpecComposite: _lists[w[2]] = w[3..]; break;
                case SpecOp: Compute(w); break;
                case Variable when w[3] == Workgroup: SharedBytes += _sizes[_pointees[w[1]]]; break;
            }
        }
        if (size != 0) Invocations = _lists[size].Aggregate(1u, (product, part) => product * _values[part]);
    }

    /// <summary>SPIR-V capabilities.</summary>
    public HashSet<uint> Capabilities { get; } = [];

    /// <summary>Invocations of a workgroup.</summary>
    public uint Invocations { get; }

    /// <summary>Shared memory of a workgroup, in bytes.</summary>
    public uint SharedBytes { get; }

    /// <summary>The first thing that a device of these limits lacks; null where it has everything.</summary>
    public string? Missing(DeviceLimits limits)
    {
        if (Invocations > limits.MaxWorkgroupInvocations || Invocations > limits.MaxWorkgroupX) return $"a workgroup of {Invocations}";
        if (SharedBytes > limits.SharedMemoryBytes) return $"{SharedBytes} bytes of shared memory";
        foreach (var capability in Capabilities)
        {
            var (name, has) = capability switch
            {
                0 or 1 => ("a shader", true),
                9 => ("Float16", limits.HasFloat16),
                11 => ("Int64", limits.HasInt64),
                22 => ("Int16", limits.HasInt16),
                39 => ("Int8", limits.HasInt8),
                61 => ("GroupNonUniform", true),    // ids and barriers of subgroups: every Vulkan 1.1 device
                63 => ("GroupNonUniformArithmetic", limits.HasSubgroupArithmetic),
                64 => ("GroupNonUniformBallot", limits.HasSubgroupBallot),
                65 => ("GroupNonUniformShuffle", limits.HasSubgroupShuffle),
                4433 or 4434 => ("StorageBuffer16BitAccess", limits.HasStorage16),
                4448 or 4449 => ("StorageBuffer8BitAccess", limits.HasStorage8),
                5347 => ("PhysicalStorageBufferAddresses", limits.HasBufferAddress && limits.Mode != BufferMode.Descriptor),
                5345 or 5346 => ("VulkanMemoryModel", limits.HasCooperativeMatrix),
                6022 => ("CooperativeMatrixKHR", limits.HasCooperativeMatrix),
                5432 => ("CooperativeMatrixPerElementOperationsNV", limits.HasTensorLoads),
                5433 => ("CooperativeMatrixTensorAddressingNV", limits.HasTensorLoads),
                5439 => ("TensorAddressingNV", limits.HasTensorLoads),
                _ => ($"capability {capability}, which these tests do not know,", false),
            };
            if (!has) return name;
        }
        return null;
    }

    // What sizes of arrays are made of; anything else is no size.
    private void Compute(uint[] w)
    {
        const uint Add = 128, Subtract = 130, Multiply = 132, Divide = 134, Modulo = 137, Select = 169;
        if (w.Length < 6 || !_values.TryGetValue(w[4], out var a) || !_values.TryGetValue(w[5], out var b)) return;
        switch (w[3])
        {
            case Add: _values[w[2]] = a + b; break;
            case Subtract: _values[w[2]] = a - b; break;
            case Multiply: _values[w[2]] = a * b; break;
            case Divide when b != 0: _values[w[2]] = a / b; break;
            case Modulo when b != 0: _values[w[2]] = a % b; break;
            case Select when w.Length > 6 && _values.TryGetValue(w[6], out var otherwise): _values[w[2]] = a != 0 ? b : otherwise; break;
        }
    }
}
