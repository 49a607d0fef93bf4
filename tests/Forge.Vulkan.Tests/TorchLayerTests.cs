using Forge.Core;
using Forge.Core.Ops;
using Forge.Models.Layers;

namespace Forge.Vulkan.Tests;

/// <summary>Normalising and resizing layers on every driver against PyTorch: fixtures/torch_layers.json, made by tests/oracle/torch_layers.py.</summary>
public sealed class TorchLayerTests
{
    // Each case's layer, and its input's shape.
    private static readonly Dictionary<string, (Func<Layer> Make, Shape X)> s_cases = new()
    {
        ["layer norm"] = (() => new LayerNormalization(), new(3, 7, 20)),
        ["layer norm of a row of lanes"] = (() => new LayerNormalization(), new(24, 32)),
        ["layer norm of whole images"] = (() => new LayerNormalization([1, 2, 3], epsilon: 1e-5f), new(2, 4, 5, 3)),
        ["group norm"] = (() => new GroupNormalization(3), new(2, 4, 5, 12)),
        ["group norm of rows"] = (() => new GroupNormalization(4), new(3, 12)),
        ["instance norm"] = (() => new InstanceNormalization(), new(2, 4, 5, 6)),
        ["instance norm of sequences"] = (() => new InstanceNormalization(epsilon: 1e-5f, center: false, scale: false), new(2, 9, 5)),
        ["nearest"] = (() => new UpSampling2D((2, 3)), new(2, 3, 4, 5)),
        ["nearest of four channels"] = (() => new Resizing(8, 4, Interpolation.Nearest), new(1, 5, 7, 4)),
        ["nearest, from the corner"] = (() => new Resizing(8, 4, Interpolation.Nearest, PixelGrid.TopLeft), new(1, 5, 7, 3)),
        ["bilinear"] = (() => new UpSampling2D((2, 3), Interpolation.Bilinear), new(2, 3, 4, 5)),
        ["bilinear of eight channels"] = (() => new UpSampling2D(interpolation: Interpolation.Bilinear), new(2, 5, 6, 8)),
        ["bilinear to any size"] = (() => new Resizing(9, 3), new(1, 5, 7, 3)),
        ["bilinear, corners aligned"] = (() => new Resizing(9, 3, grid: PixelGrid.AlignCorners), new(1, 5, 7, 4)),
        ["spectral norm of a dense layer"] = (() => new SpectralNormalization(new Dense(5)), new(4, 7)),
        ["spectral norm of a convolution"] = (() => new SpectralNormalization(new Conv2D(8, 3), powerIterations: 3), new(2, 5, 6, 4)),
        ["pixel shuffle"] = (() => new PixelShuffle(2, channelsFirst: true), new(2, 3, 4, 12)),
        ["pixel unshuffle"] = (() => new PixelUnshuffle(2, channelsFirst: true), new(2, 4, 6, 3)),
    };

    private static readonly TorchLayers s_torch = new("torch_layers.json", cotangent: 99, s_cases);

    public static TheoryData<string> All => Drivers.All;

    [DriverTheory, MemberData(nameof(All))]
    public void Layer_OnADriver_IsPyTorchs(string driver) => s_torch.MustBePyTorchs(driver);
}
