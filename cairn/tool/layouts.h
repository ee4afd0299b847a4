// From what a user types as LAYOUT to a system's row.
#pragma once

#include <filesystem>
#include <string>

#include "cairn/models/registry.h"

namespace cairn::tool {

struct ChosenLayout {
  const System* system;
  const Layout* layout;
};

/// For --help: each layout once, with what it is and the systems that have it.
std::string layouts_help();

/// The row that reads the request's files. Where several systems have a layout of that name, the config decides: the
/// request's, or else the one that the file carries, which is put into the request. Throws UsageError for an unknown
/// name (with the nearest) and where nothing decides.
ChosenLayout layout_to_import(const std::string& name, ImportRequest& request);

/// The row of the model's own system. Throws UsageError, with the layouts it has.
ChosenLayout layout_to_export(const std::string& name, const std::filesystem::path& model_folder);

}  // namespace cairn::tool
