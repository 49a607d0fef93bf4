"""Golden values of normalising and resizing layers, from PyTorch in fp64 (Debian: python3-torch).

    python3 tests/oracle/torch_layers.py

Writes tests/Forge.Vulkan.Tests/fixtures/torch_layers.json, which TorchLayerTests.cs reads there and runs through Forge's layers. Inputs come from the
integer hash that Forge's SharedHash has too, so only results are stored: each case maps to y and the gradients of sum(y * u), channels last.
"""
import torch
import torch.nn.functional as F

from torch_cases import first, last, listed, uniform, write


def layer(name, x, weights, make):
    """Streams: 1 x, 2 and on the weights, 99 the cotangent."""
    x = uniform(1, x)
    weights = [uniform(2 + i, shape) for i, shape in enumerate(weights)]
    y = make(x, *weights)
    u = uniform(99, tuple(y.shape))
    gradients = torch.autograd.grad((y * u).sum(), [x, *weights])
    cases[name] = {"shape": list(y.shape), "values": [listed(t) for t in (y, *gradients)]}


cases = {}
layer("layer norm", (3, 7, 20), [(20,), (20,)], lambda x, g, b: F.layer_norm(x, (20,), g, b, eps=1e-3))
layer("layer norm of a row of lanes", (24, 32), [(32,), (32,)], lambda x, g, b: F.layer_norm(x, (32,), g, b, eps=1e-3))
layer("layer norm of whole images", (2, 4, 5, 3), [(4, 5, 3), (4, 5, 3)], lambda x, g, b: F.layer_norm(x, (4, 5, 3), g, b, eps=1e-5))
layer("group norm", (2, 4, 5, 12), [(12,), (12,)], lambda x, g, b: last(F.group_norm(first(x), 3, g, b, eps=1e-3)))
layer("group norm of rows", (3, 12), [(12,), (12,)], lambda x, g, b: F.group_norm(x, 4, g, b, eps=1e-3))
layer("instance norm", (2, 4, 5, 6), [(6,), (6,)], lambda x, g, b: last(F.instance_norm(first(x), weight=g, bias=b, eps=1e-3)))
layer("instance norm of sequences", (2, 9, 5), [], lambda x: last(F.instance_norm(first(x), eps=1e-5)))

resized = {
    "nearest": ((2, 3, 4, 5), lambda x: F.interpolate(x, scale_factor=(2, 3), mode="nearest")),
    "nearest of four channels": ((1, 5, 7, 4), lambda x: F.interpolate(x, (8, 4), mode="nearest-exact")),
    "nearest, from the corner": ((1, 5, 7, 3), lambda x: F.interpolate(x, (8, 4), mode="nearest")),
    "bilinear": ((2, 3, 4, 5), lambda x: F.interpolate(x, scale_factor=(2, 3), mode="bilinear")),
    "bilinear of eight channels": ((2, 5, 6, 8), lambda x: F.interpolate(x, scale_factor=2, mode="bilinear")),
    "bilinear to any size": ((1, 5, 7, 3), lambda x: F.interpolate(x, (9, 3), mode="bilinear")),
    "bilinear, corners aligned": ((1, 5, 7, 4), lambda x: F.interpolate(x, (9, 3), mode="bilinear", align_corners=True)),
    "pixel shuffle": ((2, 3, 4, 12), lambda x: F.pixel_shuffle(x, 2)),
    "pixel unshuffle": ((2, 4, 6, 3), lambda x: F.pixel_unshuffle(x, 2)),
}
for name, (shape, make) in resized.items():
    layer(name, shape, [], lambda x: last(make(first(x))))


def spectral(name, x, module, kernel, iterations):
    """Streams: 1 x, 2 the kernel, 3 the bias, 50 u, 99 the cotangent. Forge: taps, in, out. PyTorch: out, in, taps."""
    x, w, bias = uniform(1, x), uniform(2, kernel), uniform(3, kernel[-1:])
    taps = range(len(kernel) - 2)
    module.weight.data, module.bias.data = w.detach().permute(-1, -2, *taps).contiguous(), bias.detach()
    module = torch.nn.utils.spectral_norm(module, n_power_iterations=iterations)
    module.weight_u.copy_(uniform(50, (1, kernel[-1])).detach()[0])
    module.train()
    y = last(module(first(x)))
    u = uniform(99, tuple(y.shape))
    dx, dw, db = torch.autograd.grad((y * u).sum(), (x, module.weight_orig, module.bias))
    dw = dw.permute(*[axis + 2 for axis in taps], 1, 0)
    cases[name] = {"shape": list(y.shape), "values": [listed(t) for t in (y, dx, dw, db, module.weight_u)]}


spectral("spectral norm of a dense layer", (4, 7), torch.nn.Linear(7, 5).double(), (7, 5), 1)
spectral("spectral norm of a convolution", (2, 5, 6, 4), torch.nn.Conv2d(4, 8, 3).double(), (3, 3, 4, 8), 3)

write(cases, "torch_layers.json")
