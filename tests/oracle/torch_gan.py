"""The losses of five adversarial steps of the dcgan workload, as PyTorch computes them in f64 (Debian: python3-torch).

    python3 tests/oracle/torch_gan.py > tests/Forge.Vulkan.Tests/fixtures/torch_gan.json

Read by tests/Forge.Vulkan.Tests/GanStepTests.cs. Weights, images and noise come from the shared hash. One JSON object: losses, five pairs of the
discriminator's and the generator's.
"""
import json

import torch
import torch.nn as nn
import torch.nn.functional as F

from shared_hash import uniform

BATCH, LATENT, STEPS = 4, 100, 5


def fill(module, stream, shape, fans, *axes):
    limit = (6.0 / sum(fans)) ** 0.5
    values = torch.from_numpy(uniform(stream, shape, -limit, limit)).double().permute(axes).reshape(module.weight.shape)
    with torch.no_grad():
        module.weight.copy_(values)
        module.bias.zero_()


def binary(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


torch.set_default_dtype(torch.float64)
gen = nn.Sequential(
    nn.Linear(LATENT, 6272), nn.Unflatten(1, (128, 7, 7)), nn.ConvTranspose2d(128, 64, 4, 2, 1), nn.BatchNorm2d(64), nn.ReLU(),
    nn.ConvTranspose2d(64, 1, 4, 2, 1), nn.Tanh())
dis = nn.Sequential(
    nn.Conv2d(1, 64, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(64, 128, 4, 2, 1), nn.BatchNorm2d(128), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(6272, 1))
# Keras's orders: H, W, in, out; H, W, out, in of transposed convolutions; images H, W, C.
fill(gen[0], 10, (LATENT, 7, 7, 128), (LATENT, 6272), 3, 1, 2, 0)
fill(gen[2], 11, (4, 4, 64, 128), (1024, 2048), 3, 2, 0, 1)
fill(gen[5], 12, (4, 4, 1, 64), (16, 1024), 3, 2, 0, 1)
fill(dis[0], 13, (4, 4, 1, 64), (16, 1024), 3, 2, 0, 1)
fill(dis[2], 14, (4, 4, 64, 128), (1024, 2048), 3, 2, 0, 1)
fill(dis[6], 15, (7, 7, 128, 1), (6272, 1), 3, 2, 0, 1)
critic = torch.optim.Adam(dis.parameters(), lr=2e-4, betas=(0.5, 0.999))
artist = torch.optim.Adam(gen.parameters(), lr=2e-4, betas=(0.5, 0.999))
real = torch.from_numpy(uniform(1, (BATCH, 1, 28, 28), -1, 1)).double()
losses = []
for step in range(STEPS):
    made = gen(torch.from_numpy(uniform(100 + step, (BATCH, LATENT), -1, 1)).double())
    first = binary(dis(real), 1.0) + binary(dis(made.detach()), 0.0)
    critic.zero_grad()
    first.backward()
    critic.step()
    second = binary(dis(made), 1.0)
    artist.zero_grad()
    second.backward()
    artist.step()
    losses.append([first.item(), second.item()])
print(json.dumps({"batch": BATCH, "losses": losses}, indent=0))
