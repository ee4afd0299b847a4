"""Makes torch_rnn/*.pth, state dicts of nn.LSTM, nn.GRU and nn.RNN as torch.save writes them, and torch_rnn/outputs.json:
what each gives for 5 steps of 3 features, x[t][d] = sin(0.7 (3 t + d)).

    python tests/golden/make_torch_rnn.py      (torch 2.13.0)
"""
import json
import pathlib

import torch
from torch import nn

FOLDER = pathlib.Path(__file__).parent / "torch_rnn"
INPUT, HIDDEN, STEPS = 3, 4, 5
MODULES = {
    "lstm": lambda: nn.LSTM(INPUT, HIDDEN, num_layers=2),
    "lstm_both_ways": lambda: nn.LSTM(INPUT, HIDDEN, num_layers=2, bidirectional=True),
    "lstm_projected": lambda: nn.LSTM(INPUT, HIDDEN, num_layers=2, proj_size=2, bidirectional=True),
    "gru": lambda: nn.GRU(INPUT, HIDDEN, num_layers=2),
    "rnn_tanh": lambda: nn.RNN(INPUT, HIDDEN),
    "rnn_relu": lambda: nn.RNN(INPUT, HIDDEN, num_layers=2, nonlinearity="relu", bidirectional=True),
}

outputs = {}
for place, (name, make) in enumerate(MODULES.items()):
    torch.manual_seed(place)
    module = make()
    torch.save(module.state_dict(), FOLDER / f"{name}.pth")
    x = torch.sin(0.7 * torch.arange(STEPS * INPUT, dtype=torch.float64)).view(STEPS, INPUT)
    y, _ = module.double()(x)
    outputs[name] = y.tolist()
(FOLDER / "outputs.json").write_text(json.dumps(outputs, indent=1) + "\n")
