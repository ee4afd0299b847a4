"""Training of a translation model of PyTorch's own modules, as users write it."""

import glob
import math
import time

import numpy
import torch
from peer import arguments, serve

WIDTH, HEADS, FEED_FORWARD, LAYERS = 128, 4, 256, 4


def sinusoids(count, width):
    angle = torch.arange(count)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)


class Translation(torch.nn.Module):
    def __init__(self, vocabulary):
        super().__init__()
        options = {"dim_feedforward": FEED_FORWARD, "dropout": 0.0, "batch_first": True}
        encoder_layer = torch.nn.TransformerEncoderLayer(WIDTH, HEADS, **options)
        decoder_layer = torch.nn.TransformerDecoderLayer(WIDTH, HEADS, **options)
        self.embedding = torch.nn.Embedding(vocabulary, WIDTH)
        self.encoder = torch.nn.TransformerEncoder(encoder_layer, LAYERS, enable_nested_tensor=False)
        self.decoder = torch.nn.TransformerDecoder(decoder_layer, LAYERS)
        self.register_buffer("positions", sinusoids(64, WIDTH), persistent=False)

    def embedded(self, tokens):
        return self.embedding(tokens) * math.sqrt(WIDTH) + self.positions[: tokens.shape[1]]

    def forward(self, source, source_padding, target):
        memory = self.encoder(self.embedded(source), src_key_padding_mask=source_padding)
        causal = torch.nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        h = self.decoder(
            self.embedded(target), memory, tgt_mask=causal, tgt_is_causal=True, memory_key_padding_mask=source_padding
        )
        return h @ self.embedding.weight.T


def read(folder, name):
    return torch.from_numpy(numpy.load(f"{folder}/{name}.npy"))


def state_of(folder):
    """Our parameters under PyTorch's names."""
    attentions = {"self_attn": "self_attn", "encoder_attn": "multihead_attn"}
    norms = {
        "encoder": {"self_attn_layer_norm": "norm1", "final_layer_norm": "norm2"},
        "decoder": {"self_attn_layer_norm": "norm1", "encoder_attn_layer_norm": "norm2", "final_layer_norm": "norm3"},
    }
    state = {"embedding.weight": read(folder, "encoder.embed_tokens.weight")}
    for side, names in norms.items():
        for layer in range(LAYERS):
            ours = theirs = f"{side}.layers.{layer}"
            for kind in ("weight", "bias"):
                for attention, name in attentions.items():
                    if attention == "encoder_attn" and side == "encoder":
                        continue
                    parts = [read(folder, f"{ours}.{attention}.{p}_proj.{kind}") for p in "qkv"]
                    state[f"{theirs}.{name}.in_proj_{kind}"] = torch.cat(parts)
                    state[f"{theirs}.{name}.out_proj.{kind}"] = read(folder, f"{ours}.{attention}.out_proj.{kind}")
                for norm, name in names.items():
                    state[f"{theirs}.{name}.{kind}"] = read(folder, f"{ours}.{norm}.{kind}")
                state[f"{theirs}.linear1.{kind}"] = read(folder, f"{ours}.fc1.{kind}")
                state[f"{theirs}.linear2.{kind}"] = read(folder, f"{ours}.fc2.{kind}")
    return state


options = arguments()
torch.set_num_threads(options.threads)
state = state_of(options.folder)
model = Translation(len(state["embedding.weight"]))
model.load_state_dict(state)
optimizer = torch.optim.Adam(model.parameters(), lr=0.00001, betas=(0.9, 0.98), fused=True)
batches = []
for k in range(len(glob.glob(f"{options.folder}/target_in*.npy"))):
    source, length, target, target_in = (
        read(options.folder, f"{name}{k}") for name in ("source", "source_length", "target", "target_in")
    )
    padding = torch.arange(source.shape[1])[None] >= length[:, None]
    batches.append((source, padding if padding.any() else None, target, target_in))
tokens = sum(int((target >= 0).sum()) for _, _, target, _ in batches)


def round():
    begin, total = time.perf_counter(), 0.0
    for source, padding, target, target_in in batches:
        optimizer.zero_grad()
        logits = model(source, padding, target_in)
        loss = torch.nn.functional.cross_entropy(
            logits.flatten(0, 1), target.flatten(), ignore_index=-1, label_smoothing=0.1
        )
        loss.backward()
        optimizer.step()
        total += loss.item()
    return tokens / (time.perf_counter() - begin), {"loss": total / len(batches)}


serve(round)
