// A foreign weight layout that a system can read, write, or both.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace cairn {

struct Layout {
  std::string name;     ///< "pytorch", "word2vec-binary"
  std::string summary;  ///< one line; says which files import takes, in which order
  /// Files -> the files of a model folder, into the existing empty folder `model`. Strict: throws InputError that lists
  /// what is missing or unexpected. Empty if the layout cannot be read.
  std::function<void(const std::vector<std::filesystem::path>& files, const std::filesystem::path& model)> import_model;
  /// Model folder -> file, complete or absent. Empty if it cannot be written.
  std::function<void(const std::filesystem::path& model, const std::filesystem::path& file)> export_model;
};

/// A plain state dict by the model's own names, for any system.
Layout pytorch_layout();

}  // namespace cairn
