"""Text to train on that is as long as one likes: BYTES of words by Zipf's law, 20 a line, to stdout.

    python3 bench/zipf_text.py 5000000000 | cairn train word2vec/tiny data.train=- data.markup=none --run big
"""

import sys

import numpy

WORDS, LINE, LINES, BLOCKS = 100000, 20, 20000, 20
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def name(number):
    """Every number a word of its own, of at least three letters."""
    word, number = "", number + len(LETTERS) ** 2
    while number:
        word, number = word + LETTERS[number % len(LETTERS)], number // len(LETTERS)
    return word


def block(random, names, law):
    drawn = random.choice(names, LINE * LINES, p=law).reshape(LINES, LINE).tolist()
    return "".join(" ".join(line) + "\n" for line in drawn).encode()


def main():
    random = numpy.random.default_rng(1)
    names = numpy.array([name(number) for number in range(WORDS)])
    law = 1 / (numpy.arange(WORDS) + 2.7)
    blocks = [block(random, names, law / law.sum()) for _ in range(BLOCKS)]
    left = int(sys.argv[1])
    while left > 0:
        text = blocks[random.integers(BLOCKS)]
        sys.stdout.buffer.write(text[:left])
        left -= len(text)


main()
