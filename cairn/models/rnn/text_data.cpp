#include "cairn/models/rnn/text_data.h"

namespace cairn::rnn {

text::TokenizerOptions tokenizer_options(const DataConfig& config) {
  return {.kind = text::token_kind_named(config.tokens),
          .unknown = text::unknown_rule_named(config.unknown),
          .least = config.least,
          .most = config.most};
}

data::TextSplits text_splits(const DataConfig& config) {
  return {.train = config.train,
          .valid = config.valid,
          .test = config.test,
          .holdout = config.holdout,
          .limit = config.limit};
}

}  // namespace cairn::rnn
