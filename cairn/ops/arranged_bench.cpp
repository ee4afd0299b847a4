#include "cairn/ops/arranged.h"
#include "cairn/ops/benchmarks.h"
#include "cairn/ops/gradient_pass.h"

namespace cairn::ops {

namespace {

constexpr int64_t kUnits = 4000;  // of both hidden layers of a MADE

Measure pass(const torch::Tensor& matrix, const std::function<torch::Tensor()>& forward) {
  return gradient_pass(matrix, forward, "grad_norm", [](const torch::Tensor& gradient) { return gradient.norm(); });
}

}  // namespace

std::vector<Benchmark> arranged_benchmarks() {
  return {
      {.name = "ops/arranged",
       .help = "4000 x 4000 weights in a mask's order and their gradients back, against index_select and a dense mask",
       .unit = "s",
       .rounds = 20,
       .prepare = [](const BenchmarkContext&) {
         const auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
         const auto matrix = torch::randn({kUnits, kUnits}, generator).requires_grad_();
         const auto rows = torch::randperm(kUnits, generator), columns = torch::randperm(kUnits, generator);
         StaircaseMask mask{.reach = {}, .inputs = kUnits};
         for (int64_t j = 0; j < kUnits; ++j) mask.reach.push_back(j + 1);
         const auto dense = mask.dense(matrix.options().requires_grad(false));
         return Contest{
             .ours = pass(matrix, [=] { return arranged(matrix, rows, columns, mask); }),
             .peer = std::nullopt,
             .other_way = pass(matrix, [=] { return matrix.index_select(0, rows).index_select(1, columns) * dense; })};
       }}};
}

}  // namespace cairn::ops
