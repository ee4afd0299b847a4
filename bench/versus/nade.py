"""NADE in PyTorch: a training epoch, or the memory it takes.

--how loop     the definition, variable by variable, as NADE is usually written in PyTorch
--how cumsum   all hidden states at once by a running sum, [B, D, H]
--how chunked  chunks of variables, their own running sums by one triangular product each
"""

import torch
from density_training import load, serve_training
from peer import arguments


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
optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
serve_training(model, optimizer, load(options.folder, "x"), options.measure)
