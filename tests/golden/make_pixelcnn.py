"""Makes pixelcnn.json: log p(x, y) and gradients that PyTorch gives for small image networks with square masked filters
(bench/versus/image_nets.py), weights and images set by formulas that tests/models/autoregressive/image_parity_test.cpp
repeats.

    python tests/golden/make_pixelcnn.py > tests/golden/pixelcnn.json      (torch 2.13.0)
"""
import json
import pathlib
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "bench" / "versus"))
from image_nets import DiagonalBiLSTM, GatedPixelCNN, PixelCNN, RowLSTM  # noqa: E402

FEATURES, HEAD, LABELS, COUNT, ROWS, COLUMNS = 6, 9, 10, 3, 4, 5


def wave(shape, phase):
    count = int(torch.tensor(shape).prod())
    return torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + phase).view(shape)


def conv(name, out, inside, rows, columns, labels=0):
    shapes = {name + ".weight": (out, inside, rows, columns), name + ".bias": (out,)}
    return shapes | ({name + ".label": (labels, out)} if labels else {})


def pixelcnn_shapes(channels, levels):
    h = FEATURES
    shapes = conv("first", 2 * h, channels, 3, 5, LABELS)
    for n in (1, 2):
        shapes |= conv(f"block{n}.in", h, 2 * h, 1, 1) | conv(f"block{n}.masked", h, h, 2, 3, LABELS)
        shapes |= conv(f"block{n}.out", 2 * h, h, 1, 1)
    return shapes | conv("head", HEAD, 2 * h, 1, 1) | conv("output", channels * (levels - 1), HEAD, 1, 1)


def gated_shapes(channels, levels):
    p = FEATURES
    shapes = conv("layer1.vertical", 2 * p, channels, 2, 5, LABELS) | conv("layer1.horizontal", 2 * p, channels, 1, 3, LABELS)
    shapes |= conv("layer2.vertical", 2 * p, p, 2, 3, LABELS) | conv("layer2.horizontal", 2 * p, p, 1, 2, LABELS)
    for n in (1, 2):
        shapes |= conv(f"layer{n}.across", 2 * p, 2 * p, 1, 1) | conv(f"layer{n}.out", p, p, 1, 1)
    return shapes | conv("head", HEAD, p, 1, 1) | conv("output", channels * (levels - 1), HEAD, 1, 1)


def rnn_shapes(channels, levels, sides, input_columns, state_width):
    h = FEATURES
    shapes = conv("first", 2 * h, channels, 3, 5, LABELS)
    for n in (1, 2):
        for side in sides:
            shapes |= conv(f"layer{n}.{side}input", 4 * h, 2 * h, 1, input_columns, LABELS)
            shapes |= {f"layer{n}.{side}state.weight": (4 * h, h, state_width)}
        shapes |= conv(f"layer{n}.out", 2 * h, h, 1, 1)
    if len(sides) > 1:
        shapes |= conv("layer1.right.pixel", 4 * h, channels, 1, 1)
    return shapes | conv("head", HEAD, 2 * h, 1, 1) | conv("output", channels * (levels - 1), HEAD, 1, 1)


def row_shapes(channels, levels):
    return rnn_shapes(channels, levels, RowLSTM.sides, 2, 3)


def diagonal_shapes(channels, levels):
    return rnn_shapes(channels, levels, DiagonalBiLSTM.sides, 1, 2)


def run(net_class, shapes, channels, levels):
    """Every parameter, by name: a sine over its elements, its phase its place in the alphabet."""
    names = sorted([*shapes, "prior"])
    tensors = {name: 0.5 * wave(shapes[name], names.index(name)) for name in shapes}
    prior = 0.5 * wave((LABELS - 1,), names.index("prior"))
    net = net_class(tensors, channels).double()
    x = (torch.arange(COUNT * ROWS * COLUMNS * channels) * 7 // 3 % levels).view(COUNT, ROWS, COLUMNS, channels)
    y = torch.tensor([3, 0, 9])
    planes = (x.double() / (levels - 1)).permute(0, 3, 1, 2)
    logits = net(planes, y).view(COUNT, channels, levels - 1, ROWS, COLUMNS)
    full = torch.cat([torch.zeros_like(logits[:, :, :1]), logits], 2)  # level 0 has logit 0
    nats = F.cross_entropy(full.transpose(1, 2), x.permute(0, 3, 1, 2), reduction="none").flatten(1).sum(1)
    label = torch.cat([torch.zeros(1, dtype=torch.float64), prior]).log_softmax(0)[y]
    nats.sum().backward()
    gradients = {name: (p.grad.norm() if p.grad is not None else torch.zeros(())).item() for name, p in net.named_parameters()}
    return {"log_p": (label - nats).tolist(), "gradient_norm": sum(g * g for g in gradients.values()) ** 0.5}


result = {}
KINDS = [
    ("pixelcnn", PixelCNN, pixelcnn_shapes),
    ("gated_pixelcnn", GatedPixelCNN, gated_shapes),
    ("row_lstm", RowLSTM, row_shapes),
    ("diagonal_bilstm", DiagonalBiLSTM, diagonal_shapes),
]
for kind, net_class, shapes in KINDS:
    for channels, levels in [(1, 2), (1, 4), (3, 3)]:
        result[f"{kind} {channels} {levels}"] = run(net_class, shapes(channels, levels), channels, levels)
print(json.dumps(result, indent=1))
