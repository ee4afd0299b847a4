// What a hypothesis' log-probability is divided by, so that long sentences are not at a disadvantage.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cairn::transformer {

enum class PenaltyForm {
  none,    ///< 1
  gnmt,    ///< ((5 + |Y|) / 6)^alpha (Wu et al. 2016, eq. 14), as the paper and Tensor2Tensor; OpenNMT-py's "wu"
  length,  ///< |Y|^alpha, the end counted: fairseq, Marian, Hugging Face and CTranslate2
};

std::vector<std::string> penalty_form_names();  ///< "none", "gnmt", "length"
/// Throws UsageError with the nearest name.
PenaltyForm penalty_form_named(const std::string& name);

struct LengthPenalty {
  PenaltyForm form = PenaltyForm::gnmt;
  double alpha = 0.6;  ///< 0 or more

  /// Of a sentence of `tokens` tokens, its end counted: 1 or more where there are any, and never falling with length.
  double operator()(int64_t tokens) const;
};

}  // namespace cairn::transformer
