#include "cairn/models/transformer/forced_decoding.h"

#include "cairn/base/error.h"
#include "cairn/models/transformer/decoding_rows.h"

namespace cairn::transformer {

std::vector<std::vector<double>> forced_log_probabilities(StepScorer& scorer, const Symbols& symbols,
                                                          const std::vector<std::vector<int64_t>>& targets) {
  const int64_t V = scorer.vocabulary();
  for (const auto& target : targets) {
    for (const int64_t token : target) {
      if (token < 0 || token >= V) throw UsageError("target", got_expected(cat("token ", token), cat("0 .. ", V - 1)));
    }
  }
  const size_t end = symbols.end >= 0 ? 1 : 0;
  std::vector<std::vector<double>> results(targets.size());
  DecodingRows rows(scorer, targets.size());
  std::vector<size_t> going(targets.size());  // the targets that rows stand for
  for (size_t r = 0; r < going.size(); ++r) going[r] = r;
  for (size_t t = 0;; ++t) {
    std::vector<size_t> next;
    std::vector<int64_t> kept, tokens;
    for (size_t r = 0; r < going.size(); ++r) {
      const auto& target = targets[going[r]];
      if (t >= target.size() + end) continue;
      next.push_back(going[r]);
      kept.push_back(static_cast<int64_t>(r));
      tokens.push_back(t == 0 ? symbols.start : target[t - 1]);
    }
    if (next.empty()) return results;
    rows.keep(kept);
    going = std::move(next);
    rows.step(tokens);
    for (size_t r = 0; r < going.size(); ++r) {
      const auto& target = targets[going[r]];
      results[going[r]].push_back(rows.row(r)[t < target.size() ? target[t] : symbols.end]);
    }
  }
}

}  // namespace cairn::transformer
