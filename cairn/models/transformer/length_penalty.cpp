#include "cairn/models/transformer/length_penalty.h"

#include <cmath>

#include "cairn/base/text.h"

namespace cairn::transformer {

std::vector<std::string> penalty_form_names() {
  return {"none", "gnmt", "length"};
}

PenaltyForm penalty_form_named(const std::string& name) {
  return static_cast<PenaltyForm>(place_among(penalty_form_names(), name, "penalty"));
}

double LengthPenalty::operator()(int64_t tokens) const {
  const auto length = static_cast<double>(tokens);
  switch (form) {
    case PenaltyForm::none:
      return 1;
    case PenaltyForm::gnmt:
      return std::pow((5 + length) / 6, alpha);
    case PenaltyForm::length:
      return std::pow(std::max(length, 1.0), alpha);
  }
  return 1;
}

}  // namespace cairn::transformer
