#include "cairn/data/window_stream.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/data/stream_place.h"

namespace cairn::data {

WindowStream::WindowStream(torch::Tensor tokens, WindowStreamOptions options)
    : tokens_(std::move(tokens)), options_(options) {
  if (options_.batch < 1) throw UsageError("train.batch", got_expected(options_.batch, "at least 1"));
  if (options_.steps < 1) throw UsageError("data.steps", got_expected(options_.steps, "at least 1"));
  if (tokens_.numel() <= options_.steps) {
    throw InputError("training text", got_expected(cat(tokens_.numel(), " tokens"),
                                                   cat("more than the ", options_.steps, " of a window")));
  }
}

Batch WindowStream::next() {
  const int64_t B = options_.batch, T = options_.steps;
  Batch batch{.tensors = {{"x", torch::empty({B, T}, torch::kInt64)}, {"y", torch::empty({B, T}, torch::kInt64)}},
              .index = torch::arange(next_, next_ + B, torch::kInt64)};
  auto* x = batch.tensors["x"].data_ptr<int64_t>();
  auto* y = batch.tensors["y"].data_ptr<int64_t>();
  const auto* text = tokens_.const_data_ptr<int64_t>();
  for (int64_t b = 0; b < B; ++b, ++next_) {
    auto random = options_.random.at(static_cast<uint64_t>(next_));
    const auto* from = text + random.below(static_cast<uint64_t>(tokens_.numel() - T));
    std::copy_n(from, T, x + b * T);
    std::copy_n(from + 1, T, y + b * T);
  }
  return batch;
}

Json WindowStream::position() const {
  return {{"next", next_}};
}

void WindowStream::seek(const Json& position) {
  next_ = drawn_so_far(position);
}

int64_t WindowStream::batches_per_epoch() const {
  const int64_t tokens = options_.batch * options_.steps;
  return (tokens_.numel() - 1 + tokens - 1) / tokens;
}

}  // namespace cairn::data
