"""MADE in PyTorch with masked linear layers, weight times mask in each forward pass, as it is usually written."""

import torch
from density_training import load, serve_training
from peer import arguments


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
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
serve_training(model, optimizer, load(options.folder, "x"), "seconds")
