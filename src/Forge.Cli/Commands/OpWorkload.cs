using System.Globalization;
using System.Text.RegularExpressions;
using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Cli.Commands;

/// <summary>An op on inputs of given shapes: what <c>forge bench op</c> times.</summary>
/// <param name="Name">The workload's name: the op and its shape.</param>
/// <param name="Op">The op.</param>
/// <param name="Inputs">Types of its inputs.</param>
internal sealed partial record OpWorkload(string Name, Op Op, IReadOnlyList<TensorType> Inputs)
{
    private const int LargestExtent = 1 << 24;

    // Each op with the form of its shape, an example, and how the shape becomes an op. Dimensions come in the order written, the stride and groups last.
    private static readonly Dictionary<string, (Regex Form, string Example, Func<string, int[], OpWorkload> Make)> s_ops = new(StringComparer.Ordinal)
    {
        ["sgemm"] = (Product(), "MxNxK, with /bf16 or /f16 for 16-bit factors, such as 1024x1024x1024", (name, d) => new(name, new MatMulOp(), [F32(d[0], d[2]), F32(d[2], d[1])])),
        ["conv2d"] = (Convolution(), ConvolutionForm, (name, d) => new(name, new Conv2DOp(Geometry(d)), [Images(d), Weights(d)])),
        ["conv2d-dx"] = (Convolution(), ConvolutionForm, (name, d) => new(name, new Conv2DInputGradientOp(Geometry(d), (d[1], d[2])), [Convolved(d), Weights(d)])),
        ["conv2d-dw"] = (Convolution(), ConvolutionForm, (name, d) => new(name, new Conv2DWeightGradientOp(Geometry(d), (d[4], d[5])), [Images(d), Convolved(d)])),
        ["conv3d"] = (ClipConvolution(), ClipConvolutionForm, (name, d) => new(name, new Conv3DOp(ClipGeometry(d)), [Clips(d), ClipWeights(d)])),
        ["conv3d-dx"] = (ClipConvolution(), ClipConvolutionForm, (name, d) => new(name, new Conv3DInputGradientOp(ClipGeometry(d), (d[1], d[2], d[3])), [ConvolvedClips(d), ClipWeights(d)])),
        ["conv3d-dw"] = (ClipConvolution(), ClipConvolutionForm, (name, d) => new(name, new Conv3DWeightGradientOp(ClipGeometry(d), (d[5], d[6], d[7])), [Clips(d), ConvolvedClips(d)])),
        ["maxpool"] = (Pooling(), PoolingForm, (name, d) => new(name, new MaxPool2DOp(Pool), [Images(d)])),
        ["maxpool-grad"] = (Pooling(), PoolingForm, (name, d) => new(name, new MaxPool2DGradientOp(Pool), [Images(d), Pooled(d)])),
        ["avgpool"] = (Pooling(), PoolingForm, (name, d) => new(name, new AvgPool2DOp(Pool), [Images(d)])),
        ["avgpool-grad"] = (Pooling(), PoolingForm, (name, d) => new(name, new AvgPool2DGradientOp(Pool, (d[1], d[2])), [Pooled(d)])),
        ["resize"] = (Pooling(), PoolingForm, (name, d) => new(name, new Resize2DOp(Doubled, (2 * d[1], 2 * d[2])), [Images(d)])),
        ["resize-grad"] = (Pooling(), PoolingForm, (name, d) => new(name, new Resize2DGradientOp(Doubled, (d[1], d[2])), [F32(d[0], 2 * d[1], 2 * d[2], d[3])])),
        ["relu"] = (Matrix(), MatrixForm, (name, d) => new(name, FusedElementwiseOp.Of(new ReluOp(), [F32(d[0], d[1])]), [F32(d[0], d[1])])),
        ["batchnorm"] = (Pooling(), PoolingForm, (name, d) => new(name, new BatchNormalizationOp(1e-3f), [Images(d), F32(d[3]), F32(d[3])])),
        ["batchnorm-grad"] = (Pooling(), PoolingForm, (name, d) => new(name, new BatchNormalizationGradOp(1e-3f), [Images(d), F32(d[3]), F32(d[3]), F32(d[3]), Images(d)])),
        ["softmax"] = Rows(new SoftmaxOp(), 1),
        ["softmax-grad"] = Rows(new SoftmaxGradOp(), 2),
        ["log-softmax"] = Rows(new LogSoftmaxOp(), 1),
        ["log-softmax-grad"] = Rows(new LogSoftmaxGradOp(), 2),
        ["cross-entropy"] = Rows(new SoftmaxCrossEntropyOp(), 2),
        ["cross-entropy-grad"] = (Matrix(), MatrixForm, (name, d) => new(name, new SoftmaxCrossEntropyGradOp(), [F32(d[0], d[1]), F32(d[0], d[1]), F32(d[0])])),
        ["transpose"] = Rows(new TransposeOp([1, 0]), 1),
        ["concat"] = (Pooling(), PoolingForm, (name, d) => new(name, new ConcatOp(3), [Images(d), Images(d)])),
        ["slice"] = (Pooling(), PoolingForm, (name, d) => new(name, new SliceOp([0, 1, 1, 0], [d[0], d[1] - 2, d[2] - 2, d[3]], [1, 1, 1, 1]), [Images(d)])),
        ["pad"] = (Pooling(), PoolingForm, (name, d) => new(name, new PadOp(new(d[0], d[1] + 2, d[2] + 2, d[3]), [0, 1, 1, 0], [1, 1, 1, 1], 0), [Images(d)])),
        ["gather"] = (Product(), TableForm, (name, d) => new(name, new GatherOp(), [F32(d[1], d[2]), new(DType.U32, new(d[0]))])),
        ["scatter-add"] = (Product(), TableForm, (name, d) => new(name, new ScatterAddOp(d[1]), [new(DType.U32, new(d[0])), F32(d[0], d[2])])),
        ["warp"] = (Pooling(), PoolingForm, (name, d) => new(name, new AffineWarpOp(), [new(DType.U8, new(d)), F32(d[0], 2, 3)])),
        ["dropout"] = (Matrix(), MatrixForm, (name, d) => new(name, new DropoutOp(0.5f, 0), [F32(d[0], d[1]), Word, Word, Word])),
        ["random-normal"] = (Matrix(), MatrixForm, (name, d) => new(name, new RandomNormalOp(new(d), 0, 0, 1), [Word, Word, Word])),
        ["adam"] = Updating(new AdamUpdateOp(0.9f, 0.999f, 1e-7f, UpdateForm.Keras, 0)),
        ["rmsprop"] = Updating(new RmspropUpdateOp(0.9f, 0, 1e-7f, false, UpdateForm.Keras, 0)),
        ["sgd"] = Updating(new SgdUpdateOp(0.9f, false, UpdateForm.Keras, 0)),
        ["rnn"] = (Product(), CellForm, (name, d) => Cell(name, new SimpleRnnOp(ActivationKind.Tanh), d)),
        ["rnn-grad"] = (Product(), CellForm, (name, d) => new(name, new SimpleRnnGradOp(ActivationKind.Tanh, false, false, RecurrentFlows.Last), [F32(d[2], d[2]), F32(d), F32(d[0], d[2])])),
        ["lstm"] = (Product(), CellForm, (name, d) => Cell(name, new LstmOp(), d)),
        ["lstm-grad"] = (Product(), CellForm, (name, d) => new(name, new LstmGradOp(false, false, RecurrentFlows.Last), [F32(d[2], 4 * d[2]), F32(d[0], d[1], d[2], 6), F32(d[0], d[2])])),
        ["gru"] = (Product(), CellForm, (name, d) => Cell(name, new GruOp(), d)),
        ["gru-grad"] = (Product(), CellForm, (name, d) => new(name, new GruGradOp(true, false, false, RecurrentFlows.Last), [F32(d[2], 3 * d[2]), F32(d), F32(d[0], d[1], d[2], 4), F32(d[0], d[2])])),
    };

    private const string ConvolutionForm = "NxHxWxC:KHxKWxO with /s2 for stride 2, /g4 for four groups, then /bf16 or /f16 for 16-bit factors, such as 8x36x36x64:3x3x128";
    private const string ClipConvolutionForm = "NxDxHxWxC:KDxKHxKWxO with /s2 for stride 2, then /bf16 or /f16 for 16-bit factors, such as 4x16x32x32x16:3x3x3x32";
    private const string PoolingForm = "NxHxWxC, such as 32x148x148x32";
    private const string CellForm = "NxTxU, rows, steps and units, such as 64x28x128";
    private const string TableForm = "NxVxD, N indexes into a table of V rows of D, such as 8192x10000x256";
    private const string MatrixForm = "MxN, such as 4096x1024";

    /// <summary>The ops that can be timed.</summary>
    public static IReadOnlyList<string> Ops { get; } = [.. s_ops.Keys];

    /// <summary>The form of an op's shape, with an example.</summary>
    public static string FormOf(string op) => s_ops[op].Example;

    private static Resize2DGeometry Doubled => new(Interpolation.Bilinear, PixelGrid.HalfPixel);

    private static Pool2DGeometry Pool => new(2, 2, Padding2D.Valid);

    /// <summary>Reads an op and a shape.</summary>
    /// <exception cref="UsageException">The shape is malformed or makes no sense; the message shows an example.</exception>
    public static OpWorkload Parse(string op, string shape)
    {
        var (form, example, make) = s_ops[op];
        var (factors, bare) = Factors(op, shape);
        var match = form.Match(bare);
        if (!match.Success) throw Malformed("");
        var dimensions = new List<int>();
        // What is left out, a stride or groups, is 1.
        foreach (var group in match.Groups.Values.Skip(1))
            dimensions.Add(!group.Success ? 1 : int.TryParse(group.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var extent) && extent is > 0 and <= LargestExtent
                ? extent : throw Malformed($" {ForeignText.Shown(group.Value, 20)} is not from 1 to {LargestExtent}."));
        try
        {
            // A square product is named as the peers name it.
            var square = op == "sgemm" && dimensions.Distinct().Count() == 1;
            var workload = make(square ? $"{op}{dimensions[0]}{shape[bare.Length..]}" : $"{op} {shape}", [.. dimensions]);
            if (factors != DType.F32) workload = workload with { Inputs = [.. workload.Inputs.Select(t => t with { DType = factors })] };
            _ = workload.Outputs;
            if (workload.Inputs.Concat(workload.Outputs).Any(t => t.Shape.Aggregate(1.0, (count, extent) => count * extent) >= int.MaxValue))
                throw Malformed(" A tensor would have 2^31 elements or more.");
            if (workload.Inputs.Concat(workload.Outputs).Any(t => t.Shape.Count == 0)) throw Malformed(" A tensor would have no elements.");
            return workload;
        }
        catch (Exception problem) when (problem is ShapeException or OverflowException)
        {
            throw Malformed($" {ForeignText.Shown(problem.Message.Split('\n')[0], 300)}"); // the lines after it list inputs that the user did not write
        }

        UsageException Malformed(string why) => new($"--shape is '{ForeignText.Shown(shape)}', but {op} needs {example}.{why}");
    }

    // The factors of products and convolutions may be 16-bit: "1024x1024x1024/bf16".
    private static (DType Factors, string Shape) Factors(string op, string shape)
    {
        foreach (var type in (DType[])[DType.BF16, DType.F16])
            if ((op == "sgemm" || op.StartsWith("conv", StringComparison.Ordinal)) && shape.EndsWith($"/{type.Label()}", StringComparison.Ordinal))
                return (type, shape[..^(type.Label().Length + 1)]);
        return (DType.F32, shape);
    }

    /// <summary>Types of the outputs.</summary>
    public IReadOnlyList<TensorType> Outputs => Op.Infer(Inputs);

    // An op on so many matrices of one shape.
    private static (Regex, string, Func<string, int[], OpWorkload>) Rows(Op op, int inputs) =>
        (Matrix(), MatrixForm, (name, d) => new(name, op, [.. Enumerable.Repeat(F32(d[0], d[1]), inputs)]));

    // Weights, gradient and state; rates and the gradient's scale; the finite flag.
    private static (Regex, string, Func<string, int[], OpWorkload>) Updating(UpdateOp op) => (Matrix(), MatrixForm,
        (name, d) => new(name, op, [.. Enumerable.Repeat(F32(checked(d[0] * d[1])), 2 + op.Slots.Count), .. Enumerable.Repeat(F32(), op.Scalars.Count + 1), Word]));

    private static TensorType Word => new(DType.U32, Shape.Scalar);

    private static TensorType F32(params int[] extents) => new(DType.F32, new Shape(extents));

    // Projections, the recurrent matrix, the states before, and what else a cell has.
    private static OpWorkload Cell(string name, RecurrentOp op, int[] d)
    {
        var (n, t, u) = (d[0], d[1], d[2]);
        List<TensorType> inputs = [F32(n, t, op.Gates * u), F32(u, op.Gates * u), F32(n, u)];
        if (op.HasCell) inputs.Add(F32(n, u));
        if (op.HasRecurrentBias) inputs.Add(F32(op.Gates * u));
        return new(name, op, inputs);
    }

    private static TensorType Images(int[] d) => F32(d[0], d[1], d[2], d[3]);

    private static TensorType Weights(int[] d) => F32(d[4], d[5], d[3] / d[8], d[6]);

    private static Conv2DGeometry Geometry(int[] d) => new(d[7], Padding2D.Valid, 1, Groups: d[8]);

    private static TensorType Convolved(int[] d) => new Conv2DOp(Geometry(d)).Infer([Images(d), Weights(d)])[0];

    private static TensorType Clips(int[] d) => F32(d[..5]);

    private static TensorType ClipWeights(int[] d) => F32(d[5], d[6], d[7], d[4], d[8]);

    private static Conv3DGeometry ClipGeometry(int[] d) => new(d.Length > 9 ? d[9] : 1, Padding3D.Valid, 1, 1);

    private static TensorType ConvolvedClips(int[] d) => new Conv3DOp(ClipGeometry(d)).Infer([Clips(d), ClipWeights(d)])[0];

    private static TensorType Pooled(int[] d) => new MaxPool2DOp(Pool).Infer([Images(d)])[0];

    [GeneratedRegex(@"^(\d+)x(\d+)x(\d+)$")]
    private static partial Regex Product();

    [GeneratedRegex(@"^(\d+)x(\d+)x(\d+)x(\d+):(\d+)x(\d+)x(\d+)(?:/s(\d+))?(?:/g(\d+))?$")]
    private static partial Regex Convolution();

    [GeneratedRegex(@"^(\d+)x(\d+)x(\d+)x(\d+)x(\d+):(\d+)x(\d+)x(\d+)x(\d+)(?:/s(\d+))?$")]
    private static partial Regex ClipConvolution();

    [GeneratedRegex(@"^(\d+)x(\d+)x(\d+)x(\d+)$")]
    private static partial Regex Pooling();

    [GeneratedRegex(@"^(\d+)x(\d+)$")]
    private static partial Regex Matrix();
}
