// Beam search: the likeliest sentences that a network can write, by keeping the best few beginnings at every step.
#pragma once

#include <string>
#include <vector>

#include "cairn/models/transformer/hypothesis.h"
#include "cairn/models/transformer/length_penalty.h"
#include "cairn/models/transformer/step_scorer.h"

namespace cairn::transformer {

/// When a sentence is done. Only the `beam` best candidates of a step may end (as in fairseq and Hugging Face).
enum class BeamStop {
  first,   ///< as soon as `beam` hypotheses have ended: fairseq, CTranslate2, Hugging Face's early_stopping=True
  likely,  ///< and the best one alive, ranked at its present length, is no better: Hugging Face's default
  exact,   ///< when none alive can become better than the n-best, however it goes on
};

std::vector<std::string> beam_stop_names();  ///< "first", "likely", "exact"
/// Throws UsageError with the nearest name.
BeamStop beam_stop_named(const std::string& name);

struct BeamOptions {
  int64_t beam = 4;  ///< hypotheses alive; 1: the likeliest token at each step
  int64_t best = 1;  ///< hypotheses returned, at most `beam`
  LengthPenalty penalty;
  BeamStop stop = BeamStop::first;
};

/// The n best hypotheses of each request, the best first; fewer only where there are fewer. Row r of `scorer` is
/// request r. Sentences that are done leave the batch, and none of the results depends on what else is in it, as far as
/// the scorer's rows do not. A prefix counts in log-probability and length. Throws UsageError for options out of range
/// or symbols without an end, InputError where a network gives no finite log-probability to go on with.
std::vector<std::vector<Hypothesis>> beam_search(StepScorer& scorer, const Symbols& symbols,
                                                 const std::vector<Request>& requests, const BeamOptions& options);

}  // namespace cairn::transformer
