// What a recipe's `data` section says of texts and their tokens: for every config with these fields.
#pragma once

#include "cairn/base/options.h"
#include "cairn/data/text_splits.h"
#include "cairn/text/tokenizer.h"

namespace cairn::data {

/// Declares unknown, least and most.
template <class DataConfig>
void vocabulary_fields(Fields& f, DataConfig& c) {
  f("unknown", c.unknown, "a token outside the vocabulary: refuse, or map to <unk>",
    one_of(text::unknown_rule_names()));
  f("least", c.least, "tokens seen less often are unknown", at_least(1));
  f("most", c.most, "tokens in the vocabulary at most, the most frequent (0: all); of sentencepiece as many as this",
    at_least(0));
}

/// Of tokens, unknown, least and most.
template <class DataConfig>
text::TokenizerOptions tokenizer_options(const DataConfig& c) {
  return {.kind = text::token_kind_named(c.tokens),
          .unknown = text::unknown_rule_named(c.unknown),
          .least = c.least,
          .most = c.most};
}

/// Of train, valid, test, holdout and limit.
template <class DataConfig>
TextSplits text_splits(const DataConfig& c) {
  return {.train = c.train, .valid = c.valid, .test = c.test, .holdout = c.holdout, .limit = c.limit};
}

}  // namespace cairn::data
