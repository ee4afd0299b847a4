#include "cairn/data/pair_stream.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/data/stream_place.h"

namespace cairn::data {

Batch pair_batch(const TokenPairs& pairs, std::span<const int64_t> which) {
  const auto source = padded_rows(pairs.source, which, pairs.padding);
  const auto target = padded_rows(pairs.target, which, -1);
  const auto first = torch::full({target.tokens.size(0), 1}, pairs.start, torch::kInt64);
  auto target_in = torch::cat({first, target.tokens.slice(1, 0, -1)}, 1);
  target_in.masked_fill_(target_in.lt(0), pairs.padding);
  return {.tensors = {{"source", source.tokens},
                      {"source_length", source.lengths},
                      {"target", target.tokens},
                      {"target_in", target_in}},
          .index = torch::tensor(at::IntArrayRef(which.data(), which.size()), torch::kInt64)};
}

void sort_by_length(const TokenPairs& pairs, std::vector<int64_t>& order) {
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    const int64_t ta = pairs.target.length(a), tb = pairs.target.length(b);
    return ta != tb ? ta > tb : pairs.source.length(a) > pairs.source.length(b);
  });
}

std::vector<std::pair<size_t, size_t>> cut_batches(const TokenPairs& pairs, std::span<const int64_t> order,
                                                   BatchSize size) {
  std::vector<std::pair<size_t, size_t>> batches;
  int64_t width = 0;
  size_t begin = 0;
  for (size_t k = 0; k < order.size(); ++k) {
    const int64_t wider = std::max(width, pairs.width(order[k])), count = static_cast<int64_t>(k - begin) + 1;
    const bool full = size.tokens > 0 ? wider * count > size.tokens : count > size.pairs;
    if (full && k > begin) {
      batches.emplace_back(begin, k);
      begin = k;
      width = 0;
    }
    width = std::max(width, pairs.width(order[k]));
  }
  if (begin < order.size()) batches.emplace_back(begin, order.size());
  return batches;
}

PairStream::PairStream(std::shared_ptr<const TokenPairs> pairs, BatchSize size, RandomStream random)
    : pairs_(std::move(pairs)), size_(size), random_(random) {
  if (pairs_->size() == 0) throw InputError("training set", got_expected("0 pairs of lines", "at least 1"));
  if ((size_.tokens > 0) == (size_.pairs > 0)) {
    throw UsageError("train.batch", got_expected("both or neither", "tokens or pairs, at least 1"));
  }
  start_epoch();
}

void PairStream::start_epoch() {
  const Permutation mixed(static_cast<uint64_t>(pairs_->size()), random_.at(static_cast<uint64_t>(epoch_)));
  order_.resize(static_cast<size_t>(pairs_->size()));
  for (size_t k = 0; k < order_.size(); ++k) order_[k] = static_cast<int64_t>(mixed[k]);
  sort_by_length(*pairs_, order_);  // the lengths in order are the same each epoch, and so is the number of batches
  batches_ = cut_batches(*pairs_, order_, size_);
}

Batch PairStream::next() {
  const Permutation turn(batches_.size(), random_.at(static_cast<uint64_t>(epoch_)).at(0));
  const auto [begin, end] = batches_[turn[static_cast<uint64_t>(next_)]];
  auto batch = pair_batch(*pairs_, std::span(order_).subspan(begin, end - begin));
  if (++next_ == batches_per_epoch()) {
    ++epoch_;
    next_ = 0;
    start_epoch();
  }
  return batch;
}

Json PairStream::position() const {
  return {{"epoch", epoch_}, {"next", next_}};
}

void PairStream::seek(const Json& position) {
  const auto place = stream_place(position, batches_per_epoch());
  epoch_ = place.epoch;
  next_ = place.next;
  start_epoch();
}

}  // namespace cairn::data
