"""An image model in training, in PyTorch with masked square filters and loops over rows or diagonals.

--precision bf16   forward under autocast, images and filters channels last in memory, as is fastest there
"""

import glob
import os

import torch
from density_training import load, serve_training
from image_nets import DiagonalBiLSTM, GatedPixelCNN, PixelCNN, RowLSTM
from peer import arguments


class Flat(torch.nn.Module):
    """Images and logits as rows."""

    def __init__(self, net, bf16):
        super().__init__()
        self.net, self.bf16 = net, bf16

    def forward(self, x):
        x = x.view(len(x), 1, 28, 28)
        if not self.bf16:
            return self.net(x).flatten(1)
        with torch.autocast("cpu", torch.bfloat16):
            return self.net(x.to(memory_format=torch.channels_last)).flatten(1).float()


options = arguments(kind="pixelcnn", precision="fp32")
torch.set_num_threads(options.threads)
names = [os.path.basename(path)[: -len(".npy")] for path in glob.glob(f"{options.folder}/*.npy")]
tensors = {name: load(options.folder, name) for name in names if name != "x"}
kinds = {"pixelcnn": PixelCNN, "gated_pixelcnn": GatedPixelCNN, "row_lstm": RowLSTM, "diagonal_bilstm": DiagonalBiLSTM}
bf16 = options.precision == "bf16"
model = Flat(kinds[options.kind](tensors), bf16)
if bf16:
    model = model.to(memory_format=torch.channels_last)
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
serve_training(model, optimizer, load(options.folder, "x"), "seconds")
