#include "cairn/tool/model_path.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/models/model_folder.h"
#include "cairn/train/checkpoint.h"
#include "cairn/train/run_folder.h"

namespace cairn::tool {

namespace fs = std::filesystem;

namespace {

/// Adds the model folders below `root`, at most `depth` folders down.
void collect(const fs::path& root, const fs::path& relative, int depth, std::vector<ShippedModel>& found) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root / relative, ignored)) {
    if (!entry.is_directory()) continue;
    const fs::path name = relative / entry.path().filename();
    if (is_model_folder(entry.path())) {
      found.push_back({name.string(), entry.path()});
    } else if (depth > 1) {
      collect(root, name, depth - 1, found);
    }
  }
}

fs::path model_of_run(const fs::path& run) {
  if (is_model_folder(run / "model")) return run / "model";
  const auto checkpoint = train::CheckpointStore(run / "checkpoints", /*keep=*/1).newest_folder();
  if (!checkpoint) throw InputError(run.string(), "this run has neither a model nor a checkpoint yet");
  return *checkpoint;
}

[[noreturn]] void refuse_name(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& model : shipped_models()) names.push_back(model.name);
  const std::string known = names.empty() ? "" : "; shipped models: " + join(names, ", ");
  throw UsageError(name, cat("no such folder and no shipped model", did_you_mean(name, names), known));
}

}  // namespace

std::vector<ShippedModel> shipped_models() {
  constexpr int kDepth = 2;
  std::vector<ShippedModel> found;
  for (const auto& folder : resource_folders()) {
    for (const char* place : {"models", "shipped/models"}) collect(folder / place, "", kDepth, found);
  }
  const auto by_name = [](const ShippedModel& a, const ShippedModel& b) { return a.name < b.name; };
  const auto same_name = [](const ShippedModel& a, const ShippedModel& b) { return a.name == b.name; };
  std::stable_sort(found.begin(), found.end(), by_name);
  found.erase(std::unique(found.begin(), found.end(), same_name), found.end());
  return found;
}

bool is_model_folder(const fs::path& path) {
  return fs::is_regular_file(path / "config.json") && fs::is_regular_file(path / "model.safetensors");
}

fs::path model_folder(const std::string& model) {
  const fs::path path(model);
  if (!fs::exists(path)) {
    for (const auto& shipped : shipped_models()) {
      if (shipped.name == model) return shipped.folder;
    }
    refuse_name(model);
  }
  if (train::RunFolder::is_run(path)) return model_of_run(path);
  if (fs::is_directory(path)) {
    for (const char* file : {"config.json", "model.safetensors"}) {
      if (!fs::exists(path / file)) {
        throw InputError(model, cat("got no ", file, " in it, expected a model folder or a run folder"));
      }
    }
    return path;
  }
  throw InputError(model, "got a file, expected a model folder or a run folder");
}

Document training_recipe(const fs::path& folder) {
  const Json config = read_model_config(folder);
  if (!config.contains("recipe")) {
    throw UsageError("--data", cat("got nothing, and ", folder.string(), " does not say what it was trained with"));
  }
  return Document(config["recipe"], (folder / "config.json").string());
}

}  // namespace cairn::tool
