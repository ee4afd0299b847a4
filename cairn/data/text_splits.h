// The texts of a language model as rows of tokens.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "cairn/data/batch.h"
#include "cairn/text/tokenizer.h"

namespace cairn::data {

/// SPECs (text_spec.h) as a recipe names them; "" where it names none.
struct TextSplits {
  std::string train, valid, test;
  double holdout = 0;  ///< this share at the end of the training text becomes the validation split if none is named
  int64_t limit = 0;   ///< tokens of each split; 0: all
};

/// The named ones.
std::vector<std::pair<std::string, Split>> named_splits(const TextSplits& splits);

/// The vocabulary of the training text.
text::Tokenizer learn_tokenizer(const text::TokenizerOptions& options, const TextSplits& splits);

/// [1 + n] int64 each: first the end of a line, as if one had stood before the text, so that every token of the text is
/// predicted. Throws InputError for a text without tokens.
std::map<Split, torch::Tensor> load_texts(const TextSplits& splits, const text::Tokenizer& tokenizer);

}  // namespace cairn::data
