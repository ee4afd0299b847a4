"""What word2vec.c finds in a text, for comparison with `cairn train`: vectors for each seed, evaluated by the tool.

    word2vec_quality.py --source word2vec.c --text enwiki_AA.txt.gz --kind skipgram --seeds 1,2,3,4,5 --cairn cairn \
      --questions questions-words.txt,EN-WS-353-ALL.txt --folder FOLDER

word2vec.c at its last commit draws the same numbers in every run, and a thread that has once reached the file's end trains
no further epoch. Its source is taken as it is but for three lines: $SEED joins its random states, and the flag for the
file's end is cleared. The text is normalised as `data.markup=wiki data.words=text8` does. Prints a line for each seed.
"""

import argparse
import gzip
import json
import os
import subprocess
import tempfile

SETTINGS = {
    "skipgram": "-cbow 0 -size 100 -window 5 -negative 5 -sample 1e-3 -alpha 0.025",
    "cbow": "-cbow 1 -size 200 -window 8 -negative 25 -sample 1e-4 -alpha 0.05",
}
EDITS = {
    "  unsigned long long next_random = 1;": "  unsigned long long next_random = atoll(getenv(\"SEED\"));",
    "  unsigned long long next_random = (long long)id;":
        "  unsigned long long next_random = (long long)id + 1000003 * atoll(getenv(\"SEED\"));",
    "      local_iter--;": "      local_iter--; eof = 0;",
}


def build(source, folder):
    """The program with its edits; -ffast-math lets the compiler add in vectors."""
    with open(source, encoding="utf-8") as file:
        text = file.read()
    for line, edited in EDITS.items():
        if text.count(line) != 1:
            raise SystemExit(f"{source}: {text.count(line)} times {line.strip()!r}, expected once: another version?")
        text = text.replace(line, edited)
    edited, program = os.path.join(folder, "word2vec_seeded.c"), os.path.join(folder, "word2vec_seeded")
    with open(edited, "w", encoding="utf-8") as file:
        file.write(text)
    subprocess.run(["gcc", edited, "-o", program, "-lm", "-pthread", "-O3", "-march=native", "-ffast-math", "-w"],
                   check=True)
    return program


def normalise(path, to):
    """Lines of runs of a-z; digits spelled out; lines of <doc> markup and empty ones dropped."""
    digits = b"zero one two three four five six seven eight nine".split()
    word_byte = {byte: byte for byte in range(ord("a"), ord("z") + 1)}
    word_byte.update({byte: byte + 32 for byte in range(ord("A"), ord("Z") + 1)})
    word_byte.update({byte: byte for byte in b"0123456789"})
    table = bytes(word_byte.get(byte, ord(" ")) for byte in range(256))
    with gzip.open(path) as text, open(to, "wb") as out:
        for line in text:
            if line.startswith((b"<doc", b"</doc")):
                continue
            line = line.translate(table)
            for digit, name in enumerate(digits):
                line = line.replace(b"%d" % digit, b" " + name + b" ")
            if words := line.split():
                out.write(b" ".join(words) + b"\n")


def evaluate(cairn, vectors, questions, folder):
    """The tool's figures for a file of word2vec's binary format."""
    with tempfile.TemporaryDirectory(dir=folder) as work:
        imported = os.path.join(work, "imported")
        subprocess.run([cairn, "import", "word2vec-binary", vectors, "--out", imported], check=True, capture_output=True)
        said = subprocess.run([cairn, "eval", imported, "--data", questions, "--json"], check=True, capture_output=True)
    return json.loads(said.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("source", "text", "questions", "folder"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--kind", choices=SETTINGS, default="skipgram")
    parser.add_argument("--seeds", default="1,2,3,4,5")
    parser.add_argument("--cairn", default="cairn")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    program = build(options.source, options.folder)
    text = os.path.join(options.folder, "text.txt")
    if not os.path.exists(text):
        normalise(options.text, text + ".part")
        os.rename(text + ".part", text)
    for seed in options.seeds.split(","):
        vectors = os.path.join(options.folder, f"{options.kind}-{seed}.bin")
        if not os.path.exists(vectors):
            subprocess.run(
                [program, "-train", text, "-output", vectors + ".part", *SETTINGS[options.kind].split(), "-hs", "0",
                 "-threads", "1", "-binary", "1", "-iter", "5", "-min-count", "5", "-debug", "0"],
                check=True, capture_output=True, env={**os.environ, "SEED": seed})
            os.rename(vectors + ".part", vectors)
        print(options.kind, "seed", seed, evaluate(options.cairn, vectors, options.questions, options.folder),
              flush=True)


main()
