"""Golden values of ops and optimizer updates, from PyTorch in fp64 (Debian: python3-torch).

    python3 tests/oracle/torch_ops.py > tests/Forge.Core.Tests/fixtures/torch_ops.json

Read by tests/Forge.Core.Tests/Ops/TorchTests.cs. One JSON object: "functions" maps a name to [x, y] lists, "rows" a name to tensors,
"updates" a name to weights after each of five steps.
"""
import json
import math
import torch
import torch.nn.functional as F

torch.manual_seed(7)
torch.set_default_dtype(torch.float64)
x = torch.tensor([-30.0, -3.5, -1.0, -0.25, 0.0, 0.125, 0.75, 2.0, 5.5, 40.0])
positive = torch.tensor([1e-6, 0.25, 0.5, 1.0, 1.5, 2.0, 10.0, 1e6])
functions = {
    "Exp": (x, torch.exp), "Tanh": (x, torch.tanh), "Sigmoid": (x, torch.sigmoid), "Softplus": (x, lambda v: F.softplus(v, threshold=1e9)),
    "Relu": (x, F.relu), "LeakyRelu": (x, lambda v: F.leaky_relu(v, 0.25)), "Elu": (x, lambda v: F.elu(v, 0.5)), "Silu": (x, F.silu),
    "GeluErf": (x, F.gelu), "GeluTanh": (x, lambda v: F.gelu(v, approximate="tanh")), "Erf": (x, torch.erf), "Floor": (x, torch.floor),
    "Sign": (x, torch.sign), "Abs": (x, torch.abs), "Clip": (x, lambda v: torch.clamp(v, -0.5, 2.0)),
    "Log": (positive, torch.log), "Sqrt": (positive, torch.sqrt), "Rsqrt": (positive, torch.rsqrt), "Cube": (x, lambda v: v ** 3.0),
    "Pow": (positive, lambda v: v ** -1.5),
}


def rounded(t):
    """Inputs exact in f32, so that Forge and PyTorch start from the same numbers."""
    return t.to(torch.float32).to(torch.float64)


def listed(t):
    return t.detach().reshape(-1).tolist()


out = {"functions": {}, "rows": {}, "updates": {}}
for name, (points, function) in functions.items():
    points = rounded(points)
    out["functions"][name] = [listed(points), listed(function(points))]

logits = rounded(torch.randn(3, 5) * 4)
targets = rounded(torch.softmax(torch.randn(3, 5), -1))
labels = torch.tensor([4, 0, 2])
logits.requires_grad_()
loss = F.cross_entropy(logits, targets, reduction="none")
sparse = F.cross_entropy(logits, labels, reduction="none")
out["rows"]["softmax"] = {
    "logits": listed(logits), "targets": listed(targets), "labels": listed(labels), "softmax": listed(torch.softmax(logits, -1)),
    "log_softmax": listed(torch.log_softmax(logits, -1)), "loss": listed(loss), "sparse": listed(sparse),
    "dlogits": listed(torch.autograd.grad(loss.sum(), logits, retain_graph=True)[0]),
    "dlogits_sparse": listed(torch.autograd.grad(sparse.sum(), logits)[0]),
}

images = rounded(torch.randn(2, 3, 2, 4) * 3 + 1).requires_grad_()  # NHWC
gamma, beta = rounded(torch.rand(4) + 0.5).requires_grad_(), rounded(torch.randn(4)).requires_grad_()
weights = rounded(torch.randn(2, 3, 2, 4))
y = F.batch_norm(images.permute(0, 3, 1, 2), None, None, gamma, beta, training=True, eps=2.0 ** -10).permute(0, 2, 3, 1)
dx, dgamma, dbeta = torch.autograd.grad((y * weights).sum(), (images, gamma, beta))
out["rows"]["batch_norm"] = {
    "x": listed(images), "gamma": listed(gamma), "beta": listed(beta), "weights": listed(weights), "y": listed(y),
    "mean": listed(images.mean((0, 1, 2))), "variance": listed(images.var((0, 1, 2), unbiased=False)),
    "dx": listed(dx), "dgamma": listed(dgamma), "dbeta": listed(dbeta),
}

ties = torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]], requires_grad=True)
a, b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True), torch.tensor([2.0, 2.0, 1.0], requires_grad=True)
ones = torch.ones(3)
out["rows"]["ties"] = {
    "amax": listed(torch.autograd.grad(ties.amax(1).sum(), ties)[0]),
    "maximum": [listed(g) for g in torch.autograd.grad(torch.maximum(a, b).sum(), (a, b))],
    "minimum": [listed(g) for g in torch.autograd.grad(torch.minimum(a, b).sum(), (a, b))],
}

# Powers of two and the like are exact in f32. Rates change on the way, where forms differ.
rates, start = [0.125, 0.125, 0.25, 0.0625, 0.125], torch.tensor([1.0, -2.0, 0.5, 0.0])
gradients = [rounded(torch.randn(4)) for _ in rates]
out["updates"]["start"], out["updates"]["rates"], out["updates"]["gradients"] = listed(start), rates, [listed(g) for g in gradients]
optimizers = {
    "sgd": lambda p: torch.optim.SGD(p, lr=1.0),
    "sgd_decay": lambda p: torch.optim.SGD(p, lr=1.0, weight_decay=0.25),
    "momentum": lambda p: torch.optim.SGD(p, lr=1.0, momentum=0.875),
    "nesterov": lambda p: torch.optim.SGD(p, lr=1.0, momentum=0.875, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, lr=1.0, betas=(0.875, 0.9375), eps=2.0 ** -8),
    "adamw": lambda p: torch.optim.AdamW(p, lr=1.0, betas=(0.875, 0.9375), eps=2.0 ** -8, weight_decay=0.25),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=1.0, alpha=0.875, eps=2.0 ** -8),
    "rmsprop_centered_momentum": lambda p: torch.optim.RMSprop(p, lr=1.0, alpha=0.875, eps=2.0 ** -8, centered=True, momentum=0.5),
}
for name, make in optimizers.items():
    w = start.clone().requires_grad_()
    optimizer, trace = make([w]), []
    for rate, g in zip(rates, gradients):
        optimizer.param_groups[0]["lr"] = rate
        w.grad = g.clone()
        optimizer.step()
        trace.append(listed(w))
    out["updates"][name] = trace

assert all(math.isfinite(v) for pair in out["functions"].values() for v in pair[1])
print(json.dumps(out, indent=0))
