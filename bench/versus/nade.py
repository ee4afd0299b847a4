"""NADE in PyTorch: a training epoch, or the memory it takes.

--how loop     the definition, variable by variable, as NADE is usually written in PyTorch
--how cumsum   all hidden states at once by a running sum, [B, D, H]
--how chunked  chunks of variables, their own running sums by one triangular product each
"""

import time

import numpy
import torch
from peer import arguments, peak_growth, serve

BATCH, EPOCH_BATCHES = 100, 500


def load(folder, name):
    return torch.from_numpy(numpy.load(f"{folder}/{name}.npy"))


class Nade(torch.nn.Module):
    def __init__(self, folder, how):
        super().__init__()
        self.W, self.V, self.b, self.c = (torch.nn.Parameter(load(folder, name)) for name in "WVbc")
        self.forward = getattr(self, how)

    def loop(self, x):
        a = self.c.expand(len(x), -1)
        logits = []
        for d in range(x.shape[1]):
            h = torch.sigmoid(a)
            logits.append(h @ self.V[d] + self.b[d])
            a = a + x[:, d : d + 1] * self.W[d]
        return torch.stack(logits, 1)

    def cumsum(self, x):
        terms = x[:, :-1, None] * self.W[:-1]
        a = torch.cat([self.c.expand(len(x), 1, -1), terms], 1).cumsum(1)
        return (torch.sigmoid(a) * self.V).sum(2) + self.b

    def chunked(self, x, size=28):
        carry = self.c.expand(len(x), -1)
        before = torch.ones(size, size).tril(-1)
        logits = []
        for begin in range(0, x.shape[1], size):
            own = x[:, begin : begin + size]
            W, V = self.W[begin : begin + size], self.V[begin : begin + size]
            n = own.shape[1]
            a = torch.baddbmm(carry[:, None], own[:, None] * before[:n, :n], W.expand(len(x), -1, -1))
            logits.append((torch.sigmoid(a) * V).sum(2))
            carry = torch.addmm(carry, own, W)
        return torch.cat(logits, 1) + self.b


options = arguments(how="chunked", measure="seconds")
torch.set_num_threads(options.threads)
model = Nade(options.folder, options.how)
images = load(options.folder, "x")
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)


def train():
    """One pass over the images; the mean loss."""
    total = 0.0
    for begin in range(0, len(images), BATCH):
        x = images[begin : begin + BATCH].float()
        optimizer.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x), x, reduction="none").sum(1).mean()
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total / (len(images) // BATCH)


def seconds():
    begin = time.perf_counter()
    nll = train()
    return (time.perf_counter() - begin) * EPOCH_BATCHES * BATCH / len(images), {"nll": nll}


def memory():
    grown, nll = peak_growth(train)
    return grown / 1e6, {"nll": nll}


serve({"seconds": seconds, "memory": memory}[options.measure])
