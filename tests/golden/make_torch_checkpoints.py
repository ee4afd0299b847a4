"""Writes the PyTorch checkpoints that tests/io/torch_checkpoint_test.cpp reads, into tests/golden/torch_checkpoints.

Made with torch 2.13.0 and numpy 2: python tests/golden/make_torch_checkpoints.py
"""

import argparse
import pathlib
from collections import OrderedDict, defaultdict

import numpy
import torch

FOLDER = pathlib.Path(__file__).parent / "torch_checkpoints"

DTYPES = """float64 float32 float16 bfloat16 int64 int32 int16 int8 uint8 uint16 uint32 uint64 bool complex128 complex64
float8_e5m2 float8_e4m3fn float8_e5m2fnuz float8_e4m3fnuz float8_e8m0fnu""".split()


def every_dtype():
    """1, 2, 4 of each dtype (True for bool)."""
    return OrderedDict((name, torch.tensor([1.0, 2.0, 4.0]).to(getattr(torch, name))) for name in DTYPES)


def views():
    base = torch.arange(24.0)
    grid = base.view(4, 6)
    return {
        "grid": grid,
        "transposed": grid.t(),
        "column": grid[:, 2],
        "block": grid[1:3, 1:5:2],
        "tail": base[20:],
        "repeated": base[3:4].expand(5),
        "scalar": torch.tensor(7.0),
        "empty": torch.empty(0, 3),
        "conjugate": torch.tensor([1 + 2j, 3 - 4j]).conj(),
        "negated": torch.tensor([1 + 2j, 3 - 4j]).conj().imag,
        "parameter": torch.nn.Parameter(torch.tensor([0.5, -0.5])),
    }


def training():
    """A training checkpoint as scripts write it: wrapped names, optimiser, and odds and ends of plain data."""
    model = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for count, parameter in enumerate(model.parameters()):
            parameter.copy_(torch.arange(parameter.numel()).view_as(parameter) + 10 * count)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.25)
    model(torch.ones(4, 3)).sum().backward()
    optimizer.step()
    losses = defaultdict(list)
    losses["train"] += [2.5, 1.5]
    return {
        "state_dict": OrderedDict(("module." + name, value) for name, value in model.state_dict().items()),
        "optimizer": optimizer.state_dict(),
        "epoch": 3,
        "best_acc1": torch.tensor(91.5),
        "args": argparse.Namespace(arch="tiny", lr=0.25, milestones=[10, 20], resume=None, out=pathlib.PurePosixPath("runs/a")),
        "losses": losses,
        "best": numpy.float64(0.75),
        "history": numpy.arange(6, dtype=numpy.float32).reshape(2, 3),
        "fortran": numpy.asfortranarray(numpy.arange(6, dtype=">i4").reshape(2, 3)),
        "device": torch.device("cuda", 1),
        "dtype": torch.bfloat16,
        "shape": torch.Size([2, 3]),
        "flags": {True, 5, None},
        "big": 1 << 70,
        "negative": -(1 << 40),
        "bytes": b"\x00\xff",
        "text": "gr\u00f6\u00dfe",
    }


def main():
    torch.manual_seed(0)
    FOLDER.mkdir(exist_ok=True)
    torch.save(every_dtype(), FOLDER / "every_dtype.pth")
    torch.save(views(), FOLDER / "views.pth")
    torch.save(training(), FOLDER / "training.pth")
    torch.save(views(), FOLDER / "views_old.pth", _use_new_zipfile_serialization=False)
    torch.save(training(), FOLDER / "training_old.pth", _use_new_zipfile_serialization=False)
    torch.save(torch.arange(3), FOLDER / "tensor.pth")
    torch.save([torch.arange(3), {"a": torch.arange(2)}, 5], FOLDER / "list.pt")


if __name__ == "__main__":
    main()
