// `cairn info`: what a path holds; without one, what is shipped.
#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/safetensors.h"
#include "cairn/models/model_folder.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/model_path.h"
#include "cairn/tool/tensor_info.h"
#include "cairn/train/checkpoint.h"
#include "cairn/train/recipe.h"
#include "cairn/train/run_folder.h"

namespace cairn::tool {

namespace fs = std::filesystem;

namespace {

Json describe_shipped() {
  Json models = Json::array();
  for (const auto& shipped : shipped_models()) {
    const Json config = read_model_config(shipped.folder);
    models.push_back({{"name", shipped.name}, {"system", config["system"]}, {"folder", shipped.folder.string()}});
  }
  Json known = Json::array();
  for (const System& system : systems()) known.push_back({{"name", system.name}, {"summary", system.summary}});
  return {{"models", models}, {"systems", known}};
}

Json describe_model(const fs::path& folder) {
  const Json config = read_model_config(folder);
  const auto tensors = io::read_safetensors(folder / "model.safetensors").tensors;
  Json info{{"kind", "model"},
            {"folder", folder.string()},
            {"system", config["system"]},
            {"parameters", config.value("parameters", element_count(tensors))},
            {"config", config["model"]},
            {"metrics", config.value("metrics", Json::object())}};
  for (const char* key : {"licence", "data", "command"}) {
    if (config.contains(key)) info[key] = config[key];
  }
  info["tensors"] = describe_tensors(tensors);
  return info;
}

Json describe_checkpoint(const fs::path& folder) {
  Json info = describe_model(folder);
  info["kind"] = "checkpoint";
  info["step"] = train::read_loop_state(folder).step;
  return info;
}

Json describe_run(const fs::path& path) {
  const train::Recipe recipe = train::load_recipe(Document::read_yaml(path / "recipe.yaml"), path.string());
  const auto newest = train::CheckpointStore(path / "checkpoints", /*keep=*/1).newest_folder();
  const bool finished = is_model_folder(path / "model");
  Json info{{"kind", "run"},
            {"system", recipe.system},
            {"finished", finished},
            {"checkpoint", newest ? Json(newest->string()) : Json()}};
  if (finished || newest) {
    Json model = describe_model(finished ? path / "model" : *newest);
    for (const char* key : {"parameters", "metrics", "tensors"}) info[key] = model[key];
  }
  info["config"] = recipe.document.values();
  return info;
}

Json describe_recipe(const std::string& path) {
  const train::Recipe recipe = train::load_recipe(path, {});
  return {{"kind", "recipe"}, {"system", recipe.system}, {"config", recipe.document.values()}};
}

Json describe(const std::string& name) {
  const fs::path path(name);
  if (!fs::exists(path)) return describe_model(model_folder(name));
  if (train::RunFolder::is_run(path)) return describe_run(path);
  if (fs::exists(path / "state.json")) return describe_checkpoint(path);
  if (fs::is_directory(path)) return describe_model(model_folder(name));
  const std::string ending = path.extension().string();
  if (ending == ".yaml" || ending == ".yml") return describe_recipe(name);
  return describe_tensor_file(path);
}

}  // namespace

int info_verb(const Arguments& arguments) {
  CommandLine line("info");
  std::string path;
  line.add("PATH", &path,
           "a model, run or checkpoint folder, a shipped model's name, a recipe, or a .safetensors, "
           "PyTorch, .npy, .npz or idx file; without it: what is shipped");
  if (!line.parse(arguments)) return 0;
  print_result(path.empty() ? describe_shipped() : describe(path), line.style());
  return 0;
}

}  // namespace cairn::tool
