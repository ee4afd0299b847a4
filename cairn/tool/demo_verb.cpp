// `cairn demo`: every system's section, on shipped models and data, into one page.
#include <chrono>
#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/models/demo.h"
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

std::vector<const System*> chosen(const std::vector<std::string>& names) {
  std::vector<const System*> list;
  for (const auto& name : names) list.push_back(&system_named(name));
  if (names.empty()) {
    for (const System& system : systems()) list.push_back(&system);
  }
  return list;
}

}  // namespace

int demo_verb(const Arguments& arguments) {
  CommandLine line("demo");
  std::vector<std::string> names;
  std::string out = "demo";
  line.add("SYSTEM", &names, "these systems alone");
  line.add("--out", &out, "the folder for report.html and all files");
  if (!line.parse(arguments)) return 0;

  require_demo_folder(out);
  const auto start = std::chrono::steady_clock::now();
  vision::Page page("Cairn", "what `cairn demo` made on this machine");
  Json results = Json::object();
  for (const System* system : chosen(names)) {
    if (!system->demo) continue;
    DemoContext context{
        .page = page, .folder = emptied(fs::path(out) / system->name), .results = results[system->name]};
    system->demo(context);
  }
  const fs::path report = fs::path(out) / "report.html";
  page.write(report);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  print_result({{"report", report.string()}, {"seconds", seconds.count()}, {"systems", results}}, line.style());
  return 0;
}

}  // namespace cairn::tool
