"""The 10 nearest of vectors.npy for its first 10,000 rows, exact: gensim's most_similar, or faiss's flat index."""

import os
import time

import numpy
from peer import arguments, serve

options = arguments(how="gensim")
vectors = numpy.load(os.path.join(options.folder, "vectors.npy"))
unit = vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)
QUERIES, K = 10000, 10


def faiss_round():
    import faiss

    faiss.omp_set_num_threads(options.threads)
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(unit)

    def round():
        begin = time.perf_counter()
        _, found = index.search(unit[:QUERIES], K)
        return QUERIES / (time.perf_counter() - begin), {"tenth": found[:, K - 1].mean()}

    return round


def gensim_round():
    from gensim.models import KeyedVectors

    model = KeyedVectors(vectors.shape[1])
    model.add_vectors([f"w{i}" for i in range(len(vectors))], vectors)
    model.fill_norms()
    sample = QUERIES // 50  # it takes one query at a time

    def round():
        begin = time.perf_counter()
        for i in range(sample):
            model.similar_by_vector(vectors[i], topn=K)
        return sample / (time.perf_counter() - begin), {}

    return round


serve(faiss_round() if options.how == "faiss" else gensim_round())
