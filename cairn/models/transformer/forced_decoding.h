// What a network thinks of sentences that are given.
#pragma once

#include <vector>

#include "cairn/models/transformer/hypothesis.h"
#include "cairn/models/transformer/step_scorer.h"

namespace cairn::transformer {

/// log p in nats of each token of each target and, where `symbols` has one, of its end. Row r of `scorer` is target r;
/// rows leave the batch with their last token.
std::vector<std::vector<double>> forced_log_probabilities(StepScorer& scorer, const Symbols& symbols,
                                                          const std::vector<std::vector<int64_t>>& targets);

}  // namespace cairn::transformer
