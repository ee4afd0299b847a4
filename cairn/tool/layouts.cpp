#include "cairn/tool/layouts.h"

#include <map>
#include <set>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::tool {

namespace {

std::vector<std::string> names_of(const std::vector<ChosenLayout>& rows) {
  std::set<std::string> names;
  for (const auto& row : rows) names.insert(row.layout->name);
  return {names.begin(), names.end()};
}

template <class Wanted>
std::vector<ChosenLayout> rows_where(const Wanted& wanted) {
  std::vector<ChosenLayout> rows;
  for (const System& system : systems()) {
    for (const Layout& layout : system.layouts) {
      if (wanted(system, layout)) rows.push_back({&system, &layout});
    }
  }
  return rows;
}

[[noreturn]] void refuse(const std::string& verb, const std::string& name, const std::vector<ChosenLayout>& known) {
  const auto names = names_of(known);
  throw UsageError("cairn " + verb,
                   cat("unknown layout '", name, "'", did_you_mean(name, names), "; known: ", join(names, ", ")));
}

/// The config of the request, or the one that its file carries.
void find_config(const Layout& layout, ImportRequest& request) {
  if (request.config.is_null() && layout.carried_config) request.config = layout.carried_config(request.files.front());
}

}  // namespace

std::string layouts_help() {
  std::map<std::string, std::pair<std::string, std::vector<std::string>>> layouts;  // name: help, systems
  for (const auto& row : rows_where([](const System&, const Layout&) { return true; })) {
    auto& [help, having] = layouts[row.layout->name];
    help = row.layout->help;
    having.push_back(row.system->name);
  }
  std::string text = "Layouts:\n";
  for (const auto& [name, row] : layouts) text += cat("  ", name, ": ", row.first, " (", join(row.second, ", "), ")\n");
  return text;
}

ChosenLayout layout_to_import(const std::string& name, ImportRequest& request) {
  const auto known = rows_where([](const System&, const Layout& layout) { return layout.import_model != nullptr; });
  std::vector<ChosenLayout> rows;
  for (const auto& row : known) {
    if (row.layout->name == name) rows.push_back(row);
  }
  if (rows.empty()) refuse("import", name, known);
  find_config(*rows.front().layout, request);
  if (request.config.is_null()) {
    if (rows.size() == 1) return rows.front();
    throw UsageError(
        "--config",
        cat("got nothing, expected a config.json or a model: several systems have the layout '", name, "'"));
  }
  const auto system = request.config.at("system").get<std::string>();
  for (const auto& row : rows) {
    if (row.system->name == system) return row;
  }
  throw UsageError("--config", cat("system '", system, "' has no layout '", name, "' to import"));
}

ChosenLayout layout_to_export(const std::string& name, const std::filesystem::path& model_folder) {
  const System& own = system_of(model_folder);
  const auto known = rows_where(
      [&](const System& system, const Layout& layout) { return &system == &own && layout.export_model != nullptr; });
  for (const auto& row : known) {
    if (row.layout->name == name) return row;
  }
  refuse("export", name, known);
}

}  // namespace cairn::tool
