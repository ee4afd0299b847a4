"""A step through a stack of convolutions under torch.utils.checkpoint.checkpoint_sequential."""

import time

import numpy
import torch
from peer import arguments, serve
from torch.utils.checkpoint import checkpoint_sequential

options = arguments(segments=1, heavy=0)
torch.set_num_threads(options.threads)
x = torch.from_numpy(numpy.load(f"{options.folder}/x.npy")).requires_grad_()
weights = [torch.nn.Parameter(w) for w in torch.from_numpy(numpy.load(f"{options.folder}/weights.npy"))]


class Stage(torch.nn.Module):
    def __init__(self, weight, times):
        super().__init__()
        self.weight, self.times = weight, times

    def forward(self, a):
        for _ in range(self.times):
            a = torch.tanh(torch.nn.functional.conv2d(a, self.weight, padding=1))
        return a


stages = torch.nn.Sequential(
    *[Stage(w, 10 if l == options.heavy else 1) for l, w in enumerate(weights, start=1)]
)


def round():
    begin = time.perf_counter()
    loss = checkpoint_sequential(stages, options.segments, x, use_reentrant=True).square().mean()
    loss.backward()
    return time.perf_counter() - begin, {"loss": loss.item()}


serve(round)
