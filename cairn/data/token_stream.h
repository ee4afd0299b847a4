// A text as training batches: cut into `batch` rows that are read side by side, a window of steps at a time, so that
// each batch goes on where the one before it ended and a recurrent state can be carried along.
#pragma once

#include "cairn/data/stream.h"

namespace cairn::data {

struct TokenStreamOptions {
  int64_t batch = 1;  ///< rows, >= 1
  int64_t steps = 1;  ///< tokens of a row a batch, >= 1; the last batch of an epoch may have fewer
};

class TokenStream : public Stream {
 public:
  /// tokens [n] int64, the first of which is never predicted. Throws InputError if a row would have no token to
  /// predict.
  TokenStream(torch::Tensor tokens, TokenStreamOptions options);

  /// "x" [T, B] and "y" [T, B]: tokens and those that follow; "fresh" [] bool: the first batch of an epoch.
  Batch next() override;
  /// {"epoch": whole passes done, "next": tokens of each row read in this one}
  Json position() const override;
  void seek(const Json& position) override;
  int64_t batches_per_epoch() const override;

 private:
  torch::Tensor x_, y_;  // [length, batch]
  TokenStreamOptions options_;
  int64_t epoch_ = 0;
  int64_t next_ = 0;
};

}  // namespace cairn::data
