"""Makes fairseq/*, hardly trained translation models as fairseq keeps them, and what it says of them: token ids of
texts, logits of given tokens (fp64), and what its beam search writes.

  separate  args (a Namespace), two dictionaries, the target's smaller, target embedding tied to the output; post-norm
  joint     cfg (a dict), one dictionary, all embeddings shared; pre-norm, gelu, learned positions, half precision
  old       args, tensor names and file of early versions, the source's dictionary smaller, nothing tied, no scale

    python3.8 tests/golden/make_fairseq.py      (fairseq 0.12.2, torch 1.13.1)
"""
import argparse
import json
import logging
import pathlib
import random
import re
import shutil
import types

import torch
from fairseq.data import Dictionary
from fairseq.models.transformer import TransformerModel, base_architecture
from fairseq.sequence_generator import SequenceGenerator

torch.set_num_threads(1)
logging.disable(logging.WARNING)
FOLDER = pathlib.Path(__file__).parent / "fairseq"
PAIRS = [pair.split("/") for pair in
         "ein/a Hund/dog läuft/runs über/over das/the grüne/green Gr@@/gr@@ as/ass und/and Katze/cat schläft/sleeps "
         "eine/a die/the der/the".split()]
STEPS = 150
COUNT = 50


def sentences():
    """Texts and what they become, word by word."""
    chance = random.Random(7)
    drawn = [[chance.choice(PAIRS) for _ in range(chance.randint(1, 7))] for _ in range(COUNT)]
    return [" ".join(p[0] for p in pairs) for pairs in drawn], [" ".join(p[1] for p in pairs) for pairs in drawn]


def dictionary(folder, language, words, multiple):
    made = Dictionary()
    for word in words:
        made.add_symbol(word)
    made.finalize(padding_factor=multiple)
    made.save(str(folder / f"dict.{language}.txt"))
    return Dictionary.load(str(folder / f"dict.{language}.txt"))


def options(**changes):
    args = argparse.Namespace(
        arch="transformer_iwslt_de_en", task="translation", source_lang="de", target_lang="en", lr=[0.0005],
        adam_betas="(0.9, 0.98)", label_smoothing=0.1, dropout=0.1, max_source_positions=64, max_target_positions=48,
        encoder_embed_dim=8, encoder_ffn_embed_dim=12, encoder_attention_heads=2, encoder_layers=2,
        decoder_attention_heads=2, decoder_layers=1)
    vars(args).update(changes)
    base_architecture(args)
    return args


def numbers(words, texts):
    return [words.encode_line(t, add_if_not_exist=False, append_eos=True).long() for t in texts]


def padded(rows, pad, left):
    longest = max(map(len, rows))
    filled = [torch.full((longest - len(r),), pad) for r in rows]
    return torch.stack([torch.cat((f, r) if left else (r, f)) for r, f in zip(rows, filled)])


def shifted(rows, end):
    return [torch.cat((torch.tensor([end]), r[:-1])) for r in rows]


def learn(model, source, target, words):
    """Little, so that what is written depends on the source and ends."""
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    x, lengths = padded(source, words.pad(), left=True), torch.tensor([len(s) for s in source])
    y, before = padded(target, words.pad(), left=False), padded(shifted(target, words.eos()), words.pad(), left=False)
    for _ in range(STEPS):
        logits = model.train()(x, lengths, before)[0]
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=words.pad())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print("loss", float(loss))


def random_norms(model):
    """Not 1 and 0, which would hide that one is taken for another."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))


def beams(model, source, words, **settings):
    generator = SequenceGenerator([model], words, **settings)
    net_input = {"src_tokens": padded(source, words.pad(), left=True),
                 "src_lengths": torch.tensor([len(s) for s in source])}
    written = generator.generate([model], {"net_input": net_input})
    return [{"tokens": best[0]["tokens"].tolist(), "score": round(float(best[0]["score"]), 6)} for best in written]


def what_it_says(model, source_words, words, texts, translations):
    source, target = numbers(source_words, texts), numbers(words, translations)
    exact = model.double().eval()
    with torch.no_grad():
        logits = [exact(s[None], torch.tensor([len(s)]), before[None])[0][0].tolist()
                  for s, before in zip(source[:3], shifted(target[:3], words.eos()))]
        said = {"searched": texts, "texts": texts[:10] + ["der Zebra"], "translations": translations[:10] + ["the zebra Hund"],
                "logits": [[[round(x, 8) for x in row] for row in rows] for rows in logits],
                "beams": {"beam 4": beams(model, source, words, beam_size=4),
                          "beam 3, alpha 0.5": beams(model, source, words, beam_size=3, len_penalty=0.5)}}
    for side, by_side, lines in (("source", source_words, said["texts"]), ("target", words, said["translations"])):
        said[side] = [ids.tolist() for ids in numbers(by_side, lines)]
    return said


def made(folder, args, joint, multiples):
    texts, translations = sentences()
    words = [sorted(set(" ".join(lines).split())) for lines in (texts, translations)]
    folder.mkdir(parents=True)
    if joint:
        one = dictionary(folder, "de", sorted(set(words[0] + words[1])), multiples[0])
        of_source = of_target = one
    else:
        of_source, of_target = (dictionary(folder, language, w, m)
                                for language, w, m in zip(("de", "en"), words, multiples))
    task = types.SimpleNamespace(source_dictionary=of_source, target_dictionary=of_target)
    torch.manual_seed(1)
    model = TransformerModel.build_model(args, task)
    learn(model, numbers(of_source, texts), numbers(of_target, translations), of_target)
    random_norms(model)
    return model, lambda m: what_it_says(m, of_source, of_target, texts, translations)


def write(folder, checkpoint, said, **form):
    torch.save(checkpoint, folder / "checkpoint_best.pt", **form)
    (folder / "said.json").write_text(json.dumps(said, ensure_ascii=False) + "\n", "utf-8")


def checkpoint_of(args, state, **more):
    history = [{"criterion_name": "LabelSmoothedCrossEntropyCriterion", "optimizer_name": "FairseqAdam",
                "lr_scheduler_state": {"best": None}, "num_updates": STEPS}]
    return {"args": args, "model": state, "optimizer_history": history, "last_optimizer_state": None,
            "extra_state": {"train_iterator": {"epoch": 1}, "val_loss": 1.5}, **more}


def separate():
    folder = FOLDER / "separate"
    model, say = made(folder, args := options(share_decoder_input_output_embed=True), joint=False, multiples=(4, 1))
    state = {name: t.clone() for name, t in model.state_dict().items()}
    write(folder, checkpoint_of(args, state), say(model))


def joint():
    folder = FOLDER / "joint"
    args = options(share_all_embeddings=True, encoder_normalize_before=True, decoder_normalize_before=True,
                   activation_fn="gelu", encoder_learned_pos=True, decoder_learned_pos=True)
    args._name = args.arch
    model, say = made(folder, args, joint=True, multiples=(8,))
    state = {name: t.clone() for name, t in model.half().state_dict().items()}
    cfg = {"_name": None, "common": {"seed": 1}, "model": args, "criterion": {"label_smoothing": 0.1}}
    write(folder, checkpoint_of(None, state, cfg=cfg), say(model), _use_new_zipfile_serialization=False)


def old_names(state, layers):
    """As versions before 0.6 named and joined them."""
    copies = re.compile(r".*layers\.\d+\.(in_proj|out_proj|fc1|fc2)_.*")  # which version 0.12 alone has
    state = {name: t.clone() for name, t in state.items() if not copies.match(name)}
    state["decoder.embed_out"] = state.pop("decoder.output_projection.weight")
    norms = {"encoder": ["self_attn_layer_norm", "final_layer_norm"],
             "decoder": ["self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm"]}
    for side, count in layers.items():
        state[f"{side}.version"] = torch.Tensor([1])
        for n in range(count):
            layer = f"{side}.layers.{n}."
            for kind in ("weight", "bias"):
                for k, norm in enumerate(norms[side]):
                    state[f"{layer}layer_norms.{k}.{kind}"] = state.pop(f"{layer}{norm}.{kind}")
                for part in ("self_attn", "encoder_attn")[:2 if side == "decoder" else 1]:
                    state[f"{layer}{part}.in_proj_{kind}"] = torch.cat(
                        [state.pop(f"{layer}{part}.{p}_proj.{kind}") for p in "qkv"])
    return state


def old():
    folder = FOLDER / "old"
    args = options(no_scale_embedding=True)
    model, say = made(folder, args, joint=False, multiples=(1, 12))
    with torch.no_grad():  # padding is as likely as the end, and is never written all the same
        output = model.decoder.output_projection.weight
        output[Dictionary().pad()] = output[Dictionary().eos()]
    state = old_names(model.state_dict(), {"encoder": 2, "decoder": 1})
    for later in ("activation_fn", "no_cross_attention", "layernorm_embedding", "decoder_output_dim"):
        vars(args).pop(later, None)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    model.load_state_dict(dict(state))  # fairseq itself reads the early names
    write(folder, checkpoint_of(args, state), say(model), _use_new_zipfile_serialization=False)


shutil.rmtree(FOLDER, ignore_errors=True)
separate()
joint()
old()
