// What a report shows of word vectors: a map of frequent words and tables of neighbours.
#pragma once

#include <string>
#include <vector>

#include "cairn/models/word2vec/word2vec_pipeline.h"
#include "cairn/vision/page.h"

namespace cairn::word2vec {

/// The first two principal components of the unit vectors of the `count` most frequent words that are not function
/// words (the first `skip`): [n, 2] float64.
torch::Tensor principal_map(const WordVectors& vectors, int64_t skip, int64_t count);

/// A row for each of `words` that is known: the word and its k nearest.
vision::Table neighbour_table(const WordVectors& vectors, const std::vector<std::string>& words, int64_t k);

void write_gallery(vision::Page& page, const WordVectors& vectors);

}  // namespace cairn::word2vec
