using Forge.Core;
using Forge.Core.Ops;

namespace Forge.Vulkan.Tests.Conformance;

/// <summary>Convolutions of clips as large as those that kernels for processors and tiles are for: taps in chunks, pixels in slices, frames before, behind and between.</summary>
internal static class LargeClipCases
{
    private static readonly Padding3D s_one = Padding3D.Around(1);

    public static Dictionary<string, Func<Draw, OpCase>> All { get; } = new()
    {
        ["convolution of clips"] = d => Convolve(d, new(2, 5, 6, 13, 20), 3, 24, Conv3DGeometry.Unit),
        ["convolution of clips, padded"] = d => Convolve(d, new(1, 4, 5, 11, 20), 3, 24, Conv3DGeometry.Unit with { Padding = s_one }),
        ["convolution of clips of one channel"] = d => Convolve(d, new(2, 5, 7, 31, 1), 3, 33, Conv3DGeometry.Unit with { Padding = s_one }),
        ["convolution of clips of 131 channels"] = d => Convolve(d, new(1, 3, 4, 7, 131), (2, 1, 2), 16, Conv3DGeometry.Unit),
        ["convolution of clips padded along the depth alone"] = d => Convolve(d, new(1, 3, 6, 9, 7), (4, 2, 2), 18, Conv3DGeometry.Unit with { Padding = new(3, 1, default) }),
        ["convolution of clips with steps and gaps"] = d =>
            Convolve(d, new(2, 9, 11, 14, 5), (3, 4, 2), 18, new((3, 2, 1), new(1, 2, new(2, 1, 0, 3)), (2, 1, 3), 1)),
        ["input gradient of clips"] = d => InputGradient(d, new(1, 5, 6, 11, 35), (3, 2, 3), 19, Conv3DGeometry.Unit),
        ["input gradient of clips, padded unevenly, with gaps"] = d => InputGradient(d, new(2, 6, 5, 8, 16), (2, 3, 3), 21, new(1, new(2, 0, new(1, 2, 0, 1)), (3, 1, 2), 1)),
        ["input gradient of clips with steps"] = d => InputGradient(d, new(1, 7, 8, 9, 17), 3, 16, new((2, 2, 3), s_one, 1, 1)),
        ["weight gradient of clips"] = d => WeightGradient(d, new(3, 7, 13, 22, 3), (2, 3, 3), 20, Conv3DGeometry.Unit),
        ["weight gradient of clips, padded"] = d => WeightGradient(d, new(2, 6, 11, 19, 4), 3, 16, Conv3DGeometry.Unit with { Padding = s_one }),
        ["weight gradient of clips in groups"] = d => WeightGradient(d, new(2, 5, 9, 13, 12), (2, 3, 3), 8, Conv3DGeometry.Unit with { Groups = 2 }),
        ["weight gradient of clips with steps and gaps, padded in front"] = d => WeightGradient(d, new(2, 9, 11, 10, 6), (3, 3, 2), 17, new((2, 1, 3), new(4, 0, default), (2, 3, 1), 1)),
    };

    private static OpCase Convolve(Draw draw, Shape x, Size3D window, int outputs, Conv3DGeometry geometry) =>
        new(new Conv3DOp(geometry, new(true, ActivationKind.LeakyRelu, 0.3f)), draw.Uniform(x), draw.Uniform(Weights(x, window, outputs, geometry)), draw.Uniform(new(outputs)));

    private static OpCase InputGradient(Draw draw, Shape x, Size3D window, int outputs, Conv3DGeometry geometry) =>
        new(new Conv3DInputGradientOp(geometry, (x[1], x[2], x[3])), draw.Uniform(Output(x, window, outputs, geometry)), draw.Uniform(Weights(x, window, outputs, geometry)));

    private static OpCase WeightGradient(Draw draw, Shape x, Size3D window, int outputs, Conv3DGeometry geometry) =>
        new(new Conv3DWeightGradientOp(geometry, window, WithBiasGradient: true), draw.Uniform(x), draw.Uniform(Output(x, window, outputs, geometry)));

    private static Shape Weights(Shape x, Size3D window, int outputs, Conv3DGeometry geometry) => new(window.D, window.H, window.W, x[4] / geometry.Groups, outputs);

    private static Shape Output(Shape x, Size3D window, int outputs, Conv3DGeometry geometry) =>
        new Conv3DOp(geometry).Infer([new(DType.F32, x), new(DType.F32, Weights(x, window, outputs, geometry))])[0].Shape;
}
