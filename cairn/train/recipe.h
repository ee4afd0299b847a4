// A recipe: YAML sections `system`, `model`, `data`, `train`, `eval`; `key.path=value` overrides.
#pragma once

#include <string>
#include <vector>

#include "cairn/base/document.h"
#include "cairn/base/resources.h"

namespace cairn::train {

struct Recipe {
  std::string name;  ///< "autoregressive/nade", or the file's stem
  std::string system;
  Document document;  ///< everything, overrides applied
};

/// RECIPE is a file, or a name under one of the recipe folders. Throws UsageError for an unknown one (nearest name
/// given), for a top-level key that is none of the five sections, and for a malformed override.
Recipe load_recipe(const std::string& recipe, const std::vector<std::string>& overrides);
Recipe load_recipe(const Document& document, const std::string& name);

/// Recipes, shipped models and shipped data are found below these (cairn/base/resources.h).
using cairn::resource;
using cairn::resource_folders;

}  // namespace cairn::train
