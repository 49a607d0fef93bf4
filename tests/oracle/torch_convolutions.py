"""Golden values of convolutions over clips and sequences, of transposed convolutions and of pooling, from PyTorch in fp64 (Debian: python3-torch).

    python3 tests/oracle/torch_convolutions.py

Writes tests/Forge.Vulkan.Tests/fixtures/torch_convolutions.json, which TorchConvolutionTests.cs reads there and runs through Forge's layers. Inputs come from the
integer hash that Forge's SharedHash has too, so only results are stored: each case maps to y and the gradients of sum(y * u), channels last.
"""
import torch
import torch.nn.functional as F

from torch_cases import first, last, listed, uniform, write


def convolved(name, x, kernel, make, transposed=False):
    """Streams: 1 x, 2 the kernel, 3 the bias, 4 the cotangent."""
    x, w = uniform(1, x), uniform(2, kernel)
    bias = uniform(3, (kernel[-2 if transposed else -1],))
    # Forge: taps, in, out (transposed: taps, out, in). PyTorch: out, in, taps (transposed: in, out, taps).
    taps = range(len(kernel) - 2)
    y = last(make(first(x), w.permute(-1, -2, *taps), bias))
    u = uniform(4, tuple(y.shape))
    dx, dw, db = torch.autograd.grad((y * u).sum(), (x, w, bias))
    cases[name] = {"shape": list(y.shape), "y": listed(y), "dx": listed(dx), "dkernel": listed(dw), "dbias": listed(db)}


def pooled(name, x, make):
    x = uniform(1, x)
    y = last(make(first(x)))
    u = uniform(4, tuple(y.shape))
    cases[name] = {"shape": list(y.shape), "y": listed(y), "dx": listed(torch.autograd.grad((y * u).sum(), x)[0])}


cases = {}
convolved("conv3d", (2, 4, 5, 7, 3), (3, 3, 3, 3, 5), lambda x, w, b: F.conv3d(x, w, b))
convolved("conv3d padded", (1, 3, 4, 6, 3), (3, 3, 3, 3, 16), lambda x, w, b: F.conv3d(x, w, b, padding=1))
convolved("conv3d strided, dilated, in groups", (1, 7, 6, 7, 4), (2, 3, 3, 2, 6), lambda x, w, b: F.conv3d(x, w, b, stride=(1, 2, 3), padding=(1, 0, 1), dilation=(3, 1, 1), groups=2))
convolved("conv2d transposed, as a DCGAN's", (1, 4, 5, 6), (4, 4, 17, 6), lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1), transposed=True)
convolved("conv2d transposed, output padding", (2, 4, 3, 16), (3, 3, 5, 16), lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1), transposed=True)
convolved("conv2d transposed, dilated", (1, 5, 4, 3), (3, 2, 4, 3), lambda x, w, b: F.conv_transpose2d(x, w, b, stride=(1, 2), dilation=(2, 3)), transposed=True)
convolved("conv1d", (1, 19, 3), (5, 3, 16), lambda x, w, b: F.conv1d(x, w, b, padding=2))
convolved("conv1d strided, dilated, in groups", (2, 19, 4), (3, 2, 6), lambda x, w, b: F.conv1d(x, w, b, stride=2, dilation=3, groups=2))
convolved("conv1d causal", (2, 9, 3), (3, 3, 4), lambda x, w, b: F.conv1d(F.pad(x, (4, 0)), w, b, dilation=2))
convolved("conv1d transposed", (2, 9, 4), (4, 6, 4), lambda x, w, b: F.conv_transpose1d(x, w, b, stride=2, padding=1), transposed=True)
pooled("max pool 3d", (2, 4, 6, 6, 3), lambda x: F.max_pool3d(x, 2))
pooled("max pool 3d, overlapping, padded", (1, 5, 6, 7, 4), lambda x: F.max_pool3d(x, (3, 2, 3), stride=(1, 2, 2), padding=(1, 0, 1)))
pooled("average pool 3d, padded", (2, 5, 6, 7, 3), lambda x: F.avg_pool3d(x, (3, 2, 3), stride=2, padding=(1, 1, 1), count_include_pad=False))
pooled("max pool 1d", (2, 9, 3), lambda x: F.max_pool1d(x, 3, stride=2, padding=1))
pooled("average pool 1d", (2, 9, 3), lambda x: F.avg_pool1d(x, 3))

write(cases, "torch_convolutions.json")
