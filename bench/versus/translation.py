"""Translating pieces.txt by CTranslate2 with the weights of marian/, in target tokens a second, ends counted.

Its time has neither the cutting into pieces nor the joining, ours has both.
"""

import time

import ctranslate2
from peer import arguments, serve

options = arguments(numbers="float32", longest=100)
model = f"{options.folder}/ctranslate2"
ctranslate2.converters.TransformersConverter(f"{options.folder}/marian").convert(model, quantization=options.numbers)
translator = ctranslate2.Translator(model, compute_type=options.numbers, inter_threads=1, intra_threads=options.threads)
with open(f"{options.folder}/pieces.txt", encoding="utf-8") as text:
    lines = [line.split(" ") for line in text.read().splitlines()]


def round():
    begin = time.perf_counter()
    results = translator.translate_batch(
        lines, beam_size=4, max_batch_size=32, length_penalty=1, max_decoding_length=options.longest, return_scores=True)
    seconds = time.perf_counter() - begin
    lengths = [len(result.hypotheses[0]) + 1 for result in results]
    total = sum(result.scores[0] * length for result, length in zip(results, lengths))
    return sum(lengths) / seconds, {"tokens": sum(lengths), "log_probability": total}


serve(round)
