#include "cairn/ops/benchmarks.h"

namespace cairn::ops {

std::vector<Benchmark> benchmarks() {
  std::vector<Benchmark> all;
  for (const auto& operator_benchmarks :
       {nade_benchmarks, masked_linear_benchmarks, arranged_benchmarks, dropout_benchmarks, recurrence_benchmarks,
        cross_entropy_benchmarks, linear_attention_benchmarks, linear_attention_decoding_benchmarks,
        linear_attention_recall_benchmarks}) {
    for (auto& benchmark : operator_benchmarks()) all.push_back(std::move(benchmark));
  }
  return all;
}

}  // namespace cairn::ops
