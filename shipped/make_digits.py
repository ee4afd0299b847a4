#!/usr/bin/env python3
"""Makes shipped/data/digits from MNIST's four original idx files; for maintainers (the tool itself needs no Python).

    python3 shipped/make_digits.py FOLDER_OF_MNIST      (needs numpy)

Rule "threshold 128": a pixel is 1 where MNIST's is 128 or more. Of each class an evenly spaced pick, so that the three
splits have equally many of each digit; train and valid come from MNIST's training images, test from its test images.
The result depends on MNIST alone: running this again gives the same bytes.
"""
import gzip
import hashlib
import pathlib
import struct
import sys

import numpy as np

TRAIN, VALID, TEST = 10_000, 1_000, 2_000
CLASSES = 10


def read_idx(path):
    data = gzip.decompress(path.read_bytes())
    rank = data[3]
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(path, array):
    header = struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    packed = gzip.compress(header + array.astype(np.uint8).tobytes(), compresslevel=9, mtime=0)
    path.write_bytes(packed)
    print(f"{hashlib.sha256(packed).hexdigest()}  {path.name}  {array.shape}  {len(packed)} bytes")


def evenly_spaced(labels, count):
    """For each class, `count` positions spread evenly over that class's occurrences: [CLASSES, count]."""
    picks = []
    for digit in range(CLASSES):
        places = np.flatnonzero(labels == digit)
        picks.append(places[np.arange(count) * len(places) // count])
    return np.stack(picks)


def main():
    mnist = pathlib.Path(sys.argv[1])
    out = pathlib.Path(__file__).resolve().parent / "data" / "digits"
    out.mkdir(parents=True, exist_ok=True)

    labels = read_idx(mnist / "train-labels-idx1-ubyte.gz")
    picks = evenly_spaced(labels, (TRAIN + VALID) // CLASSES)
    held_out = np.arange(picks.shape[1]) % (1 + TRAIN // VALID) == TRAIN // VALID
    images = read_idx(mnist / "train-images-idx3-ubyte.gz")
    test_labels = read_idx(mnist / "t10k-labels-idx1-ubyte.gz")
    test_images = read_idx(mnist / "t10k-images-idx3-ubyte.gz")
    test_picks = evenly_spaced(test_labels, TEST // CLASSES)

    for split, places, source, names in [
        ("train", picks[:, ~held_out], images, labels),
        ("valid", picks[:, held_out], images, labels),
        ("test", test_picks, test_images, test_labels),
    ]:
        places = np.sort(places.ravel())
        write_idx(out / f"images-{split}.idx3.gz", source[places] >= 128)
        write_idx(out / f"labels-{split}.idx1.gz", names[places])


if __name__ == "__main__":
    main()
