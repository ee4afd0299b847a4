"""A stream of words through PyTorch's nn.LSTM one by one, in microseconds a step."""

import time

import numpy
import torch
from peer import arguments, serve

WORDS = 100

options = arguments()
torch.set_num_threads(options.threads)


def read(name):
    return torch.from_numpy(numpy.load(f"{options.folder}/{name}.npy"))


hidden = read("rnn.weight_hh_l0").shape[1]
encoder = torch.nn.Embedding.from_pretrained(read("encoder.weight"))
decoder = torch.nn.Linear(hidden, len(read("decoder.bias")))
decoder.load_state_dict({name: read(f"decoder.{name}") for name in ("weight", "bias")})
rnn = torch.nn.LSTM(encoder.embedding_dim, hidden, 2)
rnn.load_state_dict({name: read(f"rnn.{name}") for name in rnn.state_dict()})


@torch.inference_mode()
def round():
    state = tuple(torch.zeros(2, 1, hidden) for _ in range(2))
    begin = time.perf_counter()
    for word in range(WORDS):
        h, state = rnn(encoder(torch.tensor([[word]])), state)
        last = decoder(h[0])[0, 0].item()
    return 1e6 * (time.perf_counter() - begin) / WORDS, {"logit": last}


serve(round)
