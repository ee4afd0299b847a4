// From what a user types as MODEL to a model folder, and to the data it was trained with.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cairn/base/document.h"

namespace cairn::tool {

struct ShippedModel {
  std::string name;  ///< "autoregressive/nade"
  std::filesystem::path folder;
};

/// Every model folder below models/ of the resource folders, by name.
std::vector<ShippedModel> shipped_models();

/// MODEL is a model folder, a run folder (its model/, or else its newest checkpoint), or a shipped model's name. Throws
/// InputError for a folder that is neither, UsageError with the nearest shipped name for anything else.
std::filesystem::path model_folder(const std::string& model);

/// Whether `path` has the files that every model folder has.
bool is_model_folder(const std::filesystem::path& path);

/// The recipe that a model folder was trained by. Throws UsageError that asks for --data if it does not say.
Document training_recipe(const std::filesystem::path& model_folder);

}  // namespace cairn::tool
