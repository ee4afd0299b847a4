"""Causal linear attention with elu(x) + 1 in PyTorch: seconds of forward and backward over q, k and v.npy [B, H, T, d].

--how quadratic  the definition, all pairs
--how cumsum     all states at once by a running sum, [B, H, T, d, d]
--how chunked    chunks of 64 tokens, all at the same time: pairs within each, states before it by a running sum
--how fast_transformers  the kernel of pytorch-fast-transformers for processors, as its CausalLinearAttention calls it, compiled
                         from the unpacked source that FAST_TRANSFORMERS names: its own build wants a CUDA compiler
"""

import functools
import os
import sys
import time

import numpy
import torch
from peer import arguments, serve


def phi(x):
    return torch.nn.functional.elu(x) + 1


def quadratic(q, k, v):
    weights = (phi(q) @ phi(k).mT).tril()
    return weights @ v / weights.sum(-1, keepdim=True)


def cumsum(q, k, v):
    q, k = phi(q), phi(k)
    states = (k[..., :, None] * v[..., None, :]).cumsum(-3)
    return (q[..., None, :] @ states)[..., 0, :] / (q * k.cumsum(-2)).sum(-1, keepdim=True)


def chunked(q, k, v, size=64):
    v = torch.cat([v, torch.ones_like(v[..., :1])], -1)  # one more value: the sum of weights
    q, k, v = (x.unflatten(2, (-1, size)) for x in (phi(q), phi(k), v))  # [B, H, chunks, size, d]
    written = k.mT @ v
    states = written.cumsum(2) - written
    out = ((q @ k.mT).tril() @ v + q @ states).flatten(2, 3)
    return out[..., :-1] / out[..., -1:]


def fast_transformers(q, k, v):
    q, k = phi(q), phi(k)
    sums = (q * k.cumsum(2)).sum(-1, keepdim=True)
    return FastTransformers.apply(q, k, v) / (sums + 1e-6)


class FastTransformers(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *inputs):
        ctx.save_for_backward(*inputs)
        out = torch.zeros_like(inputs[2])
        kernel().causal_dot_product(*inputs, out)
        return out

    @staticmethod
    def backward(ctx, d_out):
        gradients = [torch.zeros_like(x) for x in ctx.saved_tensors]
        kernel().causal_dot_backward(*ctx.saved_tensors, d_out.contiguous(), *gradients)
        return tuple(gradients)


@functools.cache
def kernel():
    from torch.utils.cpp_extension import load

    folder = os.environ.get("FAST_TRANSFORMERS") or sys.exit("FAST_TRANSFORMERS names no folder of pytorch-fast-transformers")
    source = f"{folder}/fast_transformers/causal_product/causal_product_cpu.cpp"
    flags = ["-O3", "-ffast-math", "-fopenmp"]
    return load("causal_product_cpu", [source], extra_cflags=flags, extra_ldflags=["-fopenmp"])


options = arguments(how="chunked")
torch.set_num_threads(options.threads)
attention = globals()[options.how]
inputs = [torch.from_numpy(numpy.load(f"{options.folder}/{name}.npy")).requires_grad_() for name in "qkv"]


def round():
    begin = time.perf_counter()
    gradients = torch.autograd.grad(attention(*inputs).square().mean(), inputs)
    seconds = time.perf_counter() - begin
    return seconds, {"grad_norm": sum(g.double().square().sum() for g in gradients).sqrt()}


serve(round)
