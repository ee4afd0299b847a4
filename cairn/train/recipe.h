// A recipe: YAML sections `system`, `model`, `data`, `train`, `eval`; `key.path=value` overrides.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cairn/base/document.h"

namespace cairn::train {

struct Recipe {
  std::string name;    ///< "autoregressive/nade", or the file's stem
  std::string system;
  Document document;   ///< everything, overrides applied
};

/// RECIPE is a file, or a name under one of the recipe folders. Throws UsageError for an unknown one (nearest name given),
/// for a top-level key that is none of the five sections, and for a malformed override.
Recipe load_recipe(const std::string& recipe, const std::vector<std::string>& overrides);
Recipe load_recipe(const Document& document, const std::string& name);

/// Folders that hold recipes, shipped models and shipped data: CAIRN_HOME, the source tree, the installed share/cairn.
std::vector<std::filesystem::path> resource_folders();
/// The first existing `relative` below a resource folder; throws EnvironmentError naming those searched.
std::filesystem::path resource(const std::filesystem::path& relative);

}  // namespace cairn::train
