"""Writes shipped/data/shakespeare_small: 220,000 characters of tinyshakespeare, cut at line ends.

Usage: python3 shipped/make_shakespeare.py path/to/input.txt.gz
"""
import gzip
import hashlib
import pathlib
import sys

SPLITS = {"train": 200_000, "valid": 10_000, "test": 10_000}


def main():
    text = gzip.open(sys.argv[1], "rt", encoding="utf-8").read()
    folder = pathlib.Path(__file__).parent / "data/shakespeare_small"
    begin = 0
    for split, length in SPLITS.items():
        end = text.index("\n", begin + length) + 1
        packed = gzip.compress(text[begin:end].encode(), 9, mtime=0)
        (folder / f"{split}.txt.gz").write_bytes(packed)
        print(split, end - begin, hashlib.sha256(packed).hexdigest())
        begin = end


main()
