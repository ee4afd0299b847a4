// Texts that a language model writes.
#pragma once

#include <string>

#include "cairn/models/rnn/sequence_runner.h"
#include "cairn/text/tokenizer.h"

namespace cairn::rnn {

struct SampleOptions {
  std::string prefix;      ///< what the text goes on from; its lines end in newlines
  int64_t length = 200;    ///< tokens to write
  double temperature = 1;  ///< p^(1/temperature), renormalised; 0: always the likeliest token
  int64_t seed = 0;
};

/// The prefix and what follows it: token n depends on the seed and n alone. Throws UsageError for a length or
/// temperature below 0, InputError for a prefix with unknown tokens.
std::string sample_text(const SequenceRunner& runner, const text::Tokenizer& tokenizer, const SampleOptions& options);

/// Of logits [V]; `uniform` in [0, 1).
int64_t draw(const torch::Tensor& logits, double temperature, double uniform);

}  // namespace cairn::rnn
