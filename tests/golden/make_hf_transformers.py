"""Makes hf/marian and hf/gpt2, small models with random or hardly trained weights as transformers saves them, and what
it says of them: logits of given tokens, token ids of texts, and the ids that beam search and greedy decoding write.

    python tests/golden/make_hf_transformers.py      (transformers 5.24.0, torch 2.13.0, sentencepiece 0.2.3)
"""
import io
import json
import logging
import pathlib
import random
import shutil

import sentencepiece
import torch
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Tokenizer, MarianConfig, MarianMTModel, MarianTokenizer

torch.set_num_threads(1)
logging.getLogger("transformers").setLevel(logging.ERROR)
FOLDER = pathlib.Path(__file__).parent / "hf"
WORDS = ("ein eine Hund dog läuft runs über over das the grüne green Gras grass und and Katze cat schläft "
         "sleeps").split()
COUNT = 100
STEPS = 400


def random_weights(model, spread):
    """Larger than the usual initial ones, so that what comes next depends on all that came before."""
    torch.manual_seed(1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed_positions" in name:
                continue
            noise = spread * torch.randn_like(parameter)
            parameter.copy_(1 + noise if parameter.dim() == 1 and name.endswith("weight") else noise)
    return model.eval()


def rounded(logits):
    return [[round(x, 6) for x in row] for row in logits.double().tolist()]


def sentences(count, longest):
    chance = random.Random(7)
    return [" ".join(chance.choices(WORDS, k=chance.randint(1, longest))) for _ in range(count)]


def write_pieces(file, seed, size):
    lines = sentences(300, 8)
    random.Random(seed).shuffle(lines)
    model = io.BytesIO()  # a model written to a file keeps that file's path within
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines[:150]), model_writer=model, vocab_size=size,
        normalization_rule_name="identity", minloglevel=2)
    file.write_bytes(model.getvalue())
    pieces = sentencepiece.SentencePieceProcessor(str(file))
    return [pieces.id_to_piece(i) for i in range(pieces.get_piece_size())]


def write_marian():
    folder = FOLDER / "marian"
    folder.mkdir(parents=True)
    pieces = write_pieces(folder / "source.spm", 1, 48) + write_pieces(folder / "target.spm", 2, 44)
    tokens = ["</s>", "<unk>"] + sorted(set(pieces) - {"</s>", "<unk>", "<s>"}) + [">>de<<", "<pad>"]
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}, ensure_ascii=False), "utf-8")
    size, pad = len(tokens), len(tokens) - 1
    config = MarianConfig(
        vocab_size=size, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=20, decoder_ffn_dim=20, activation_function="swish",
        max_position_embeddings=64, scale_embedding=True, pad_token_id=pad, eos_token_id=0,
        decoder_start_token_id=pad, forced_eos_token_id=None)
    model = random_weights(MarianMTModel(config), 0.3)
    with torch.no_grad():
        model.model.shared.weight[pad] = 0
        model.final_logits_bias.copy_(0.3 * torch.randn(1, size))
    tokenizer = MarianTokenizer(str(folder / "source.spm"), str(folder / "target.spm"), str(folder / "vocab.json"))
    texts = sentences(COUNT, 7) + [">>de<<the dog", "the  zebra"]
    source = tokenizer(texts).input_ids
    learn_to_copy(model, source, pad)
    model.save_pretrained(folder)
    target = [tokenizer(text_target=t).input_ids for t in texts[:5]]
    decoder_in = [[pad] + t[:-1] for t in target]
    logits = [rounded(model(torch.tensor([s]), decoder_input_ids=torch.tensor([t])).logits[0])
              for s, t in zip(source[:5], decoder_in)]
    beams = {name: generate(model, source[:COUNT], pad, **options) for name, options in {
        "greedy": dict(num_beams=1), "beam 4, first": dict(num_beams=4, early_stopping=True),
        "beam 5, likely": dict(num_beams=5, early_stopping=False, length_penalty=0.6)}.items()}
    said = {"texts": texts, "source": source, "target": target, "logits": logits, "beams": beams,
            "decoded": [tokenizer.decode(ids, skip_special_tokens=True) for ids in source[:5]]}
    (folder / "said.json").write_text(json.dumps(said, ensure_ascii=False) + "\n", "utf-8")


def learn_to_copy(model, source, pad):
    """A little, so that what is written depends on the source and ends."""
    longest = max(map(len, source))
    padded = torch.tensor([s + [pad] * (longest - len(s)) for s in source])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(STEPS):
        labels = padded.masked_fill(padded == pad, -100)
        loss = model.train()(padded, attention_mask=padded.ne(pad).long(), labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        model.model.shared.weight.grad[pad] = 0
        optimizer.step()
    model.eval()


def generate(model, sources, pad, **options):
    longest = max(map(len, sources))
    padded = torch.tensor([s + [pad] * (longest - len(s)) for s in sources])
    written = model.generate(padded, attention_mask=padded.ne(pad).long(), max_length=50, bad_words_ids=[[pad]],
                             **options)
    return [[i for i in ids[1:] if i != pad] for ids in written.tolist()]


def write_gpt2():
    folder = FOLDER / "gpt2"
    folder.mkdir(parents=True)
    tokens, merges = byte_pairs(sentences(200, 8))
    (folder / "vocab.json").write_text(json.dumps({t: i for i, t in enumerate(tokens)}, ensure_ascii=False), "utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", "utf-8")
    end = len(tokens) - 1
    config = GPT2Config(vocab_size=len(tokens), n_positions=48, n_embd=16, n_layer=2, n_head=2, n_inner=24,
                        bos_token_id=end, eos_token_id=end)
    model = random_weights(GPT2LMHeadModel(config), 0.3)
    model.save_pretrained(folder)
    tokenizer = GPT2Tokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    texts = ["the dog's cat, 42 times!", "  two  spaces and\ttabs ", "läuft über das grüne Gras – 人民",
             "don't we'll I'M", "x" * 20, "12345 a1b2 !?... (hi)", "end  "]
    ids = [tokenizer(t).input_ids for t in texts]
    contexts = [[end] + i[:30] for i in ids]
    logits = [rounded(model(torch.tensor([c])).logits[0]) for c in contexts[:2]]
    greedy = [model.generate(torch.tensor([c]), attention_mask=torch.ones(1, len(c), dtype=torch.int64), max_length=40,
                             do_sample=False, pad_token_id=end, eos_token_id=None)[0].tolist() for c in contexts]
    said = {"texts": texts, "ids": ids, "contexts": contexts, "logits": logits, "greedy": greedy}
    (folder / "said.json").write_text(json.dumps(said, ensure_ascii=False) + "\n", "utf-8")


def byte_pairs(lines):
    """A byte-level BPE with few merges, by transformers' own library of tokenizers."""
    from tokenizers import ByteLevelBPETokenizer
    trained = ByteLevelBPETokenizer()
    trained.train_from_iterator(lines, vocab_size=290, special_tokens=[], show_progress=False)
    model = json.loads(trained.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get) + ["<|endoftext|>"]
    return tokens, [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]


shutil.rmtree(FOLDER, ignore_errors=True)
write_marian()
write_gpt2()
