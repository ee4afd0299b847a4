// `cairn demo`: every section, on shipped models and data, into one page.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/models/checkpointing_demo.h"
#include "cairn/models/linear_attention_demo.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/vision/page.h"

namespace cairn::tool {

namespace fs = std::filesystem;

namespace {

/// Old results are replaced, so the folder must be one of ours.
void require_demo_folder(const fs::path& folder) {
  if (!fs::exists(folder) || fs::exists(folder / "report.html") || fs::is_empty(folder)) return;
  throw UsageError("--out",
                   cat(folder.string(), ": got a folder with other files, expected a new one or an earlier demo's"));
}

fs::path emptied(const fs::path& folder) {
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

struct Section {
  std::string name;
  std::function<void(DemoContext&)> write;
};

/// Every system's that has one, then those of what stands below the systems.
std::vector<Section> all_sections() {
  std::vector<Section> sections;
  for (const System& system : systems()) {
    if (system.demo) sections.push_back({system.name, system.demo});
  }
  sections.push_back({"linear_attention", linear_attention_demo});
  sections.push_back({"checkpointing", checkpointing_demo});
  return sections;
}

std::vector<Section> chosen(const std::vector<std::string>& names) {
  const auto all = all_sections();
  if (names.empty()) return all;
  std::vector<std::string> known;
  for (const Section& section : all) known.push_back(section.name);
  std::vector<Section> sections;
  for (const auto& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      throw UsageError("demo",
                       cat("unknown section '", name, "'", did_you_mean(name, known), "; known: ", join(known, ", ")));
    }
    sections.push_back(all[found - known.begin()]);
  }
  return sections;
}

}  // namespace

int demo_verb(const Arguments& arguments) {
  CommandLine line("demo");
  std::vector<std::string> names;
  std::string out = "demo";
  line.add("SECTION", &names, "these alone: a system's name, linear_attention or checkpointing");
  line.add("--out", &out, "the folder for report.html and all files");
  if (!line.parse(arguments)) return 0;

  require_demo_folder(out);
  const auto start = std::chrono::steady_clock::now();
  vision::Page page("Cairn", "what `cairn demo` made on this machine");
  Json results = Json::object();
  for (const Section& section : chosen(names)) {
    DemoContext context{
        .page = page, .folder = emptied(fs::path(out) / section.name), .results = results[section.name]};
    section.write(context);
  }
  const fs::path report = fs::path(out) / "report.html";
  page.write(report);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  print_result({{"report", report.string()}, {"seconds", seconds.count()}, {"systems", results}}, line.style());
  return 0;
}

}  // namespace cairn::tool
