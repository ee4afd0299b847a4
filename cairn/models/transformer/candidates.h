// The best ways for a beam to go on.
#pragma once

#include <cstdint>
#include <vector>

#include "cairn/models/transformer/hypothesis.h"

namespace cairn::transformer {

/// A hypothesis with one more token.
struct Candidate {
  double log_probability;  ///< of the hypothesis and the token
  size_t parent;
  int64_t token;
};

/// Keeps the `most` likeliest of the candidates it is offered; of equally likely ones those that were offered first.
/// What has no finite log-probability is none.
class BestCandidates {
 public:
  explicit BestCandidates(size_t most) : most_(most) {}

  /// All tokens that may come behind hypothesis `parent`, offered in their order: log_p [V], `so_far` is the
  /// hypothesis' own log-probability. Parents come in rising order.
  void offer(const float* log_p, int64_t V, const NextTokens& next, double so_far, size_t parent);
  /// The likeliest first.
  std::vector<Candidate> sorted() &&;

 private:
  void add(const Candidate& candidate);

  size_t most_;
  std::vector<Candidate> heap_;  // the least likely on top
};

}  // namespace cairn::transformer
