"""Makes resnet20.json: what PyTorch's layers give for the CIFAR residual network of depth 20 (He et al. 2016, section 4.2),
its weights and its input set by formulas that tests/nn/resnet_test.cpp repeats. Given the folder of the published networks
it makes published_resnets.json: what they give, in double precision, for the same input.

    python tests/golden/make_resnet.py > tests/golden/resnet20.json      (torch 2.13.0)
    python tests/golden/make_resnet.py "$CAIRN_DATA/weights/cifar10_resnet" > tests/golden/published_resnets.json
"""
import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn


class Block(nn.Module):
    def __init__(self, inside, out):
        super().__init__()
        self.grows = inside != out
        self.conv1 = nn.Conv2d(inside, out, 3, stride=2 if self.grows else 1, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.extra = out - inside

    def forward(self, x):
        h = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if self.grows:
            x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.extra // 2, self.extra // 2))
        return F.relu(h + x)


class ResNet(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for level, (inside, out) in enumerate([(16, 16), (16, 32), (32, 64)], start=1):
            chain = [Block(inside if n == 0 else out, out) for n in range(blocks)]
            setattr(self, f"layer{level}", nn.Sequential(*chain))
        self.linear = nn.Linear(64, 10)

    def forward(self, x):
        h = F.relu(self.bn1(self.conv1(x)))
        h = self.layer3(self.layer2(self.layer1(h)))
        return self.linear(F.avg_pool2d(h, h.shape[3]).flatten(1))


def wave(count, phase):
    return torch.sin(0.7 * torch.arange(count, dtype=torch.float64) + phase)


def fill(net):
    """Every tensor of the state, by name: a sine over its elements, its phase the tensor's place in the alphabet."""
    for place, (name, tensor) in enumerate(sorted(net.state_dict().items())):
        if not tensor.is_floating_point():
            continue
        values = wave(tensor.numel(), place).view(tensor.shape)
        tensor.copy_(1 + 0.5 * values if name.endswith("running_var") else 0.1 * values)


def formulas(x):
    net = ResNet(3).double()
    fill(net)
    result = {"eval": net.eval()(x).tolist(), "train": net.train()(x).tolist()}
    return result | {"running_mean": net.bn1.running_mean.tolist()}


def published(file, x):
    state = torch.load(file, map_location="cpu", weights_only=True)["state_dict"]
    net = ResNet(sum(name.startswith("module.layer1.") and name.endswith(".conv1.weight") for name in state)).double()
    net.load_state_dict({name.removeprefix("module."): tensor for name, tensor in state.items()})
    return net.eval()(x).tolist()


x = wave(2 * 3 * 32 * 32, 0.5).view(2, 3, 32, 32)
with torch.no_grad():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    result = {file.name: published(file, x) for file in sorted(folder.glob("*.th"))} if folder else formulas(x)
print(json.dumps(result))
