"""Whole recurrent layers of PyTorch with their weights as it keeps them (Debian: python3-torch).

    python3 tests/oracle/torch_rnn_layers.py > tests/Forge.Models.Tests/fixtures/torch_rnn_layers.json

Read by tests/Forge.Models.Tests/Layers/PyTorchRecurrentTests.cs. One JSON object: a cell's name maps to x (3,6,4), each weight with its shape, and y,
the outputs of two stacked layers in both directions (3,6,10).
"""
import json
import torch

torch.manual_seed(5)
torch.set_default_dtype(torch.float64)
N, T, F, U = 3, 6, 4, 5


def golden(make):
    net = make(F, U, num_layers=2, bidirectional=True, batch_first=True)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.round(p * 2 * 2 ** 16) / 2 ** 16)  # exact in f32, sums of two biases too
    x = torch.randn(N, T, F).to(torch.float32).to(torch.float64)
    y, _ = net(x)
    weights = {k: {"shape": list(v.shape), "elements": v.detach().reshape(-1).tolist()} for k, v in net.state_dict().items()}
    return {"x": x.reshape(-1).tolist(), "weights": weights, "y": y.detach().reshape(-1).tolist()}


print(json.dumps({"rnn": golden(torch.nn.RNN), "lstm": golden(torch.nn.LSTM), "gru": golden(torch.nn.GRU)}, indent=0))
