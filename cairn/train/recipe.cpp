#include "cairn/train/recipe.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::train {
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kSections = {"system", "model", "data", "train", "eval"};

/// "autoregressive/nade" for every recipe below the resource folders.
std::vector<std::string> known_recipes() {
  std::set<std::string> names;
  for (const auto& folder : resource_folders()) {
    const fs::path recipes = folder / "recipes";
    if (!fs::is_directory(recipes)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(recipes)) {
      if (entry.path().extension() == ".yaml")
        names.insert(fs::relative(entry.path(), recipes).replace_extension().generic_string());
    }
  }
  return {names.begin(), names.end()};
}

bool is_name(const std::string& text) {
  const fs::path path(text);
  return path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const fs::path& part) { return part == ".."; });
}

/// Null path if there is none.
fs::path recipe_named(const std::string& name) {
  if (!is_name(name)) return {};
  for (const auto& folder : resource_folders()) {
    const fs::path path = folder / "recipes" / (name + ".yaml");
    if (fs::is_regular_file(path)) return path;
  }
  return {};
}

}  // namespace

Recipe load_recipe(const Document& document, const std::string& name) {
  if (!document.values().is_object()) throw UsageError(name, got_expected("no sections", join(kSections, ", ")));
  for (const auto& [key, value] : document.values().items()) {
    if (std::find(kSections.begin(), kSections.end(), key) == kSections.end()) {
      throw UsageError(document.origin(key).text(), cat("unknown section '", key, "'", did_you_mean(key, kSections),
                                                        "; a recipe has ", join(kSections, ", ")));
    }
    if (key != "system" && !value.is_object()) {
      throw UsageError(document.origin(key).text(),
                       cat("section '", key, "': ", got_expected(value.dump(), "keys and values")));
    }
  }
  const Json& system = document.contains("system") ? document.at("system") : Json();
  if (!system.is_string()) {
    throw UsageError(
        document.origin("system").text(),
        cat("system: ", got_expected(system.is_null() ? "nothing" : system.dump(), "the name of a system")));
  }
  return {.name = name, .system = system.get<std::string>(), .document = document};
}

Recipe load_recipe(const std::string& recipe, const std::vector<std::string>& overrides) {
  const bool is_file = fs::is_regular_file(recipe);
  const fs::path path = is_file ? fs::path(recipe) : recipe_named(recipe);
  if (path.empty()) {
    throw UsageError("recipe", got_expected(cat("'", recipe, "'"), "a recipe file or the name of one") +
                                   did_you_mean(recipe, known_recipes()));
  }
  Document document = Document::read_yaml(path);
  for (const auto& assignment : overrides) document.override_with(assignment);
  return load_recipe(document, is_file ? path.stem().string() : recipe);
}

}  // namespace cairn::train
