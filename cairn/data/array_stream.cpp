#include "cairn/data/array_stream.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/data/stream_place.h"

namespace cairn::data {

ArrayStream::ArrayStream(std::map<std::string, torch::Tensor> arrays, ArrayStreamOptions options)
    : arrays_(std::move(arrays)), options_(options) {
  if (arrays_.empty()) throw UsageError("training set", got_expected("no arrays", "at least one"));
  if (options_.batch < 1) throw UsageError("train.batch", got_expected(options_.batch, "at least 1"));
  const auto& [first_name, first] = *arrays_.begin();
  for (const auto& [name, array] : arrays_) {
    if (array.dim() == 0 || array.size(0) != first.size(0)) {
      throw UsageError(cat("array '", name, "'"), got_expected(cat("shape ", array.sizes()),
                                                               cat(first.size(0), " rows as in '", first_name, "'")));
    }
  }
  examples_ = first.size(0);
  if (examples_ == 0) throw InputError("training set", got_expected("0 examples", "at least 1"));
}

torch::Tensor ArrayStream::indices(int64_t begin, int64_t end) const {
  if (!options_.shuffle) return torch::arange(begin, end, torch::kInt64);
  const Permutation order(static_cast<uint64_t>(examples_), options_.random.at(static_cast<uint64_t>(epoch_)));
  auto chosen = torch::empty({end - begin}, torch::kInt64);
  auto* at = chosen.data_ptr<int64_t>();
  for (int64_t i = begin; i < end; ++i) *at++ = static_cast<int64_t>(order[static_cast<uint64_t>(i)]);
  return chosen;
}

Batch ArrayStream::next() {
  const int64_t end = std::min(next_ + options_.batch, examples_);
  Batch batch{.tensors = {}, .index = indices(next_, end)};
  for (const auto& [name, array] : arrays_) batch.tensors[name] = array.index_select(0, batch.index.to(array.device()));
  next_ = end;
  if (next_ == examples_) {
    ++epoch_;
    next_ = 0;
  }
  return batch;
}

Json ArrayStream::position() const {
  return {{"epoch", epoch_}, {"next", next_}};
}

void ArrayStream::seek(const Json& position) {
  const auto place = stream_place(position, examples_);
  epoch_ = place.epoch;
  next_ = place.next;
}

int64_t ArrayStream::batches_per_epoch() const {
  return (examples_ + options_.batch - 1) / options_.batch;
}

}  // namespace cairn::data
