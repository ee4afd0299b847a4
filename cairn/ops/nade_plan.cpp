#include "cairn/ops/nade_plan.h"

namespace cairn::ops {

NadePlan::NadePlan(const Variables& variables, const std::vector<int64_t>& order) {
  rows.reserve(variables.R());
  positions.reserve(variables.R());
  begin.reserve(order.size() + 1);
  begin.push_back(0);
  for (size_t i = 0; i < order.size(); ++i) {
    const int64_t d = order[i];
    for (int64_t k = 0; k < variables.levels[d] - 1; ++k) {
      rows.push_back(variables.offsets[d] + k);
      positions.push_back(static_cast<int64_t>(i));
    }
    begin.push_back(static_cast<int64_t>(rows.size()));
  }
}

NadeEvents::NadeEvents(const torch::Tensor& x, const std::vector<int64_t>& order, const NadePlan& plan) {
  const auto values = x.to(torch::kInt64).contiguous();
  const int64_t B = values.size(0), D = values.size(1);
  begin.reserve(B + 1);
  begin.push_back(0);
  for (int64_t n = 0; n < B; ++n) {
    const int64_t* example = values.const_data_ptr<int64_t>() + n * D;
    for (int64_t i = 0; i + 1 < D; ++i) {
      const int64_t value = example[order[i]];
      if (value == 0) continue;
      at.push_back(static_cast<int32_t>(plan.begin[i + 1]));
      input.push_back(static_cast<int32_t>(plan.begin[i] + value - 1));
    }
    begin.push_back(static_cast<int64_t>(at.size()));
  }
}

}  // namespace cairn::ops
