"""Golden values of recurrent cells, from PyTorch in fp64 (Debian: python3-torch).

    python3 tests/oracle/torch_recurrent.py > tests/Forge.Core.Tests/fixtures/torch_recurrent.json

Read by tests/Forge.Core.Tests/Ops/RecurrentTorchTests.cs and tests/Forge.Vulkan.Tests/RecurrentTorchTests.cs. One JSON object: a cell's name maps to
extents, inputs and weights as Forge lays them out (a row an input, gates as Keras orders them), outputs, and the gradients of
sum(y * weights) + sum(last * weights_last) (+ sum(cell * weights_cell)).
"""
import json
import torch

torch.manual_seed(11)
torch.set_default_dtype(torch.float64)
N, T, F, U = 3, 6, 4, 5


def rounded(t):
    """Exact in f32, so that Forge and PyTorch start from the same numbers."""
    return t.detach().to(torch.float32).to(torch.float64)


def listed(t):
    return t.detach().reshape(-1).tolist()


def gates(t, order):
    """PyTorch's gates, along the first axis, in another order."""
    parts = t.chunk(len(order), 0)
    return torch.cat([parts[i] for i in order], 0)


def golden(net, order, has_cell, reset_after):
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.round(p * 2 * 2 ** 16) / 2 ** 16)  # so that sums of two biases are exact in f32 too
    x = rounded(torch.randn(N, T, F)).requires_grad_()
    h0 = rounded(torch.randn(1, N, U)).requires_grad_()
    c0 = rounded(torch.randn(1, N, U)).requires_grad_()
    weights, weights_last, weights_cell = (rounded(torch.randn(*s)) for s in ((N, T, U), (1, N, U), (1, N, U)))
    y, last = net(x, (h0, c0) if has_cell else h0)
    last, cell = last if has_cell else (last, None)
    loss = (y * weights).sum() + (last * weights_last).sum() + ((cell * weights_cell).sum() if has_cell else 0)
    inputs = [x, h0, c0] if has_cell else [x, h0]
    found = torch.autograd.grad(loss, inputs + list(net.parameters()))
    d = dict(zip(["x", "h0", "c0"] if has_cell else ["x", "h0"], found))
    w_ih, w_hh, b_ih, b_hh = net.parameters()
    dw_ih, dw_hh, db_ih, db_hh = found[len(inputs):]
    out = {
        "n": N, "t": T, "f": F, "u": U, "x": listed(x), "h0": listed(h0), "kernel": listed(gates(w_ih, order).T), "recurrent": listed(gates(w_hh, order).T),
        "weights": listed(weights), "weights_last": listed(weights_last), "y": listed(y), "last": listed(last), "dx": listed(d["x"]), "dh0": listed(d["h0"]),
        "dkernel": listed(gates(dw_ih, order).T), "drecurrent": listed(gates(dw_hh, order).T), "dbias": listed(gates(db_ih, order)),
    }
    if has_cell:
        out |= {"c0": listed(c0), "weights_cell": listed(weights_cell), "cell": listed(cell), "dc0": listed(d["c0"])}
    if reset_after:
        out |= {"bias": listed(gates(b_ih, order)), "recurrent_bias": listed(gates(b_hh, order)), "drecurrent_bias": listed(gates(db_hh, order))}
    else:
        out |= {"bias": listed(gates(b_ih + b_hh, order))}
    return out


print(json.dumps({
    "rnn_tanh": golden(torch.nn.RNN(F, U, batch_first=True), [0], False, False),
    "rnn_relu": golden(torch.nn.RNN(F, U, batch_first=True, nonlinearity="relu"), [0], False, False),
    "lstm": golden(torch.nn.LSTM(F, U, batch_first=True), [0, 1, 2, 3], True, False),
    "gru": golden(torch.nn.GRU(F, U, batch_first=True), [1, 0, 2], False, True),
}, indent=0))
