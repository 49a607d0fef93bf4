using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;
using Forge.Vulkan.Checking;
using Forge.Vulkan.Tuning;

namespace Forge.Vulkan.Tests;

/// <summary>Coopmat variants whose matrices are emulated (EmulatedMatrices.cs): tiles, borders, transposes, batches and epilogues, right without matrix units.</summary>
public class EmulatedMatrixTests
{
    // Tiles of 32x16, of tensors 16x16. A workgroup's 32 lanes hold matrices of 16x16x16, or four subgroups of 8 lanes such of 8x8x8.
    private static readonly Dictionary<string, uint[]> s_constants = new()
    {
        ["tile"] = [32, 32, 16, 16, 8, 8, 8, 8, 8],
        ["workgroup"] = [32, 32, 16, 32, 16, 16, 16, 16, 32],
        ["tensor"] = [32, 16, 16, 16, 16, 16, 16, 16, 32],
    };

    // Extents that are no multiples of a tile; one whole tile among others; both factors either way; batches that broadcast; stride, dilation and groups.
    private static (Op Op, Shape[] Inputs)[] Uses =>
    [
        (new MatMulOp(), [(70, 40), (40, 67)]),
        (new MatMulOp(true, true, new(HasBias: true, ActivationKind.Relu)), [(24, 64), (36, 24), new Shape(36)]),
        (new MatMulOp(TransposeA: true), [(33, 37), (33, 72)]),
        (new MatMulOp(false, true, new(HasBias: false, ActivationKind.Tanh)), [(3, 33, 40), (20, 40)]),
        (new MatMulOp(), [(2, 1, 8, 16), (3, 16, 12)]),
        (new Conv2DOp(new(1, new Padding2D(1, 1, 1, 1), 1, 2), new(HasBias: true, ActivationKind.Relu)), [(2, 9, 7, 8), (3, 3, 4, 34), new Shape(34)]),
        (new Conv2DInputGradientOp(new(2, Padding2D.Valid, 1, 1), (9, 9)), [(2, 4, 4, 20), (3, 3, 12, 20)]),
        (new Conv2DWeightGradientOp(new(1, Padding2D.Valid, 1, 1), (3, 3)), [(1, 12, 11, 5), (1, 10, 9, 36)]),
    ];

    // Drivers take seconds to compile some of these: what is told apart by each is there once.
    [MesaTheory]
    [InlineData(0, "tensor", DType.F16, BufferMode.Address)]
    [InlineData(0, "tensor", DType.BF16, BufferMode.Descriptor)]
    [InlineData(1, "tensor", DType.F16, BufferMode.Checked)]
    [InlineData(2, "tensor", DType.BF16, BufferMode.Address)]
    [InlineData(3, "tensor", DType.F16, BufferMode.Address)]
    [InlineData(4, "tensor", DType.F16, BufferMode.Checked)]
    [InlineData(0, "workgroup", DType.BF16, BufferMode.Address)]
    [InlineData(1, "workgroup", DType.F16, BufferMode.Address)]
    [InlineData(5, "workgroup", DType.F16, BufferMode.Address)]
    [InlineData(6, "workgroup", DType.F16, BufferMode.Address)]
    [InlineData(7, "workgroup", DType.F16, BufferMode.Address)]
    [InlineData(1, "tile", DType.F16, BufferMode.Address)]
    public void Product_WithEmulatedMatrices_IsTheReferences(int use, string form, DType type, BufferMode mode)
    {
        using var device = new DeviceUnderTest(Drivers.Names("mesa25", "mesa22")[0], mode);
        using var run = new GuardedRun(device.Device, device.Transfers, device.Pipelines);
        var (op, shapes) = Uses[use];
        var draw = Draw.FromSeed((ulong)use + 7);
        ReferenceTensor[] inputs = [.. shapes.Select((shape, i) => i < 2 ? Rounded(draw.Uniform(shape), type) : draw.Uniform(shape))];
        TensorType[] types = [.. inputs.Select(i => i.Type)];
        var outputs = op.Infer(types).Select(t => new ReferenceTensor(t)).ToArray();
        op.Reference(inputs, outputs);
        var kernel = KernelTable.Find(op)!;
        Kernel emulated = op switch
        {
            MatMulOp => new EmulatedMatrices<MatMulOp>(kernel, type),
            Conv2DOp => new EmulatedMatrices<Conv2DOp>(kernel, type),
            Conv2DInputGradientOp => new EmulatedMatrices<Conv2DInputGradientOp>(kernel, type),
            _ => new EmulatedMatrices<Conv2DWeightGradientOp>(kernel, type),
        };
        var offered = kernel.VariantsOf(op, types, op.Infer(types), WorkgroupMatrixTests.Gpu).First(v => v.Family == Family.Coopmat && v.Name.StartsWith(form, StringComparison.Ordinal));
        var variant = offered with { Lanes = 32, Constants = s_constants[form] };
        var actual = run.Run(op, emulated, variant, [.. inputs.Select(i => i.ToHost())]);
        var wrong = Closeness.For(op).Explain(op, inputs, outputs, actual);
        Assert.True(wrong is null, $"{op} {variant.Label}: {wrong}");
    }

    private static ReferenceTensor Rounded(ReferenceTensor x, DType type)
    {
        var y = new ReferenceTensor(x.Type with { DType = type });
        new NarrowOp(type).Reference([x], [y]);
        return y;
    }
}
