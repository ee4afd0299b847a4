#include "cairn/models/transformer/candidates.h"

#include <cmath>
#include <limits>

namespace cairn::transformer {

namespace {

/// Likelier, or as likely and offered first.
bool better(const Candidate& a, const Candidate& b) {
  if (a.log_probability != b.log_probability) return a.log_probability > b.log_probability;
  return a.parent != b.parent ? a.parent < b.parent : a.token < b.token;
}

constexpr int64_t kBlock = 64;

bool any_above(const float* values, int64_t count, float limit) {
  unsigned found = 0;  // without an early end, so that the compiler compares many at once
  for (int64_t k = 0; k < count; ++k) found |= static_cast<unsigned>(values[k] >= limit);
  return found != 0;
}

}  // namespace

void BestCandidates::add(const Candidate& candidate) {
  if (!std::isfinite(candidate.log_probability)) return;
  if (heap_.size() == most_) {
    if (!better(candidate, heap_.front())) return;
    std::ranges::pop_heap(heap_, better);
    heap_.pop_back();
  }
  heap_.push_back(candidate);
  std::ranges::push_heap(heap_, better);
}

void BestCandidates::offer(const float* log_p, int64_t V, const NextTokens& next, double so_far, size_t parent) {
  if (const int64_t only = next.only(); only >= 0) return add({so_far + log_p[only], parent, only});
  for (int64_t block = 0; block < V; block += kBlock) {
    const int64_t count = std::min(kBlock, V - block);
    if (heap_.size() == most_) {
      // Rounded downwards, so that nothing is passed over that might be better than the least likely one.
      const auto limit = static_cast<float>(heap_.front().log_probability - so_far);
      constexpr float kLow = -std::numeric_limits<float>::infinity();
      if (!any_above(log_p + block, count, std::nextafter(limit, kLow))) continue;
    }
    for (int64_t v = block; v < block + count; ++v) {
      if (next.allows(v)) add({so_far + log_p[v], parent, v});
    }
  }
}

std::vector<Candidate> BestCandidates::sorted() && {
  std::ranges::sort(heap_, better);
  return std::move(heap_);
}

}  // namespace cairn::transformer
