// Windows of a text at places drawn anew for each batch: what a language model without a state learns from.
#pragma once

#include "cairn/data/stream.h"

namespace cairn::data {

struct WindowStreamOptions {
  int64_t batch = 1;    ///< windows, >= 1
  int64_t steps = 1;    ///< tokens of a window, >= 1
  RandomStream random;  ///< window i begins at a place drawn from random.at(i)
};

class WindowStream : public Stream {
 public:
  /// tokens [n] int64, the first of which is never predicted. Throws InputError for a text shorter than a window.
  WindowStream(torch::Tensor tokens, WindowStreamOptions options);

  /// "x" [B, T] and "y" [B, T]: tokens and those that follow.
  Batch next() override;
  /// {"next": windows drawn}
  Json position() const override;
  void seek(const Json& position) override;
  /// As many as make the text's length.
  int64_t batches_per_epoch() const override;

 private:
  torch::Tensor tokens_;
  WindowStreamOptions options_;
  int64_t next_ = 0;
};

}  // namespace cairn::data
