#include "cairn/models/autoregressive/masks.h"

#include <algorithm>

namespace cairn::autoregressive {

std::vector<int64_t> hidden_degrees(int64_t units, int64_t D) {
  const int64_t distinct = std::max<int64_t>(D - 1, 1);
  std::vector<int64_t> degrees(units);
  for (int64_t k = 0; k < units; ++k) degrees[k] = k * distinct / units;
  return degrees;
}

std::vector<int64_t> row_positions(const ops::Variables& variables, const Order& order) {
  const Order positions = inverse(order);
  std::vector<int64_t> rows;
  for (int64_t d = 0; d < variables.D(); ++d) rows.insert(rows.end(), variables.levels[d] - 1, positions[d]);
  return rows;
}

torch::Tensor rows_in_order(const ops::Variables& variables, const Order& order) {
  std::vector<int64_t> rows;
  for (const int64_t d : order) {
    for (int64_t k = 0; k < variables.levels[d] - 1; ++k) rows.push_back(variables.offsets[d] + k);
  }
  return torch::tensor(rows, torch::kInt64);
}

torch::Tensor direct_mask(const ops::Variables& variables, const Order& order) {
  const auto positions = torch::tensor(row_positions(variables, order), torch::kInt64);
  return positions.unsqueeze(0).lt(positions.unsqueeze(1)).to(torch::kFloat32);
}

}  // namespace cairn::autoregressive
