// `cairn bench`: the speed of operators and systems, with their peers side by side.
#include <ATen/Parallel.h>

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"
#include "cairn/tool/bench_page.h"
#include "cairn/tool/bench_run.h"
#include "cairn/tool/command_line.h"
#include "cairn/train/memory_meter.h"

namespace cairn::tool {

namespace {

/// NAME is a benchmark, or the part before the slash that several share.
std::vector<Benchmark> named(const std::vector<Benchmark>& all, const std::string& name) {
  std::vector<Benchmark> found;
  std::vector<std::string> known;
  for (const Benchmark& benchmark : all) {
    const std::string group = split(benchmark.name, '/').front();
    if (benchmark.name == name || group == name) found.push_back(benchmark);
    known.push_back(benchmark.name);
    if (std::find(known.begin(), known.end(), group) == known.end()) known.push_back(group);
  }
  if (found.empty()) {
    throw UsageError("cairn bench", cat("unknown benchmark '", name, "'", did_you_mean(name, known),
                                        "; `cairn bench --list` shows them"));
  }
  return found;
}

std::vector<Benchmark> chosen(const std::vector<std::string>& names) {
  const auto all = all_benchmarks();
  std::vector<Benchmark> list;
  for (const auto& name : names) {
    for (auto& benchmark : named(all, name)) list.push_back(std::move(benchmark));
  }
  return names.empty() ? all : list;
}

Json listing(const std::vector<Benchmark>& benchmarks) {
  Json list = Json::array();
  for (const Benchmark& b : benchmarks) list.push_back({{"name", b.name}, {"unit", b.unit}, {"help", b.help}});
  return list;
}

std::string rounded(const Json& value, int significant) {
  if (!value.is_number()) return "-";
  const double number = value.get<double>();
  const int digits = number == 0 ? 0 : static_cast<int>(std::floor(std::log10(std::abs(number)))) + 1;
  return fixed(number, std::max(0, significant - digits));
}

/// The rows as people read them.
Json table(const Json& rows) {
  Json shown = Json::array();
  for (const Json& row : rows) {
    Json line{{"name", row["name"]}};
    for (const char* key : {"ours", "peer"}) line[key] = rounded(row[key], 3);
    line["unit"] = row["unit"];
    for (const char* key : {"ratio", "ratio_low", "ratio_high"}) line[key] = rounded(row[key], 3);
    line["threads"] = row["threads"];
    std::vector<std::string> notes;
    for (const auto& [name, sides] : row["quality"].items()) {
      notes.push_back(cat(name, " ", rounded(sides["ours"], 6), " / ", rounded(sides["peer"], 6)));
    }
    if (row["note"] != "") notes.push_back(row["note"]);
    line["quality (ours / peer)"] = join(notes, "; ");
    shown.push_back(line);
  }
  return shown;
}

}  // namespace

int bench_verb(const Arguments& arguments) {
  CommandLine line("bench");
  std::vector<std::string> names;
  BenchOptions options;
  bool list = false;
  std::string serve, folder, over, page = "bench.html";
  line.add("NAME", &names, "benchmarks, or groups of them (ops, autoregressive); all if not given");
  line.add("--list", &list, "only list them");
  line.add("--rounds", &options.rounds, "of each side; 0: each benchmark's own");
  line.add("--over", &over,
           "draw ours and the peer's over this figure, one of the qualities that the benchmarks state");
  line.add("--page", &page, "where to");
  line.add("--serve", &serve, "", {.group = ""});  // how this tool calls itself for a process of its own
  line.add("--folder", &folder, "", {.group = ""});
  if (!line.parse(arguments)) return 0;

  train::count_memory();  // tensors come from the same blocks as in training
  const auto benchmarks = chosen(names);
  options.threads = at::get_num_threads();
  if (list) return print_result(listing(benchmarks), line.style()), 0;
  if (!serve.empty()) {
    serve_rounds(benchmarks.at(0), serve, {.threads = options.threads, .folder = folder});
    return 0;
  }
  Json rows = Json::array();
  bool failed = false;
  for (const Benchmark& benchmark : benchmarks) {
    log::info(cat(benchmark.name, ": ", benchmark.help));
    const BenchResult result = run_benchmark(benchmark, options);
    if (!result.note.empty()) log::warn(cat(benchmark.name, ": ", result.note));
    failed = failed || result.failed;
    rows.push_back(to_json(benchmark, result, options));
  }
  if (!over.empty()) write_bench_page(page, over, rows);
  print_result(line.style().json ? rows : table(rows), line.style());
  return failed ? 1 : 0;
}

}  // namespace cairn::tool
