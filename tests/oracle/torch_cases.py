"""What the oracles of layers share: inputs from the shared hash, fixtures as text, PyTorch's order of axes."""
import json
import pathlib

import numpy as np
import torch

import shared_hash

torch.set_num_threads(1)


def uniform(stream, shape):
    return torch.tensor(shared_hash.uniform(stream, shape, -1, 1).astype(np.float64), requires_grad=True)


def listed(t):
    return [float(f"{v:.8g}") for v in t.detach().reshape(-1).tolist()]


def first(x):  # channels last -> first
    return x.movedim(-1, 1)


def last(y):
    return y.movedim(1, -1)


def write(cases, name):
    into = pathlib.Path(__file__).parent.parent / "Forge.Vulkan.Tests" / "fixtures" / name
    into.write_text("{\n" + ",\n".join(f'"{case}": {json.dumps(values)}' for case, values in cases.items()) + "\n}\n")
