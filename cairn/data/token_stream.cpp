#include "cairn/data/token_stream.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/data/stream_place.h"

namespace cairn::data {

TokenStream::TokenStream(torch::Tensor tokens, TokenStreamOptions options) : options_(options) {
  if (options_.batch < 1) throw UsageError("train.batch", got_expected(options_.batch, "at least 1"));
  if (options_.steps < 1) throw UsageError("data.steps", got_expected(options_.steps, "at least 1"));
  const int64_t length = (tokens.numel() - 1) / options_.batch;
  if (length < 1) {
    throw InputError("training text", got_expected(cat(tokens.numel(), " tokens"),
                                                   cat("more than the ", options_.batch, " rows of a batch")));
  }
  const auto rows = [&](int64_t from) {
    return tokens.slice(0, from, from + length * options_.batch).view({options_.batch, length}).t().contiguous();
  };
  x_ = rows(0);
  y_ = rows(1);
}

Batch TokenStream::next() {
  const int64_t end = std::min(next_ + options_.steps, x_.size(0));
  Batch batch{
      .tensors = {{"x", x_.slice(0, next_, end)}, {"y", y_.slice(0, next_, end)}, {"fresh", torch::tensor(next_ == 0)}},
      .index = torch::arange(options_.batch, torch::kInt64)};
  next_ = end;
  if (next_ == x_.size(0)) {
    ++epoch_;
    next_ = 0;
  }
  return batch;
}

Json TokenStream::position() const {
  return {{"epoch", epoch_}, {"next", next_}};
}

void TokenStream::seek(const Json& position) {
  const auto place = stream_place(position, x_.size(0));
  epoch_ = place.epoch;
  next_ = place.next;
}

int64_t TokenStream::batches_per_epoch() const {
  return (x_.size(0) + options_.steps - 1) / options_.steps;
}

}  // namespace cairn::data
