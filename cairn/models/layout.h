// Foreign weight layouts of a system: the rows that `cairn import` and `cairn export` choose from.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cairn/base/document.h"

namespace cairn {

struct ImportRequest {
  std::vector<std::filesystem::path> files;  ///< at least one
  Json config;                               ///< a whole config.json (model_folder.h); null where the user gave none
  std::filesystem::path config_folder;       ///< where the user's config lies; empty where none was given
  std::string section;                       ///< of a file that holds several state dicts; "" is the usual one
  std::filesystem::path folder;              ///< an existing empty folder, to become a model folder
};

struct ExportRequest {
  std::filesystem::path model_folder;
  std::filesystem::path out;
};

struct Layout {
  std::string name;  ///< "pytorch"
  std::string help;  ///< one line
  /// Reads strictly: throws InputError that lists every missing and every unexpected tensor. May be empty.
  std::function<void(const ImportRequest&)> import_model;
  /// Writes one file, complete or not at all. May be empty.
  std::function<void(const ExportRequest&)> export_model;
  /// The config.json that a file of this layout carries, or null. May be empty.
  std::function<Json(const std::filesystem::path& file)> carried_config = {};
};

}  // namespace cairn
