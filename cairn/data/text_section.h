// What a recipe's `data` section says of texts and their tokens: for every config with these fields.
#pragma once

#include "cairn/base/options.h"
#include "cairn/data/text_splits.h"
#include "cairn/text/tokenizer.h"

namespace cairn::data {

/// Declares unknown, least, most and lowercase.
template <class DataConfig>
void vocabulary_fields(Fields& f, DataConfig& c) {
  f("unknown", c.unknown, "a token outside the vocabulary: refuse, or map to <unk>",
    one_of(text::unknown_rule_names()));
  f("least", c.least, "tokens seen less often are unknown", at_least(1));
  f("most", c.most, "tokens in the vocabulary at most, the most frequent (0: all); of sentencepiece as many as this",
    at_least(0));
  f("lowercase", c.lowercase, "capitals are read as small letters, in training and in use; not of bytes");
}

/// Of tokens, unknown, least, most and lowercase.
template <class DataConfig>
text::TokenizerOptions tokenizer_options(const DataConfig& c) {
  return {.kind = text::token_kind_named(c.tokens),
          .unknown = text::unknown_rule_named(c.unknown),
          .least = c.least,
          .most = c.most,
          .lowercase = c.lowercase};
}

/// Of train, valid, test, holdout and limit.
template <class DataConfig>
TextSplits text_splits(const DataConfig& c) {
  return {.train = c.train, .valid = c.valid, .test = c.test, .holdout = c.holdout, .limit = c.limit};
}

}  // namespace cairn::data
