// The operators' entries of `cairn bench`, each against its reference or the plain way to the same result.
#pragma once

#include <vector>

#include "cairn/base/benchmark.h"

namespace cairn::ops {

std::vector<Benchmark> benchmarks();

// By operator; benchmarks() joins them.
std::vector<Benchmark> nade_benchmarks();
std::vector<Benchmark> masked_linear_benchmarks();
std::vector<Benchmark> arranged_benchmarks();
std::vector<Benchmark> dropout_benchmarks();
std::vector<Benchmark> recurrence_benchmarks();
std::vector<Benchmark> cross_entropy_benchmarks();
std::vector<Benchmark> linear_attention_benchmarks();
std::vector<Benchmark> linear_attention_decoding_benchmarks();
std::vector<Benchmark> linear_attention_recall_benchmarks();

}  // namespace cairn::ops
