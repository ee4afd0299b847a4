// One benchmark, measured: our side and the peer's in turn, in one run.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cairn/base/benchmark.h"
#include "cairn/base/document.h"

namespace cairn::tool {

/// Those of every system, and "ops/..." of the operators.
std::vector<Benchmark> all_benchmarks();

struct BenchOptions {
  int64_t threads = 1;
  int64_t rounds = 0;  ///< 0: the benchmark's own
};

struct BenchResult {
  std::vector<Measurement> ours;
  std::vector<Measurement> peer;  ///< round by round beside ours; empty if there was no peer to ask
  std::string note;               ///< why there was none, or why not even ours was measured
  bool failed = false;            ///< the peer was there and failed
};

/// Throws what our own side throws. Where it lacks what it is to be measured on, `ours` stays empty.
BenchResult run_benchmark(const Benchmark& benchmark, const BenchOptions& options);

/// {"name", "ours", "peer", "unit", "ratio", "ratio_low", "ratio_high", "threads", "rounds", "quality", "note"}:
/// medians over the rounds, of ratios taken round by round; above 1 ours is better. Values that were not measured are
/// null.
Json to_json(const Benchmark& benchmark, const BenchResult& result, const BenchOptions& options);

/// The other end of PeerProcess: answers rounds on stdin with measurements of one side, "ours" or "other_way".
void serve_rounds(const Benchmark& benchmark, const std::string& side, const BenchmarkContext& context);

}  // namespace cairn::tool
