// Going on from a trained model with new text: which words there are then, and where their vectors come from.
#pragma once

#include "cairn/models/word2vec/parameters.h"
#include "cairn/models/word2vec/vector_table.h"
#include "cairn/models/word2vec/word2vec_config.h"

namespace cairn::word2vec {

struct Start {
  VectorTable table;
  torch::Tensor input;   ///< [V, D]: the words' own rows
  torch::Tensor output;  ///< [outputs, D]
};

/// The model folder `config.start`. Throws InputError for another dimension, loss or n-grams than `config` has, or if
/// it holds no output vectors (imported and quantised ones do not).
Start read_start(const ModelConfig& config);

/// keep: the old words, with the counts of the new text. replace: the new text's words. merge: both, counts added. By
/// falling count.
Vocabulary joined_vocabulary(const Vocabulary& before, const Vocabulary& text, const std::string& policy);

/// Copies the rows of words that were there before. Inner nodes of hierarchical softmax belong to a tree and are copied
/// only where the words and their order are the same.
void start_from(const Start& start, const Vocabulary& vocabulary, Parameters& parameters);

}  // namespace cairn::word2vec
