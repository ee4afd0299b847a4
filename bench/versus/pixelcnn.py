"""An image model in training, in PyTorch with masked square filters and loops over rows or diagonals."""

import glob
import os

import torch
from density_training import load, serve_training
from image_nets import DiagonalBiLSTM, GatedPixelCNN, PixelCNN, RowLSTM
from peer import arguments


class Flat(torch.nn.Module):
    """Images and logits as rows."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x):
        return self.net(x.view(len(x), 1, 28, 28)).flatten(1)


options = arguments(kind="pixelcnn")
torch.set_num_threads(options.threads)
names = [os.path.basename(path)[: -len(".npy")] for path in glob.glob(f"{options.folder}/*.npy")]
tensors = {name: load(options.folder, name) for name in names if name != "x"}
kinds = {"pixelcnn": PixelCNN, "gated_pixelcnn": GatedPixelCNN, "row_lstm": RowLSTM, "diagonal_bilstm": DiagonalBiLSTM}
model = Flat(kinds[options.kind](tensors))
optimizer = torch.optim.Adam(model.parameters(), lr=0.001)
serve_training(model, optimizer, load(options.folder, "x"), "seconds")
