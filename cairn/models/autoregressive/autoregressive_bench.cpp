#include "cairn/models/autoregressive/autoregressive_bench.h"

namespace cairn::autoregressive {

std::vector<Benchmark> benchmarks() {
  auto all = training_benchmarks();
  for (auto& benchmark : sampling_benchmarks()) all.push_back(std::move(benchmark));
  return all;
}

}  // namespace cairn::autoregressive
