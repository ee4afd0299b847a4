// What `cairn bench` measures: something of ours and, beside it, the same work done by a peer.
//
//   Benchmark nade{.name = "ops/nade", .help = "...", .unit = "s", .prepare = [](const BenchmarkContext&) { ... }};
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cairn {

/// What one round gave.
struct Measurement {
  double value = 0;                                     ///< in the benchmark's unit
  std::vector<std::pair<std::string, double>> quality;  ///< {"nll", 88.3}: equal on both sides, or they did other work
};
using Measure = std::function<Measurement()>;

/// A script below bench/versus, run by the peers' Python; bench/versus/peer.py speaks its protocol.
struct PeerScript {
  std::string name;  ///< "nade.py"
  std::vector<std::string> arguments;
};

/// Both sides, ready for their rounds. Start-up is over, so that a round is the work alone.
struct Contest {
  Measure ours;
  std::optional<PeerScript> peer;
  Measure other_way;  ///< instead of a script: another way of ours to the same result; it stands for the peer
};

struct BenchmarkContext {
  int64_t threads = 1;
  std::filesystem::path folder;  ///< for inputs that both sides read; a script gets it as --folder, and --threads too
};

struct Benchmark {
  std::string name;  ///< "autoregressive/nade_epoch": the system, or "ops"
  std::string help;  ///< what is measured, against what
  std::string unit;  ///< "s", "GFLOP/s", "MB"
  bool higher_is_better = false;
  bool fresh_processes = false;  ///< each side in a process of its own in each round, as peak memory wants it
  int64_t rounds = 5;            ///< of each side, taken in turn; a first one, not counted, warms up
  std::function<Contest(const BenchmarkContext&)> prepare;
};

/// Seconds that body() takes.
template <class Body>
double seconds_of(const Body& body) {
  const auto begin = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace cairn
