using Forge.Core;
using Forge.Models.Layers;

namespace Forge.Vulkan.Tests;

/// <summary>Layers over clips and sequences, and transposed convolutions, on every driver against PyTorch: fixtures/torch_convolutions.json, made by tests/oracle/torch_convolutions.py.</summary>
public sealed class TorchConvolutionTests
{
    // Each case's layer, and its input's shape.
    private static readonly Dictionary<string, (Func<Layer> Make, Shape X)> s_cases = new()
    {
        ["conv3d"] = (() => new Conv3D(5, 3), new(2, 4, 5, 7, 3)),
        ["conv3d padded"] = (() => new Conv3D(16, 3, padding: 1), new(1, 3, 4, 6, 3)),
        ["conv3d strided, dilated, in groups"] = (() => new Conv3D(6, (2, 3, 3), (1, 2, 3), new Padding3D(1, 1, new(0, 0, 1, 1)), dilation: (3, 1, 1), groups: 2), new(1, 7, 6, 7, 4)),
        ["conv2d transposed, as a DCGAN's"] = (() => new Conv2DTranspose(17, 4, 2, Border.Same), new(1, 4, 5, 6)),
        ["conv2d transposed, output padding"] = (() => new Conv2DTranspose(5, 3, 2, 1, outputPadding: (1, 1)), new(2, 4, 3, 16)),
        ["conv2d transposed, dilated"] = (() => new Conv2DTranspose(4, (3, 2), (1, 2), dilation: (2, 3)), new(1, 5, 4, 3)),
        ["conv1d"] = (() => new Conv1D(16, 5, padding: Border.Same), new(1, 19, 3)),
        ["conv1d strided, dilated, in groups"] = (() => new Conv1D(6, 3, 2, dilation: 3, groups: 2), new(2, 19, 4)),
        ["conv1d causal"] = (() => new Conv1D(4, 3, padding: Border.Causal, dilation: 2), new(2, 9, 3)),
        ["conv1d transposed"] = (() => new Conv1DTranspose(6, 4, 2, 1), new(2, 9, 4)),
        ["max pool 3d"] = (() => new MaxPooling3D(), new(2, 4, 6, 6, 3)),
        ["max pool 3d, overlapping, padded"] = (() => new MaxPooling3D((3, 2, 3), (1, 2, 2), new Padding3D(1, 1, new(0, 0, 1, 1))), new(1, 5, 6, 7, 4)),
        ["average pool 3d, padded"] = (() => new AveragePooling3D((3, 2, 3), 2, 1), new(2, 5, 6, 7, 3)),
        ["max pool 1d"] = (() => new MaxPooling1D(3, 2, 1), new(2, 9, 3)),
        ["average pool 1d"] = (() => new AveragePooling1D(3), new(2, 9, 3)),
    };

    private static readonly TorchLayers s_torch = new("torch_convolutions.json", cotangent: 4, s_cases);

    public static TheoryData<string> All => Drivers.All;

    [DriverTheory, MemberData(nameof(All))]
    public void Layer_OnADriver_IsPyTorchs(string driver) => s_torch.MustBePyTorchs(driver);
}
