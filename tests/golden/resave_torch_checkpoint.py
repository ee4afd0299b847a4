"""Reads a checkpoint of ours as PyTorch users do, and saves what it read: resave_torch_checkpoint.py IN OUT.

torch.load with weights_only=True, in memory and mapped; both must agree. tests/io/torch_load_test.cpp compares OUT with
the tensors that it wrote. Needs torch 2.13.0.
"""

import sys

import torch


def main():
    source, target = sys.argv[1:]
    state = torch.load(source, weights_only=True)
    mapped = torch.load(source, weights_only=True, mmap=True)
    assert list(state) == list(mapped) == sorted(state)
    for name, value in state.items():
        assert value.dtype == mapped[name].dtype and value.shape == mapped[name].shape, name
        assert bytes(value.contiguous().untyped_storage()) == bytes(mapped[name].contiguous().untyped_storage()), name
    torch.save(state, target)


if __name__ == "__main__":
    main()
