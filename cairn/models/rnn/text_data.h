// What the data section says of texts and their tokens.
#pragma once

#include "cairn/data/text_splits.h"
#include "cairn/models/rnn/rnn_config.h"

namespace cairn::rnn {

text::TokenizerOptions tokenizer_options(const DataConfig& config);
data::TextSplits text_splits(const DataConfig& config);

}  // namespace cairn::rnn
