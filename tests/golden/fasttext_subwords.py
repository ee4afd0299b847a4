"""Prints the n-gram numbers of some words as fastText (pip install fasttext-wheel) computes them, for
tests/models/word2vec/objective_test.cpp."""

import os
import tempfile

import fasttext

BUCKET = 1000

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "text.txt")
    with open(path, "w", encoding="utf-8") as text:
        text.write("a b c\n" * 10)
    for minn, maxn in ((3, 6), (1, 2)):
        model = fasttext.train_unsupervised(path, minCount=1, minn=minn, maxn=maxn, bucket=BUCKET, dim=2, epoch=1, thread=1)
        words = len(model.get_words())
        for word in ("king", "été", "人", "人民"):
            _, numbers = model.get_subwords(word)
            print(f'{{"{word}", {minn}, {maxn}, {{{", ".join(str(n - words) for n in numbers)}}}}},')
