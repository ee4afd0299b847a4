// A text of any length read in one pass: between pieces only the network's state is held, which does not grow where
// attention is linear.
#pragma once

#include <vector>

#include "cairn/models/transformer/transformer_runner.h"

namespace cairn::transformer {

class TextReader {
 public:
  /// Behind `start` comes the text's first token. The runner outlives this.
  TextReader(const TransformerRunner& runner, int64_t start);

  /// log p in nats of each of the next tokens. Throws InputError beyond the model's positions.
  std::vector<double> read(const std::vector<int64_t>& tokens);
  /// What is held of the tokens so far.
  int64_t state_bytes() const;

 private:
  const TransformerRunner& runner_;
  Transformer::State state_;
  int64_t newest_;
};

}  // namespace cairn::transformer
