#include "cairn/ops/nearest_rows.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "cairn/base/error.h"

namespace cairn::ops {

namespace {

constexpr int64_t kQueries = 64, kRows = 2048;  // a block of scores fits the second-level cache
constexpr int64_t kStrip = 16;                  // scores whose largest is compared first

struct Candidate {
  float score;
  int64_t index;
  bool better_than(const Candidate& other) const {
    return score != other.score ? score > other.score : index < other.index;
  }
};

/// The k best of what was offered: a heap whose front is the worst of them.
class Best {
 public:
  explicit Best(int64_t k) : k_(static_cast<size_t>(k)) {}
  float least() const { return heap_.size() < k_ ? -std::numeric_limits<float>::infinity() : heap_.front().score; }
  void offer(const Candidate& candidate) {
    const auto worst_first = [](const Candidate& a, const Candidate& b) { return a.better_than(b); };
    if (heap_.size() == k_) {
      if (!candidate.better_than(heap_.front())) return;
      std::pop_heap(heap_.begin(), heap_.end(), worst_first);
      heap_.pop_back();
    }
    heap_.push_back(candidate);
    std::push_heap(heap_.begin(), heap_.end(), worst_first);
  }
  void write(int64_t* index, float* score) {
    std::sort(heap_.begin(), heap_.end(), [](const Candidate& a, const Candidate& b) { return a.better_than(b); });
    for (size_t i = 0; i < heap_.size(); ++i) {
      index[i] = heap_[i].index;
      score[i] = heap_[i].score;
    }
  }

 private:
  size_t k_;
  std::vector<Candidate> heap_;
};

/// Offers row `first + j` with score values[j] for all j < count.
void offer_all(const float* values, int64_t count, int64_t first, Best& best) {
  for (int64_t j = 0; j < count; j += kStrip) {
    const int64_t end = std::min(j + kStrip, count);
    float largest = values[j];
    for (int64_t i = j + 1; i < end; ++i) largest = std::max(largest, values[i]);
    if (largest < best.least()) continue;
    for (int64_t i = j; i < end; ++i) best.offer({values[i], first + i});
  }
}

void check(const torch::Tensor& rows, const torch::Tensor& scale, const torch::Tensor& queries, int64_t k) {
  if (rows.dim() != 2 || scale.dim() != 1 || scale.size(0) != rows.size(0)) {
    throw UsageError("nearest_rows",
                     got_expected(cat("rows ", rows.sizes(), ", scale ", scale.sizes()), "[V, D] and [V]"));
  }
  if (queries.dim() != 2 || queries.size(1) != rows.size(1)) {
    throw UsageError("nearest_rows", got_expected(cat("queries ", queries.sizes()), cat("[N, ", rows.size(1), "]")));
  }
  if (k < 1) throw UsageError("nearest_rows", got_expected(cat("k ", k), "at least 1"));
}

}  // namespace

NearestRows nearest_rows(const torch::Tensor& rows, const torch::Tensor& scale, const torch::Tensor& queries,
                         int64_t k) {
  check(rows, scale, queries, k);
  const torch::NoGradGuard no_grad;
  const int64_t N = queries.size(0), V = rows.size(0), kept = std::min(k, V);
  NearestRows found{torch::empty({N, kept}, torch::kInt64), torch::empty({N, kept}, torch::kFloat32)};
  const int64_t blocks = (N + kQueries - 1) / kQueries;
  at::parallel_for(0, blocks, 1, [&](int64_t begin_block, int64_t end_block) {
    const torch::NoGradGuard no_grad_here;
    for (int64_t block = begin_block; block < end_block; ++block) {
      const int64_t begin = block * kQueries, count = std::min(kQueries, N - begin);
      const auto q = queries.narrow(0, begin, count);
      std::vector<Best> best(static_cast<size_t>(count), Best(kept));
      for (int64_t first = 0; first < V; first += kRows) {
        const int64_t size = std::min(kRows, V - first);
        const auto block_rows = rows.narrow(0, first, size).to(torch::kFloat32);
        const auto scores = torch::mm(q, block_rows.t()).mul_(scale.narrow(0, first, size)).contiguous();
        for (int64_t n = 0; n < count; ++n) {
          offer_all(scores.const_data_ptr<float>() + n * size, size, first, best[static_cast<size_t>(n)]);
        }
      }
      for (int64_t n = 0; n < count; ++n) {
        best[static_cast<size_t>(n)].write(found.index.data_ptr<int64_t>() + (begin + n) * kept,
                                           found.score.data_ptr<float>() + (begin + n) * kept);
      }
    }
  });
  return found;
}

NearestRows nearest_rows_reference(const torch::Tensor& rows, const torch::Tensor& scale, const torch::Tensor& queries,
                                   int64_t k) {
  check(rows, scale, queries, k);
  const auto scores = torch::matmul(queries.to(torch::kFloat64), rows.to(torch::kFloat64).t()) * scale;
  const auto sorted = scores.sort(/*stable=*/true, /*dim=*/1, /*descending=*/true);
  const int64_t kept = std::min(k, rows.size(0));
  return {std::get<1>(sorted).slice(1, 0, kept).contiguous(),
          std::get<0>(sorted).slice(1, 0, kept).to(torch::kFloat32).contiguous()};
}

}  // namespace cairn::ops
