#include "cairn/ops/nade_reference.h"

namespace cairn::ops {

torch::Tensor nade_reference(const NadeInput& in) {
  const auto e = one_hot(in.x, in.variables, in.W.scalar_type());  // [B, R]
  const auto rows_of = [&](const torch::Tensor& t, int64_t dim, int64_t d) {
    return t.narrow(dim, in.variables.offsets[d], in.variables.levels[d] - 1);
  };
  std::vector<torch::Tensor> logits(in.order.size());
  for (size_t i = 0; i < in.order.size(); ++i) {
    auto a = in.c.expand({in.x.size(0), -1});  // [B, H]
    for (size_t j = 0; j < i; ++j) a = a + torch::matmul(rows_of(e, 1, in.order[j]), rows_of(in.W, 0, in.order[j]));
    const int64_t o = in.order[i];
    logits[o] = torch::matmul(torch::sigmoid(a), rows_of(in.V, 0, o).t()) + rows_of(in.b, 0, o);
  }
  return logits.empty() ? torch::zeros({in.x.size(0), 0}, in.W.options()) : torch::cat(logits, 1);
}

}  // namespace cairn::ops
