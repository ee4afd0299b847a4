"""Writes tests/golden/word_vectors: small files by gensim and fastText, and what they and compute-accuracy say of them.

Usage: COMPUTE_ACCURACY=path/to/compute-accuracy python3 tests/golden/make_word_vectors.py
(pip install gensim fasttext-wheel; compute-accuracy is word2vec's, built from github.com/tmikolov/word2vec)
"""

import json
import os
import pathlib
import re
import subprocess
import tempfile

import fasttext
import numpy
from gensim.models import KeyedVectors

FOLDER = pathlib.Path(__file__).parent / "word_vectors"
LINES = ["the king and the queen rule the land", "a river of water flows to the sea", "été 人民 naïve the king"]
UNSEEN = ["kings", "queenly", "landing", "人", "étés", "xyz", "th", "z"]


def listed(words, vectors):
    return {word: [float(x) for x in vector] for word, vector in zip(words, vectors)}


def write_gensim(random):
    words = ["the", "king", "été", "new_york"]
    vectors = KeyedVectors(3)
    vectors.add_vectors(words, random.standard_normal((4, 3)).astype(numpy.float32))
    vectors.save_word2vec_format(FOLDER / "gensim.bin", binary=True)
    vectors.save_word2vec_format(FOLDER / "gensim.txt")
    return listed(words, vectors.vectors)


def write_fasttext():
    with tempfile.TemporaryDirectory() as folder:
        text = pathlib.Path(folder) / "text.txt"
        text.write_text("\n".join(LINES * 20) + "\n", encoding="utf-8")
        model = fasttext.train_unsupervised(str(text), minCount=1, dim=4, bucket=50, minn=3, maxn=5, epoch=3, thread=1)
    model.save_model(str(FOLDER / "fasttext.bin"))
    words = model.get_words() + UNSEEN
    return listed(words, [model.get_word_vector(word) for word in words])


def question(random, unit, words, right):
    a, b, c = random.choice(len(words), 3, replace=False)
    scores = unit @ (unit[b] - unit[a] + unit[c])
    scores[[a, b, c]] = -1
    d = scores.argmax() if right else random.integers(len(words))
    return " ".join(words[i] for i in (a, b, c, d))


def write_questions(random):
    words = [f"w{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(80)]
    vectors = KeyedVectors(5)
    vectors.add_vectors(words, random.standard_normal((80, 5)).astype(numpy.float32))
    vectors.save_word2vec_format(FOLDER / "analogies.bin", binary=True)
    unit = vectors.vectors / numpy.linalg.norm(vectors.vectors, axis=1, keepdims=True)
    lines = []
    for section in ("first", "gram1-second", "gram2-third"):
        lines.append(": " + section)
        lines += [question(random, unit, words, right=k % 3 != 0) for k in range(30)]
        lines += ["WAA Wab waC wad", "waa wab nowhere wac"]
    (FOLDER / "questions.txt").write_text("\n".join(lines) + "\n")
    return {str(top): accuracy(top) for top in (0, 50)}


def accuracy(top):
    """Section, right, seen: as compute-accuracy counts them among the `top` first words (0: all)."""
    with open(FOLDER / "questions.txt") as questions:
        printed = subprocess.run([os.environ["COMPUTE_ACCURACY"], FOLDER / "analogies.bin", str(top)], stdin=questions,
                                 check=True, capture_output=True, text=True).stdout
    found = re.findall(r"^(\S+):\nACCURACY TOP1: \S+ %  \((\d+) / (\d+)\)", printed, re.M)
    return [[section, int(right), int(seen)] for section, right, seen in found]


def main():
    FOLDER.mkdir(exist_ok=True)
    random = numpy.random.default_rng(1)
    said = {"gensim": write_gensim(random), "fasttext": write_fasttext(), "accuracy": write_questions(random)}
    (FOLDER / "said.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


main()
