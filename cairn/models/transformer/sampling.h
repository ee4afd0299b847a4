// Sentences drawn from a network's distribution, or by the likeliest token at each step.
#pragma once

#include <vector>

#include "cairn/models/transformer/hypothesis.h"
#include "cairn/models/transformer/step_scorer.h"

namespace cairn::transformer {

struct SamplingOptions {
  double temperature = 1;  ///< p^(1/temperature), renormalised; 0: always the likeliest token
  int64_t top_k = 0;       ///< among the k likeliest tokens (Fan et al. 2018); 0: all
  double top_p = 1;        ///< among the fewest likeliest ones with at least this probability (Holtzman et al. 2020)
  int64_t seed = 0;
};

/// One hypothesis a request; its score is its log-probability under the network itself. Draw n of a request depends on
/// seed, the request's id and n alone. Without an end in `symbols`, each has `most` tokens. Throws UsageError for
/// options out of range, InputError where a network gives no finite log-probability to go on with.
std::vector<Hypothesis> sample(StepScorer& scorer, const Symbols& symbols, const std::vector<Request>& requests,
                               const SamplingOptions& options);

/// One token of log_p [V] that may come next; `uniform` in [0, 1). Temperature first, then top-k, then top-p.
int64_t draw_token(const float* log_p, int64_t V, const NextTokens& next, const SamplingOptions& options,
                   double uniform);

}  // namespace cairn::transformer
