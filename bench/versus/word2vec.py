"""An epoch of word2vec by a peer, in words a second of wall time, over text.txt.

--how gensim       gensim's Word2Vec on the same sentences, its vocabulary counted beforehand
--how word2vec.c   Mikolov's program, $WORD2VEC_C, less what it takes to start: a run over one line of text. Both read a
                   vocabulary counted beforehand. One epoch, because at its last commit a thread that has reached the
                   file's end trains no further epoch (its flag for the end stays set).
"""

import os
import subprocess
import tempfile
import time

from peer import arguments, serve

options = arguments(how="gensim", kind="skipgram", dim=100, window=5, negative=5, sample=1e-3)
path = os.path.join(options.folder, "text.txt")
skipgram = options.kind == "skipgram"


def gensim_round():
    from gensim.models import Word2Vec

    model = Word2Vec(
        vector_size=options.dim, window=options.window, negative=options.negative, sample=options.sample, min_count=5,
        sg=int(skipgram), workers=options.threads, epochs=1)
    model.build_vocab(corpus_file=path)
    words = sum(model.wv.get_vecattr(word, "count") for word in model.wv.index_to_key)
    count = model.corpus_count

    def round():
        begin = time.perf_counter()
        model.train(corpus_file=path, total_examples=count, total_words=model.corpus_total_words, epochs=1)
        return words / (time.perf_counter() - begin), {}

    return round


def c_round():
    program = os.environ.get("WORD2VEC_C")
    if not program:
        raise SystemExit("set WORD2VEC_C to word2vec, built from github.com/tmikolov/word2vec with -O3 -march=native")
    work = tempfile.mkdtemp()
    vocabulary, line = os.path.join(work, "vocabulary"), os.path.join(work, "line.txt")
    with open(path, encoding="utf-8") as text, open(line, "w", encoding="utf-8") as first:
        first.write(text.readline())
    settings = ["-output", os.path.join(work, "vectors.bin"), "-cbow", str(int(not skipgram)), "-size", str(options.dim),
                "-window", str(options.window), "-negative", str(options.negative), "-hs", "0", "-sample",
                str(options.sample), "-threads", str(options.threads), "-binary", "1", "-debug", "1", "-iter", "1"]

    def seconds(train, *more):
        begin = time.perf_counter()
        subprocess.run([program, "-train", train, *settings, *more], check=True, capture_output=True)
        return time.perf_counter() - begin

    seconds(path, "-save-vocab", vocabulary)
    with open(vocabulary, encoding="utf-8") as counted:
        words = sum(int(entry.split()[1]) for entry in counted if not entry.startswith("</s>"))
    start = min(seconds(line, "-read-vocab", vocabulary) for _ in range(3))
    return lambda: (words / (seconds(path, "-read-vocab", vocabulary) - start), {})


serve(gensim_round() if options.how == "gensim" else c_round())
