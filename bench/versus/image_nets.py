"""PixelCNN, Gated PixelCNN, Row LSTM and Diagonal BiLSTM as they are usually written in PyTorch: square filters,
multiplied by their masks in each forward pass; recurrences as loops over rows, or over the columns of a skewed image. Weights come in the layout of Cairn's model files, whose filters are cropped to what the masks leave."""

import torch
from torch import nn
from torch.nn import functional as F


class MaskedConv(nn.Conv2d):
    """`first_row` .. `last_row`: the rows that are seen, as offsets; `centre`: "a", "b" or "whole"."""

    def __init__(self, weight, bias, sides, first_row=0, last_row=0, centre="b", groups=1, label=None):
        super().__init__(weight.shape[1], weight.shape[0], sides, padding=(sides[0] // 2, sides[1] // 2))
        rows, columns = sides[0] // 2, sides[1] // 2
        full = torch.zeros(self.weight.shape, dtype=weight.dtype)
        mask = torch.zeros_like(full)
        mask[:, :, rows + first_row : rows + last_row + 1] = 1
        full[:, :, rows + first_row : rows + last_row + 1, : weight.shape[3]] = weight
        if centre != "whole":
            out = torch.arange(len(weight)) * groups // len(weight)
            seen = torch.arange(weight.shape[1]) * groups // weight.shape[1]
            mask[:, :, rows, columns:] = 0
            mask[:, :, rows, columns] = (seen < out[:, None] if centre == "a" else seen <= out[:, None]).to(mask)
        self.weight = nn.Parameter(full)
        self.bias = nn.Parameter(bias.clone())
        self.label = None if label is None else nn.Parameter(label.clone())
        self.register_buffer("mask", mask)

    def forward(self, x, y=None):
        a = F.conv2d(x, self.weight * self.mask, self.bias, padding=self.padding)
        return a if self.label is None else a + self.label[y][:, :, None, None]


class ImageNet(nn.Module):
    """logits [B, channels (levels - 1), H, W] of x [B, channels, H, W]."""

    def __init__(self, tensors, channels):
        super().__init__()
        self.tensors, self.groups = tensors, channels

    def conv(self, name, sides=(1, 1), **options):
        weight, bias = self.tensors[name + ".weight"], self.tensors[name + ".bias"]
        return MaskedConv(weight, bias, sides, groups=self.groups, label=self.tensors.get(name + ".label"), **options)

    def count(self, part):
        return len({name.split(".")[0] for name in self.tensors if name.startswith(part)})


class PixelCNN(ImageNet):
    def __init__(self, tensors, channels=1):
        super().__init__(tensors, channels)
        side = tensors["first.weight"].shape[3]
        self.first = self.conv("first", (side, side), first_row=-(side // 2), centre="a")
        self.blocks = nn.ModuleList()
        for n in range(1, self.count("block") + 1):
            side = tensors[f"block{n}.masked.weight"].shape[3]
            masked = self.conv(f"block{n}.masked", (side, side), first_row=-(side // 2))
            self.blocks.append(nn.ModuleList([self.conv(f"block{n}.in"), masked, self.conv(f"block{n}.out")]))
        self.head, self.output = self.conv("head"), self.conv("output")
        del self.tensors

    def forward(self, x, y=None):
        h = self.first(x, y)
        for inward, masked, outward in self.blocks:
            a = masked(F.relu(inward(F.relu(h))), y)
            h = h + outward(F.relu(a))
        return self.output(F.relu(self.head(F.relu(h))))


class GatedPixelCNN(ImageNet):
    def __init__(self, tensors, channels=1):
        super().__init__(tensors, channels)
        self.layers = nn.ModuleList()
        for n in range(1, self.count("layer") + 1):
            name = f"layer{n}."
            side = tensors[name + "vertical.weight"].shape[3]
            rows = {"first_row": -(side // 2), "last_row": -1 if n == 1 else 0}
            self.layers.append(
                nn.ModuleList(
                    [
                        self.conv(name + "vertical", (side, side), centre="whole", **rows),
                        self.conv(name + "horizontal", (1, side), centre="a" if n == 1 else "b"),
                        self.conv(name + "across", centre="whole"),
                        self.conv(name + "out"),
                    ]
                )
            )
        self.head, self.output = self.conv("head"), self.conv("output")
        del self.tensors

    def gate(self, a):
        halves = a.unflatten(1, (self.groups, 2, -1))
        return (torch.tanh(halves[:, :, 0]) * torch.sigmoid(halves[:, :, 1])).flatten(1, 2)

    def forward(self, x, y=None):
        v = h = x
        for n, (vertical, horizontal, across, out) in enumerate(self.layers):
            a_v = vertical(v, y)
            v = self.gate(a_v)
            update = out(self.gate(horizontal(h, y) + across(a_v)))
            h = update if n == 0 else h + update
        return self.output(F.relu(self.head(F.relu(h))))


class PixelRNN(ImageNet):
    """`a` below are what convolutions of a layer's input give to the gates i, f, g and o; `state` is K^ss. Lines are not
    taken by their index: for each of them autograd would add a whole map, most of it zeros."""

    def __init__(self, tensors, channels=1):
        super().__init__(tensors, channels)
        side = tensors["first.weight"].shape[3]
        self.first = self.conv("first", (side, side), first_row=-(side // 2), centre="a")
        self.layers = nn.ModuleList()
        for n in range(1, self.count("layer") + 1):
            directions = nn.ModuleList(self.direction(f"layer{n}.{side}") for side in self.sides)
            self.layers.append(nn.ModuleList([directions, self.conv(f"layer{n}.out")]))
        self.head, self.output = self.conv("head"), self.conv("output")
        del self.tensors

    def direction(self, name):
        columns = self.tensors[name + "input.weight"].shape[3]
        convolution = self.conv(name + "input", (1, 2 * columns - 1), centre="whole" if "right" in name else "b")
        convolution.state = nn.Parameter(self.tensors[name + "state.weight"].clone())
        convolution.pixel = self.conv(name + "pixel", centre="whole") if name + "pixel.weight" in self.tensors else None
        return convolution

    def step(self, a, h, c, state, padding):
        """a, h, c: [B, features, places] of one line."""
        a = a + F.conv1d(F.pad(h, padding), state)
        i, f, g, o = (part.flatten(1, 2) for part in a.unflatten(1, (self.groups, 4, -1)).unbind(2))
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c

    def lines(self, a, state, padding):
        """The states of all lines, the columns of a, one after the other."""
        h = c = a.new_zeros(a.shape[0], a.shape[1] // 4, a.shape[2])
        states = []
        for line in a.movedim(3, 0).contiguous():
            h, c = self.step(line, h, c, state, padding)
            states.append(h)
        return torch.stack(states, 3)

    def forward(self, x, y=None):
        h = self.first(x, y)
        for directions, out in self.layers:
            h = h + out(self.recurrent(x, h, y, directions))
        return self.output(F.relu(self.head(F.relu(h))))


class RowLSTM(PixelRNN):
    sides = [""]

    def recurrent(self, x, h, y, directions):
        (convolution,) = directions
        reach = convolution.state.shape[2] // 2
        return self.lines(convolution(h, y).transpose(2, 3), convolution.state, (reach, reach)).transpose(2, 3)


class DiagonalBiLSTM(PixelRNN):
    sides = ["left.", "right."]

    def diagonals(self, a, state):
        """Row r moves right by r where rows of `wide` numbers are read as if they had one fewer."""
        rows, columns = a.shape[2:]
        wide = rows + columns
        skewed = F.pad(a, (0, rows)).flatten(2)[:, :, :-rows].unflatten(2, (rows, wide - 1))
        h = self.lines(skewed, state, (1, 0))
        return F.pad(h.flatten(2), (0, rows)).unflatten(2, (rows, wide))[:, :, :, :columns]

    def recurrent(self, x, h, y, directions):
        """The direction from the right is a row behind."""
        left, right = directions
        a = right(F.pad(h, (0, 0, 1, -1)), y)
        if right.pixel is not None:
            a = a + right.pixel(F.pad(x, (0, 0, 1, -1)))
        return self.diagonals(left(h, y), left.state) + self.diagonals(a.flip(3), right.state).flip(3)
