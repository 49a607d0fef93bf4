using Forge.Core;
using Forge.Core.Ops;
using Forge.Core.Reference;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Large and awkward cases of losses, normalisation, random numbers, look-ups and optimizer steps.</summary>
internal static class LargeTrainingCases
{
    public static Dictionary<string, Func<Draw, OpCase>> All { get; } = new()
    {
        ["softmax of long rows"] = d => new(new SoftmaxOp(), d.Uniform(new(9, 1024), -30, 30)),
        ["softmax of rows of 100"] = d => new(new SoftmaxOp(), d.Uniform(new(70, 100), -4, 4)),
        ["softmax of rows of 4096"] = d => new(new SoftmaxOp(), d.Uniform(new(3, 4096), -4, 4)),
        ["softmax of large logits"] = d => new(new SoftmaxOp(), d.Uniform(new(5, 40), 1e5, 1.0001e5)),
        ["softmax of a NaN, an infinity and nothing but minus infinity"] = d => new(new SoftmaxOp(), Spoilt(d, 300)),
        ["log-softmax of a NaN, an infinity and nothing but minus infinity"] = d => new(new LogSoftmaxOp(), Spoilt(d, 10)),
        ["log-softmax of long rows"] = d => new(new LogSoftmaxOp(), d.Uniform(new(9, 500), -4, 4)),
        ["gradient of softmax of long rows"] = d => new(new SoftmaxGradOp(), d.Uniform(new(9, 500), 0, 1), d.Uniform(new(9, 500))),
        ["gradient of softmax of rows of 1024"] = d => new(new SoftmaxGradOp(), d.Uniform(new(8, 1024), 0, 1), d.Uniform(new(8, 1024))),
        ["gradient of softmax of rows of 16"] = d => new(new SoftmaxGradOp(), d.Uniform(new(40, 16), 0, 1), d.Uniform(new(40, 16))),
        ["log-softmax of rows of 1024"] = d => new(new LogSoftmaxOp(), d.Uniform(new(8, 1024), -4, 4)),
        ["log-softmax of spoilt rows of 48"] = d => new(new LogSoftmaxOp(), Spoilt(d, 48)),
        ["softmax of spoilt rows of 48"] = d => new(new SoftmaxOp(), Spoilt(d, 48)),
        ["gradient of log-softmax of rows of 1024"] = d => new(new LogSoftmaxGradOp(), d.Uniform(new(8, 1024), -3, 0), d.Uniform(new(8, 1024))),
        ["gradient of log-softmax of rows of 16"] = d => new(new LogSoftmaxGradOp(), d.Uniform(new(40, 16), -3, 0), d.Uniform(new(40, 16))),
        ["gradient of log-softmax of long rows"] = d => new(new LogSoftmaxGradOp(), d.Uniform(new(9, 500), -3, 0), d.Uniform(new(9, 500))),
        ["cross-entropy of long rows"] = d => new(new SoftmaxCrossEntropyOp(), d.Uniform(new(40, 300), -4, 4), d.Uniform(new(40, 300), 0, 1)),
        ["cross-entropy of spoilt rows"] = d => new(new SoftmaxCrossEntropyOp(), Spoilt(d, 40), new(new(DType.F32, new(4, 40))) { [3] = 1, [41] = 1, [125] = 1 }),
        ["cross-entropy of rows of 320"] = d => new(new SoftmaxCrossEntropyOp(), d.Uniform(new(40, 320), -4, 4), d.Uniform(new(40, 320), 0, 1)),
        ["cross-entropy of spoilt rows of 48"] = d => new(new SoftmaxCrossEntropyOp(), Spoilt(d, 48), new(new(DType.F32, new(4, 48))) { [3] = 1, [49] = 1, [149] = 1 }),
        ["gradient of cross-entropy of rows of 320"] = d =>
            new(new SoftmaxCrossEntropyGradOp(), d.Uniform(new(40, 320), -4, 4), d.Uniform(new(40, 320), 0, 1), d.Uniform(new(40))),
        ["gradient of cross-entropy of spoilt rows of 48"] = d => new(new SoftmaxCrossEntropyGradOp(), Spoilt(d, 48), d.Uniform(new(4, 48), 0, 1), d.Uniform(new(4))),
        ["cross-entropy of labels, rows of 112, some out of range"] = d =>
            new(new SparseSoftmaxCrossEntropyOp(), d.Uniform(new(200, 112), -4, 4), d.Integers(new(200), DType.U32, 0, 115)),
        ["gradient of cross-entropy of labels, rows of 112, some out of range"] = d =>
            new(new SparseSoftmaxCrossEntropyGradOp(), d.Uniform(new(200, 112), -4, 4), d.Integers(new(200), DType.U32, 0, 115), d.Uniform(new(200))),
        ["gradient of cross-entropy of long rows"] = d =>
            new(new SoftmaxCrossEntropyGradOp(), d.Uniform(new(40, 300), -4, 4), d.Uniform(new(40, 300), 0, 1), d.Uniform(new(40))),
        ["cross-entropy of labels, some out of range"] = d => new(new SparseSoftmaxCrossEntropyOp(), d.Uniform(new(200, 100), -4, 4), d.Integers(new(200), DType.U32, 0, 103)),
        ["gradient of cross-entropy of labels, some out of range"] = d =>
            new(new SparseSoftmaxCrossEntropyGradOp(), d.Uniform(new(200, 100), -4, 4), d.Integers(new(200), DType.U32, 0, 103), d.Uniform(new(200))),
        ["gather by indexes out of range"] = d => new(new GatherOp(), d.Uniform(new(50, 12)), d.Integers(new(700), DType.I32, -3, 53)),
        ["gather of integers by indexes out of range"] = d => new(new GatherOp(), d.Integers(new(50, 3), DType.U32, 0, 99), d.Integers(new(70), DType.U32, 0, 60)),
        ["gather of rows of 37 by indexes out of range"] = d => new(new GatherOp(), d.Uniform(new(50, 37)), d.Integers(new(5, 61), DType.I32, -3, 53)),
        ["gather from many rows"] = d => new(new GatherOp(), d.Integers(new(40_003, 16), DType.U32, 0, 99), d.Integers(new(301), DType.U32, 0, 40_100)),
        ["scatter of wide rows"] = d => new(new ScatterAddOp(3), d.Integers(new(200), DType.U32, 0, 4), d.Uniform(new(200, 100))),
        ["scatter of many rows"] = d => new(new ScatterAddOp(300), d.Integers(new(900), DType.I32, -2, 301), d.Uniform(new(900, 17))),
        ["scatter into one row"] = d => new(new ScatterAddOp(1), d.Integers(new(900), DType.U32, 0, 0), d.Uniform(new(900, 3))),
        ["many random words"] = d => new(new RandomBitsOp(new(10_001), 3), Key(d)),
        ["many normal numbers"] = d => new(new RandomNormalOp(new(40_001), 7, 0, 1), Key(d)),
        ["random words in whole blocks"] = d => new(new RandomBitsOp(new(4_004), 3), Key(d)),
        ["normal numbers in whole blocks"] = d => new(new RandomNormalOp(new(8, 1028), 7, 0, 1), Key(d)),
        ["dropout in whole blocks, with NaNs"] = d => new(new DropoutOp(0.5f, 1), [WithNaN(d.Uniform(new(96, 73))), .. Key(d)]),
        ["dropout of many, with NaNs"] = d => new(new DropoutOp(0.5f, 1), [WithNaN(d.Uniform(new(7003))), .. Key(d)]),
        ["batch normalisation of images"] = d =>
            new(new BatchNormalizationOp(1e-3f), d.Uniform(new(9, 20, 21, 32), 3, 5), d.Uniform(new(32), 0.5, 1.5), d.Uniform(new(32))),
        ["batch normalisation of three channels far from 0"] = d =>
            new(new BatchNormalizationOp(1e-3f), d.Uniform(new(7001, 3), 30, 31), d.Uniform(new(3), 0.5, 1.5), d.Uniform(new(3))),
        ["batch normalisation of many rows far from 0"] = d =>
            new(new BatchNormalizationOp(1e-3f), d.Uniform(new(8200, 16), 30, 31), d.Uniform(new(16), 0.5, 1.5), d.Uniform(new(16))),
        ["gradient of batch normalisation of many rows"] = d => new(new BatchNormalizationGradOp(1e-3f), d.Uniform(new(8200, 48)),
            d.Uniform(new(48), 0.5, 1.5), d.Uniform(new(48), -0.2, 0.2), d.Uniform(new(48), 0.2, 1), d.Uniform(new(8200, 48))),
        ["gradient of batch normalisation of images"] = d => new(new BatchNormalizationGradOp(1e-3f), d.Uniform(new(9, 20, 21, 32)),
            d.Uniform(new(32), 0.5, 1.5), d.Uniform(new(32), -0.2, 0.2), d.Uniform(new(32), 0.2, 1), d.Uniform(new(9, 20, 21, 32))),
        ["Adam, Keras"] = d => Update(d, new AdamUpdateOp(0.9f, 0.999f, 1e-7f, UpdateForm.Keras, 0.01f), 70_000, finite: true),
        ["Adam, PyTorch"] = d => Update(d, new AdamUpdateOp(0.9f, 0.999f, 1e-8f, UpdateForm.PyTorch, 0), 65_536, finite: true),
        ["Adam, not finite"] = d => Update(d, new AdamUpdateOp(0.9f, 0.999f, 1e-7f, UpdateForm.Keras, 0), 9_008, finite: false),
        ["SGD with Nesterov"] = d => Update(d, new SgdUpdateOp(0.9f, true, UpdateForm.Keras, 0), 20_000, finite: true),
        ["RMSprop with everything"] = d => Update(d, new RmspropUpdateOp(0.9f, 0.9f, 1e-7f, true, UpdateForm.PyTorch, 0.1f), 20_017, finite: true),
        ["RMSprop in runs"] = d => Update(d, new RmspropUpdateOp(0.9f, 0.9f, 1e-7f, true, UpdateForm.PyTorch, 0.1f), 20_016, finite: true),
    };

    // Rows with a NaN, with an infinity, of nothing but minus infinity, and with some minus infinity.
    private static ReferenceTensor Spoilt(Draw draw, int columns)
    {
        var x = draw.Uniform(new(4, columns));
        (x[0, 1], x[1, columns - 1], x[3, 0]) = (double.NaN, double.PositiveInfinity, double.NegativeInfinity);
        for (var i = 0; i < columns; i++) x[2, i] = double.NegativeInfinity;
        return x;
    }

    private static ReferenceTensor WithNaN(ReferenceTensor x)
    {
        for (var i = 0; i < x.Elements.Length; i += 10) x[i] = double.NaN;
        return x;
    }

    private static ReferenceTensor[] Key(Draw draw) => [.. Enumerable.Range(0, 3).Select(_ => draw.Integers(Shape.Scalar, DType.U32, 0, uint.MaxValue))];

    // Squares are 1 to 2, means within ±1; a gradient that is not finite goes with its flag.
    private static OpCase Update(Draw draw, UpdateOp op, int count, bool finite)
    {
        var shape = new Shape(count);
        var g = draw.Uniform(shape);
        if (!finite) g[count / 2] = double.NaN;
        return new(op,
        [
            draw.Uniform(shape), g, .. op.Slots.Select(slot => slot.Contains("square", StringComparison.Ordinal) ? draw.Uniform(shape, 1, 2) : draw.Uniform(shape)),
            .. op.Scalars.Select((_, i) => Scalar(DType.F32, (float)(0.01 + 0.4 * i))), Scalar(DType.F32, 0.5), Scalar(DType.U32, finite ? 1 : 0),
        ]);
    }

    private static ReferenceTensor Scalar(DType dtype, double value) => new(new(dtype, Shape.Scalar)) { [0] = value };
}
