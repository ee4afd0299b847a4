"""Training steps of a word language model with PyTorch's layers, as users write it.

--kind plain        nn.LSTM
--kind weight_drop  nn.LSTM on recurrent weights of which a share is dropped for the whole batch (AWD-LSTM)
--kind layer_norm   a loop over time; each share of the gates and the cell are normalised
--kind zoneout      a loop over nn.LSTMCell; units keep their old state by chance
"""

import glob
import time

import numpy
import torch
from peer import arguments, serve
from torch.nn.functional import cross_entropy, dropout, layer_norm, linear

options = arguments(kind="plain")
torch.set_num_threads(options.threads)


def read(name):
    return torch.from_numpy(numpy.load(f"{options.folder}/{name}.npy"))


layers = len(glob.glob(f"{options.folder}/rnn.weight_hh_l*.npy"))
width = read("encoder.weight").shape[1]
hidden = read("rnn.weight_hh_l0").shape[1]


class Words(torch.nn.Module):
    def __init__(self):
        super().__init__()
        vocabulary = len(read("decoder.bias"))
        self.encoder = torch.nn.Embedding(vocabulary, width)
        self.rnn = torch.nn.LSTM(width, hidden, layers)
        self.decoder = torch.nn.Linear(hidden, vocabulary)
        own = self.state_dict()
        self.load_state_dict({name: read(name).view_as(tensor) for name, tensor in own.items()})
        if options.kind == "layer_norm":
            self.gains = torch.nn.ParameterList(
                [torch.nn.Parameter(torch.ones(n)) for _ in range(layers) for n in (4 * hidden, 4 * hidden, hidden)])
            self.cell_bias = torch.nn.ParameterList(
                [torch.nn.Parameter(torch.zeros(hidden)) for _ in range(layers)])

    def forward(self, x, state):
        run = {"plain": self.plain, "weight_drop": self.dropped, "layer_norm": self.normed, "zoneout": self.zoned}
        h, state = run[options.kind](self.encoder(x), state)
        return self.decoder(h), state

    def plain(self, u, state):
        return self.rnn(u, state)

    def dropped(self, u, state):
        weights = [
            dropout(w, 0.5, self.training) if "weight_hh" in name else w for name, w in self.rnn.named_parameters()]
        h, *state = torch.lstm(u, state, weights, True, layers, 0.0, self.training, False, False)
        return h, tuple(state)

    def loop(self, u, state, step):
        lasts = []
        for layer in range(layers):
            w = [getattr(self.rnn, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            h, c = state[0][layer], state[1][layer]
            outputs = []
            for x in u:
                h, c = step(layer, w, x, h, c)
                outputs.append(h)
            u = torch.stack(outputs)
            lasts.append((h, c))
        return u, tuple(torch.stack(part) for part in zip(*lasts))

    def normed(self, u, state):
        def step(layer, w, x, h, c):
            ih, hh, cell = self.gains[3 * layer : 3 * layer + 3]
            gates = layer_norm(linear(x, w[0]), (4 * hidden,), ih, w[2])
            gates = gates + layer_norm(linear(h, w[1]), (4 * hidden,), hh, w[3])
            i, f, g, o = gates.chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            return o.sigmoid() * layer_norm(c, (hidden,), cell, self.cell_bias[layer]).tanh(), c

        return self.loop(u, state, step)

    def zoned(self, u, state):
        def step(layer, w, x, h, c):
            new_h, new_c = torch.lstm_cell(x, (h, c), *w)
            keep_h, keep_c = (torch.rand_like(t) < 0.1 for t in (h, c))
            return torch.where(keep_h, h, new_h), torch.where(keep_c, c, new_c)

        return self.loop(u, state, step)


model = Words()
optimizer = torch.optim.SGD(model.parameters(), lr=1e-5)
count = len(glob.glob(f"{options.folder}/x[0-9]*.npy"))
batches = [(read(f"x{k}"), read(f"y{k}")) for k in range(count)]


def round():
    begin, total = time.perf_counter(), 0.0
    state = tuple(torch.zeros(layers, batches[0][0].shape[1], hidden) for _ in range(2))
    for x, y in batches:
        optimizer.zero_grad()
        logits, state = model(x, tuple(part.detach() for part in state))
        loss = cross_entropy(logits.flatten(0, 1), y.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        optimizer.step()
        total += loss.item()
    return (time.perf_counter() - begin) / count, {"loss": total / count}


serve(round)
