#include "cairn/tool/bench_run.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/registry.h"
#include "cairn/ops/benchmarks.h"
#include "cairn/tool/peer_process.h"
#include "cairn/train/benchmarks.h"

namespace cairn::tool {

namespace fs = std::filesystem;

namespace {

constexpr const char* kHowToInstall = "no peers here; to install them: ./run peers";

/// $CAIRN_PEERS, or .venv-peers below a resource folder; "" if there is none.
std::string peers_python() {
  if (const char* python = std::getenv("CAIRN_PEERS"); python != nullptr && *python != '\0') return python;
  for (const fs::path& folder : resource_folders()) {
    const fs::path python = folder / ".venv-peers" / "bin" / "python";
    if (fs::exists(python)) return python.string();
  }
  return "";
}

PeerCommand script_command(const PeerScript& script, const std::string& python, const BenchmarkContext& context) {
  PeerCommand command{.words = {python, resource(fs::path("bench") / "versus" / script.name).string(), "--threads",
                                cat(context.threads), "--folder", context.folder.string()},
                      .threads = context.threads,
                      .log = context.folder / "peer.log"};
  command.words.insert(command.words.end(), script.arguments.begin(), script.arguments.end());
  return command;
}

/// This tool, serving one side of the benchmark.
PeerCommand own_command(const Benchmark& benchmark, const std::string& side, const BenchmarkContext& context) {
  return {.words = {fs::read_symlink("/proc/self/exe").string(), "bench", benchmark.name, "--threads",
                    cat(context.threads), "--serve", side, "--folder", context.folder.string()},
          .threads = context.threads,
          .log = context.folder / (side + ".log")};
}

Measure rounds_of(const PeerCommand& command, bool fresh) {
  if (fresh) return [command] { return PeerProcess(command).round(); };
  return [process = std::make_shared<PeerProcess>(command)] { return process->round(); };
}

Measure our_side(const Benchmark& benchmark, const Contest& contest, const BenchmarkContext& context) {
  return benchmark.fresh_processes ? rounds_of(own_command(benchmark, "ours", context), true) : contest.ours;
}

/// Empty if the peer is not installed.
Measure other_side(const Benchmark& benchmark, const Contest& contest, const BenchmarkContext& context) {
  const bool fresh = benchmark.fresh_processes;
  if (!contest.peer) return fresh ? rounds_of(own_command(benchmark, "other_way", context), true) : contest.other_way;
  const std::string python = peers_python();
  return python.empty() ? Measure() : rounds_of(script_command(*contest.peer, python, context), fresh);
}

/// The other side, whose failure is noted and does not end the run: ours is still worth measuring.
class Opponent {
 public:
  Opponent(const std::function<Measure()>& start, BenchResult& result) : result_(result) {
    attempt([&] { measure_ = start(); });
    if (!measure_ && !result.failed) result.note = kHowToInstall;
  }
  std::optional<Measurement> round() {
    std::optional<Measurement> measured;
    if (measure_) attempt([&] { measured = measure_(); });
    return measured;
  }

 private:
  void attempt(const std::function<void()>& body) {
    try {
      body();
    } catch (const Error& error) {
      measure_ = nullptr;
      result_.note = error.what();
      result_.failed = true;
    }
  }

  BenchResult& result_;
  Measure measure_;
};

template <class Get>
std::vector<double> sorted(const std::vector<Measurement>& rounds, const Get& get) {
  std::vector<double> values;
  for (size_t i = 0; i < rounds.size(); ++i) values.push_back(get(i));
  std::sort(values.begin(), values.end());
  return values;
}

double median(const std::vector<double>& sorted_values) {
  const size_t n = sorted_values.size();
  return (sorted_values[(n - 1) / 2] + sorted_values[n / 2]) / 2;
}

Json median_value(const std::vector<Measurement>& rounds) {
  if (rounds.empty()) return nullptr;
  return median(sorted(rounds, [&](size_t i) { return rounds[i].value; }));
}

/// The last round's qualities: {"nll": {"ours": 88.31, "peer": 88.31}}.
Json qualities(const BenchResult& result) {
  Json json = Json::object();
  if (result.ours.empty()) return json;
  for (const auto& [name, value] : result.ours.back().quality) json[name] = {{"ours", value}, {"peer", nullptr}};
  if (result.peer.empty()) return json;
  for (const auto& [name, value] : result.peer.back().quality) {
    if (!json.contains(name)) json[name] = {{"ours", nullptr}};
    json[name]["peer"] = value;
  }
  return json;
}

/// `result` gets the rounds of both sides.
void compete(const Benchmark& benchmark, const BenchOptions& options, BenchResult& result) {
  const io::TemporaryFolder folder;
  const BenchmarkContext context{.threads = options.threads, .folder = folder.path()};
  const Contest contest = benchmark.prepare(context);
  const Measure ours = our_side(benchmark, contest, context);
  Opponent opponent([&] { return other_side(benchmark, contest, context); }, result);
  if (!benchmark.fresh_processes) {  // warm up
    ours();
    opponent.round();
  }
  const int64_t rounds = options.rounds > 0 ? options.rounds : benchmark.rounds;
  for (int64_t round = 0; round < rounds; ++round) {
    result.ours.push_back(ours());
    const auto measured = opponent.round();
    if (measured) result.peer.push_back(*measured);
    log::debug(cat(benchmark.name, " ", round + 1, "/", rounds, ": ours ", to_line(result.ours.back()),
                   measured ? cat(", peer ", to_line(*measured)) : std::string()));
  }
  if (result.failed) result.peer.clear();
}

}  // namespace

std::vector<Benchmark> all_benchmarks() {
  std::vector<Benchmark> list = ops::benchmarks();
  for (auto& benchmark : train::checkpointing_benchmarks()) list.push_back(std::move(benchmark));
  for (const System& system : systems()) {
    if (!system.benchmarks) continue;
    for (auto& benchmark : system.benchmarks()) list.push_back(std::move(benchmark));
  }
  return list;
}

BenchResult run_benchmark(const Benchmark& benchmark, const BenchOptions& options) {
  BenchResult result;
  try {
    compete(benchmark, options, result);
  } catch (const EnvironmentError& error) {
    if (!result.ours.empty()) throw;
    result.note = error.what();
  }
  return result;
}

Json to_json(const Benchmark& benchmark, const BenchResult& result, const BenchOptions& options) {
  Json json{{"name", benchmark.name}, {"ours", median_value(result.ours)},
            {"peer", nullptr},        {"unit", benchmark.unit},
            {"ratio", nullptr},       {"ratio_low", nullptr},
            {"ratio_high", nullptr}};
  if (!result.peer.empty()) {
    const auto ratios = sorted(result.ours, [&](size_t i) {
      const double ours = result.ours[i].value, peer = result.peer[i].value;
      return benchmark.higher_is_better ? ours / peer : peer / ours;
    });
    json["peer"] = median_value(result.peer);
    json["ratio"] = median(ratios);
    json["ratio_low"] = ratios.front();
    json["ratio_high"] = ratios.back();
  }
  json["threads"] = options.threads;
  json["rounds"] = result.ours.size();
  json["quality"] = qualities(result);
  json["note"] = result.note;
  return json;
}

void serve_rounds(const Benchmark& benchmark, const std::string& side, const BenchmarkContext& context) {
  const Contest contest = benchmark.prepare(context);
  const Measure& measure = side == "ours" ? contest.ours : contest.other_way;
  if (!measure) throw UsageError("--serve", got_expected(side, "a side that this benchmark has: ours or other_way"));
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) std::cout << to_line(measure()) << std::endl;
}

}  // namespace cairn::tool
