"""MADE in PyTorch with masked linear layers, weight times mask in each forward pass, as it is usually written."""

import time

import numpy
import torch
from peer import arguments, serve

BATCH, EPOCH_BATCHES = 100, 500


def load(folder, name):
    return torch.from_numpy(numpy.load(f"{folder}/{name}.npy"))


class MaskedLinear(torch.nn.Linear):
    def __init__(self, weight, bias, mask):
        super().__init__(weight.shape[1], weight.shape[0])
        self.weight.data.copy_(weight)
        self.bias.data.copy_(bias)
        self.register_buffer("mask", mask)

    def forward(self, x):
        return torch.nn.functional.linear(x, self.mask * self.weight, self.bias)


def degrees_of(units, inputs):
    return torch.arange(units) * (inputs - 1) // units


def made(folder):
    layers = [(load(folder, f"weight{l}"), load(folder, f"bias{l}")) for l in (1, 2)]
    V, b = load(folder, "V"), load(folder, "b")
    inputs = layers[0][0].shape[1]
    below = torch.arange(inputs)
    stack = []
    for weight, bias in layers:
        degrees = degrees_of(len(weight), inputs)
        stack += [MaskedLinear(weight, bias, (below[None] <= degrees[:, None]).float()), torch.nn.ReLU()]
        below = degrees
    stack.append(MaskedLinear(V, b, (below[None] < torch.arange(inputs)[:, None]).float()))
    return torch.nn.Sequential(*stack)


options = arguments()
torch.set_num_threads(options.threads)
model = made(options.folder)
images = load(options.folder, "x")
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)


def round():
    begin = time.perf_counter()
    total = 0.0
    for start in range(0, len(images), BATCH):
        x = images[start : start + BATCH].float()
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x), x, reduction="none").sum(1).mean()
        loss.backward()
        optimizer.step()
        total += loss.item()
    batches = len(images) // BATCH
    return (time.perf_counter() - begin) * EPOCH_BATCHES / batches, {"nll": total / batches}


serve(round)
