// Looking data sets up: which folder has one, whether its files are whole, how to get it.
#include "cairn/data/catalogue.h"

#include <algorithm>
#include <cstdlib>

#include "cairn/base/error.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/io/sha256.h"

namespace cairn::data {
namespace fs = std::filesystem;
namespace {

bool has_all(const DataSet& set, const fs::path& folder) {
  if (!fs::is_directory(folder)) return false;
  return std::all_of(set.files.begin(), set.files.end(),
                     [&](const DataFile& file) { return fs::is_regular_file(folder / file.path); });
}

/// Where a user should put the set: the first searched folder, whether it is there or not.
fs::path target_folder(const DataSet& set) {
  const char* chosen = std::getenv("CAIRN_DATA");
  return (chosen != nullptr && *chosen != '\0' ? fs::path(chosen) : fs::current_path() / "data") / set.folder;
}

std::string searched_folders(const DataSet& set) {
  std::vector<std::string> folders;
  for (const fs::path& folder : data_folders()) folders.push_back((folder / set.folder).string());
  return join(folders, ", ");
}

}  // namespace

const DataSet* find_data_set(const std::string& name) {
  for (const DataSet& set : catalogue()) {
    if (set.name == name) return &set;
  }
  return nullptr;
}

const DataSet& data_set_named(const std::string& name) {
  if (const DataSet* set = find_data_set(name)) return *set;
  std::vector<std::string> names;
  for (const DataSet& set : catalogue()) names.push_back(set.name);
  throw UsageError("data",
                   cat("unknown data set '", name, "'", did_you_mean(name, names), "; known: ", join(names, ", ")));
}

std::vector<fs::path> data_folders() {
  std::vector<fs::path> folders;
  const auto add = [&](const fs::path& folder) {
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(folder);
  };
  if (const char* chosen = std::getenv("CAIRN_DATA"); chosen != nullptr && *chosen != '\0') add(chosen);
  add(fs::current_path() / "data");
  for (const fs::path& folder : resource_folders()) add(folder / "data");
  for (const fs::path& folder : resource_folders()) add(folder / "shipped" / "data");
  return folders;
}

std::optional<fs::path> find_folder(const DataSet& set) {
  for (const fs::path& folder : data_folders()) {
    if (has_all(set, folder / set.folder)) return folder / set.folder;
  }
  return std::nullopt;
}

fs::path folder_of(const DataSet& set) {
  if (auto folder = find_folder(set)) return *folder;
  throw EnvironmentError(set.name,
                         cat("this data set is not here; searched ", searched_folders(set), "\n", how_to_get(set)));
}

std::vector<std::string> damages(const DataSet& set) {
  std::optional<fs::path> folder = find_folder(set);
  for (const fs::path& candidate : data_folders()) {
    if (!folder && fs::is_directory(candidate / set.folder)) folder = candidate / set.folder;
  }
  if (!folder) folder_of(set);
  std::vector<std::string> found;
  for (const DataFile& file : set.files) {
    const fs::path path = *folder / file.path;
    if (!fs::is_regular_file(path)) {
      found.push_back(cat(path.string(), ": missing"));
    } else if (const std::string digest = io::sha256_of_file(path); digest != file.sha256) {
      found.push_back(cat(path.string(), ": sha256 ", got_expected(digest, file.sha256)));
    }
  }
  return found;
}

std::string how_to_get(const DataSet& set) {
  std::string text = cat("How to get ", set.name, " (", set.summary, "; licence: ", set.licence, "):\n  1. From ",
                         set.origin, "\n     get these files (sha256 first):\n");
  for (const DataFile& file : set.files) text += cat("       ", file.sha256, "  ", file.path, "\n");
  int step = 2;
  if (!set.prepare.empty()) text += cat("  ", step++, ". ", set.prepare, "\n");
  text += cat("  ", step++, ". Put them in ", target_folder(set).string(), "\n     (or into the folder ", set.folder,
              " of another one, and set CAIRN_DATA to that one).\n");
  return text + cat("  ", step, ". Check them: cairn data verify ", set.name, "\n");
}

}  // namespace cairn::data
