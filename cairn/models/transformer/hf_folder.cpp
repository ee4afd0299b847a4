#include "cairn/models/transformer/hf_folder.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/state_dict_layouts.h"

namespace cairn::transformer {

namespace fs = std::filesystem;

HfConfig::HfConfig(Json json, std::string source) : json_(std::move(json)), source_(std::move(source)) {
  if (!json_.is_object()) throw InputError(source_, got_expected(json_.type_name(), "an object"));
}

void HfConfig::refuse(const std::string& key, const std::string& got, const std::string& expected) const {
  throw InputError(source_, cat(key, ": ", got_expected(got, expected)));
}

const Json& HfConfig::at(const std::string& key) const {
  if (!has(key)) refuse(key, "nothing", "a value");
  return json_.at(key);
}

int64_t HfConfig::integer(const std::string& key) const {
  const Json& value = at(key);
  if (!value.is_number_integer() || value.get<int64_t>() < 0) refuse(key, value.dump(), "a whole number, 0 or more");
  return value.get<int64_t>();
}

double HfConfig::number(const std::string& key, double fallback) const {
  if (!has(key)) return fallback;
  const Json& value = at(key);
  if (!value.is_number()) refuse(key, value.dump(), "a number");
  return value.get<double>();
}

bool HfConfig::flag(const std::string& key, bool fallback) const {
  if (!has(key)) return fallback;
  const Json& value = at(key);
  if (!value.is_boolean()) refuse(key, value.dump(), "true or false");
  return value.get<bool>();
}

std::string HfConfig::text(const std::string& key) const {
  const Json& value = at(key);
  if (!value.is_string()) refuse(key, value.dump(), "a text");
  return value.get<std::string>();
}

void HfConfig::require(const std::string& key, const Json& value) const {
  if (has(key) && at(key) != value) refuse(key, at(key).dump(), value.dump());
}

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
  HfConfig config(read_hf_json(file), file.string());
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

std::string activation_of_hf(const HfConfig& config, const std::string& key) {
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
