#!/usr/bin/env python3
"""Writes tests/Forge.Models.Tests/fixtures/training.json: what PyTorch (CPU) and a numpy rendition of Keras compute.

    python3 tests/oracle/training.py

Needs numpy and torch. Inputs come from the integer hash that Forge's SharedHash has too, so only results are stored.
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

from shared_hash import uniform

torch.set_num_threads(1)


def numbers(values):
    return [float(f"{v:.9g}") for v in np.asarray(values, dtype=np.float64).reshape(-1)]


# Every optimizer minimises mean((w * a - b)^2) from the same w.
A, B, W = uniform(2, (7,), 0.5, 1.5), uniform(3, (7,), -1, 1), uniform(4, (7,), -1, 1)
STEPS = 6


def gradient(w):
    return 2 * (w * A.astype(np.float64) - B.astype(np.float64)) * A.astype(np.float64) / len(W)


def torch_trajectory(make):
    w = torch.tensor(W.astype(np.float64), requires_grad=True)
    a, b = torch.tensor(A.astype(np.float64)), torch.tensor(B.astype(np.float64))
    optimizer = make([w])
    out = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        ((w * a - b) ** 2).mean().backward()
        optimizer.step()
        out.append(numbers(w.detach().numpy()))
    return out


def keras_trajectory(update):
    w, state, out = W.astype(np.float64), {}, []
    for t in range(1, STEPS + 1):
        w = update(w, gradient(w), state, t)
        out.append(numbers(w))
    return out


# Keras 3's formulas, from keras/src/optimizers/{sgd,adam,adamw,rmsprop}.py.
def keras_sgd(lr, momentum=0.0, nesterov=False):
    def update(w, g, s, t):
        if momentum == 0:
            return w - lr * g
        v = s["v"] = momentum * s.get("v", 0 * w) - lr * g
        return w + (momentum * v - lr * g if nesterov else v)
    return update


def keras_adam(lr=1e-3, b1=0.9, b2=0.999, eps=1e-7, decay=0.0):
    def update(w, g, s, t):
        w = w - w * decay * lr
        alpha = lr * np.sqrt(1 - b2 ** t) / (1 - b1 ** t)
        m = s["m"] = s.get("m", 0 * w) + (g - s.get("m", 0 * w)) * (1 - b1)
        v = s["v"] = s.get("v", 0 * w) + (g * g - s.get("v", 0 * w)) * (1 - b2)
        return w - m * alpha / (np.sqrt(v) + eps)
    return update


def keras_rmsprop(lr=1e-3, rho=0.9, eps=1e-7, momentum=0.0):
    def update(w, g, s, t):
        v = s["v"] = rho * s.get("v", 0 * w) + (1 - rho) * g * g
        step = lr * g / np.sqrt(v + eps)
        if momentum > 0:
            step = s["m"] = momentum * s.get("m", 0 * w) + step
        return w - step
    return update


def optimizers():
    sgd, adam, adamw, rms = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.RMSprop
    return {
        "torch_sgd": torch_trajectory(lambda p: sgd(p, lr=0.1)),
        "torch_momentum": torch_trajectory(lambda p: sgd(p, lr=0.1, momentum=0.9)),
        "torch_nesterov": torch_trajectory(lambda p: sgd(p, lr=0.1, momentum=0.9, nesterov=True)),
        "torch_adam": torch_trajectory(lambda p: adam(p, lr=0.05)),
        "torch_adamw": torch_trajectory(lambda p: adamw(p, lr=0.05, weight_decay=0.1)),
        "torch_rmsprop": torch_trajectory(lambda p: rms(p, lr=0.05)),
        "torch_rmsprop_momentum": torch_trajectory(lambda p: rms(p, lr=0.05, momentum=0.9)),
        "keras_sgd": keras_trajectory(keras_sgd(0.1)),
        "keras_momentum": keras_trajectory(keras_sgd(0.1, 0.9)),
        "keras_nesterov": keras_trajectory(keras_sgd(0.1, 0.9, True)),
        "keras_adam": keras_trajectory(keras_adam(0.05)),
        "keras_adamw": keras_trajectory(keras_adam(0.05, decay=0.1)),
        "keras_rmsprop": keras_trajectory(keras_rmsprop(0.05)),
        "keras_rmsprop_momentum": keras_trajectory(keras_rmsprop(0.05, momentum=0.9)),
    }


def losses():
    z = torch.tensor(uniform(5, (6, 5), -4, 4).astype(np.float64), requires_grad=True)
    index = torch.arange(6) * 3 % 5
    t = torch.tensor(uniform(6, (6, 5), 0, 1).astype(np.float64))
    y = torch.tensor(uniform(7, (6, 5), -4, 4).astype(np.float64))
    cases = {
        "cross_entropy": F.cross_entropy(z, index),
        "cross_entropy_soft": F.cross_entropy(z, t / t.sum(1, keepdim=True)),
        "binary": F.binary_cross_entropy_with_logits(z, t),
        "mse": F.mse_loss(z, y),
        "mae": F.l1_loss(z, y),
        "huber": F.huber_loss(z, y, delta=1.0),
        "huber_half": F.huber_loss(z, y, delta=0.5),
    }
    out = {}
    for name, loss in cases.items():
        (g,) = torch.autograd.grad(loss, z, retain_graph=True)
        out[name] = {"loss": float(loss), "gradient": numbers(g)}
    return out


def batch_norm():
    x = torch.tensor(uniform(8, (4, 3, 3, 5), -2, 3).astype(np.float64), requires_grad=True)
    layer = nn.BatchNorm2d(5, eps=1e-3, momentum=0.01).double()
    layer.weight.data = torch.tensor(uniform(9, (5,), 0.5, 1.5).astype(np.float64))
    layer.bias.data = torch.tensor(uniform(10, (5,), -1, 1).astype(np.float64))
    y = layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    c = torch.tensor(uniform(11, (4, 3, 3, 5), -1, 1).astype(np.float64))
    gx, gg, gb = torch.autograd.grad((y * c).sum(), [x, layer.weight, layer.bias])
    layer.eval()
    inferred = layer(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    return {
        "y": numbers(y.detach()[0]), "gx": numbers(gx[0]), "ggamma": numbers(gg), "gbeta": numbers(gb),
        "mean": numbers(layer.running_mean), "variance": numbers(layer.running_var), "inferred": numbers(inferred.detach()[0]),
    }


def small_cnn():
    """Conv 3x3 x4, pool, conv 3x3 x6, pool, dense 8, dense 3 on 14x14x2, Adam: five losses, first in fp64."""
    def glorot(stream, shape, fan_in, fan_out):
        limit = (6.0 / (fan_in + fan_out)) ** 0.5
        return uniform(stream, shape, -limit, limit).astype(np.float64)
    side, cin, stream, weights = 14, 2, 10, []
    for cout in (4, 6):
        w = glorot(stream, (3, 3, cin, cout), 9 * cin, 9 * cout)
        weights.append(torch.tensor(w.transpose(3, 2, 0, 1).copy(), requires_grad=True))
        weights.append(torch.zeros(cout, dtype=torch.float64, requires_grad=True))
        side, cin, stream = (side - 2) // 2, cout, stream + 1
    flat = side * side * cin
    for fan_in, fan_out in ((flat, 8), (8, 3)):
        weights.append(torch.tensor(glorot(stream, (fan_in, fan_out), fan_in, fan_out), requires_grad=True))
        weights.append(torch.zeros(fan_out, dtype=torch.float64, requires_grad=True))
        stream += 1
    x = torch.tensor(uniform(1, (4, 14, 14, 2), 0, 1).astype(np.float64).transpose(0, 3, 1, 2).copy())
    y = torch.arange(4) * 7 % 3
    adam, out = torch.optim.Adam(weights, lr=1e-2, eps=1e-7), []
    for _ in range(5):
        adam.zero_grad()
        h = x
        for i in (0, 2):
            h = F.max_pool2d(F.relu(F.conv2d(h, weights[i], weights[i + 1])), 2)
        h = h.permute(0, 2, 3, 1).reshape(4, -1)
        h = F.relu(h @ weights[4] + weights[5]) @ weights[6] + weights[7]
        loss = F.cross_entropy(h, y)
        loss.backward()
        adam.step()
        out.append(float(loss))
    return out


def main():
    path = pathlib.Path(__file__).resolve().parent.parent / "Forge.Models.Tests" / "fixtures" / "training.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    made_with = f"torch {torch.__version__}, numpy {np.__version__}"
    content = {"made_with": made_with, "optimizers": optimizers(), "losses": losses(), "batch_norm": batch_norm(), "small_cnn": small_cnn()}
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(path, path.stat().st_size, "bytes,", made_with)


if __name__ == "__main__":
    main()
