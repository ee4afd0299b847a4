// The texts of a language model as rows of tokens.
#pragma once

#include <map>

#include <torch/types.h>

#include "cairn/data/batch.h"
#include "cairn/models/rnn/rnn_config.h"

namespace cairn::rnn {

text::TokenizerOptions tokenizer_options(const DataConfig& config);
/// The vocabulary of the training text.
text::Tokenizer learn_tokenizer(const DataConfig& config);

/// The splits that `config` names, [1 + n] int64 each: first the end of a line, as if one had stood before the text, so
/// that every token of the text is predicted. A share `holdout` at the end of the training text becomes the validation
/// split if none is named. Throws InputError for a text without tokens.
std::map<data::Split, torch::Tensor> load_texts(const DataConfig& config, const text::Tokenizer& tokenizer);

}  // namespace cairn::rnn
