#include "cairn/models/transformer/hf_folder.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/state_dict_layouts.h"

namespace cairn::transformer {

namespace fs = std::filesystem;

Json read_hf_json(const fs::path& file) {
  constexpr uint64_t kMaxBytes = 64 << 20;
  try {
    return Json::parse(io::read_file(file, kMaxBytes));
  } catch (const Json::exception& error) {
    throw InputError(file.string(), error.what());
  }
}

text::Vocabulary read_hf_vocabulary(const fs::path& file, int64_t size) {
  const Json json = read_hf_json(file);
  std::vector<std::string> tokens(static_cast<size_t>(size));
  if (!json.is_object() || static_cast<int64_t>(json.size()) != size) {
    throw InputError(file.string(), got_expected(cat(json.size(), " tokens"), cat(size, " as in config.json")));
  }
  for (const auto& [token, number] : json.items()) {
    const int64_t id = number.is_number_integer() ? number.get<int64_t>() : -1;
    if (id < 0 || id >= size || !tokens[static_cast<size_t>(id)].empty()) {
      throw InputError(
          file.string(),
          cat("'", token, "': ", got_expected(number.dump(), cat("a number of its own, 0 to ", size - 1))));
    }
    tokens[static_cast<size_t>(id)] = token;
  }
  return text::Vocabulary(std::move(tokens));
}

HfModel read_hf_model(const ImportRequest& request, const std::string& type) {
  const fs::path& folder = only_file(request);
  if (!fs::is_directory(folder)) throw InputError(folder.string(), got_expected("no folder", "one with config.json"));
  const auto file = folder / "config.json";
  ForeignConfig config(read_hf_json(file), file.string());
  if (config.text("model_type") != type) config.refuse("model_type", config.text("model_type"), type);
  if (const auto weights = folder / "model.safetensors"; fs::exists(weights)) {
    return {std::move(config), io::read_safetensors(weights).tensors, weights.string()};
  }
  const auto weights = folder / "pytorch_model.bin";
  if (!fs::exists(weights)) {
    throw InputError(folder.string(), got_expected("neither of them", "model.safetensors or pytorch_model.bin, whole"));
  }
  return {std::move(config), io::state_dict_of(io::read_torch_checkpoint(weights), request.section, weights.string()),
          weights.string()};
}

namespace {

struct ActivationName {
  const char *ours, *theirs;
};
constexpr ActivationName kActivations[] = {
    {"relu", "relu"},  {"gelu", "gelu"},           {"gelu_tanh", "gelu_new"},         {"silu", "silu"},
    {"silu", "swish"}, {"gelu_tanh", "gelu_fast"}, {"gelu_tanh", "gelu_pytorch_tanh"}};

}  // namespace

std::string activation_of_hf(const ForeignConfig& config, const std::string& key) {
  const auto name = config.text(key);
  for (const auto& [ours, theirs] : kActivations) {
    if (name == theirs) return ours;
  }
  config.refuse(key, name, "relu, gelu, gelu_new or silu");
}

std::string activation_to_hf(const std::string& activation, const std::string& layout) {
  for (const auto& [ours, theirs] : kActivations) {
    if (activation == ours) return theirs;
  }
  throw UsageError(layout, got_expected(cat("a model with activation ", activation), "relu, gelu, gelu_tanh or silu"));
}

}  // namespace cairn::transformer
