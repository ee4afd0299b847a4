"""Training of a density model of binary images in PyTorch, as the scripts here measure it."""

import time

import numpy
import torch
from peer import peak_growth, serve

BATCH, EPOCH_BATCHES = 100, 500


def load(folder, name):
    return torch.from_numpy(numpy.load(f"{folder}/{name}.npy"))


def serve_training(model, optimizer, images, measure):
    """Rounds over `images`: seconds of a whole epoch at that rate, or the megabytes that a round takes."""

    def train():
        total = 0.0
        for begin in range(0, len(images), BATCH):
            x = images[begin : begin + BATCH].float()
            optimizer.zero_grad()
            loss = torch.nn.functional.binary_cross_entropy_with_logits(model(x), x, reduction="none").sum(1).mean()
            loss.backward()
            optimizer.step()
            total += loss.item()
        return total * BATCH / len(images)

    def seconds():
        begin = time.perf_counter()
        nll = train()
        return (time.perf_counter() - begin) * EPOCH_BATCHES * BATCH / len(images), {"nll": nll}

    def memory():
        grown, nll = peak_growth(train)
        return grown / 1e6, {"nll": nll}

    serve({"seconds": seconds, "memory": memory}[measure])
