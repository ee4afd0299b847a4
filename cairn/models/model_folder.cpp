#include "cairn/models/model_folder.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/nn/state_dict.h"

namespace cairn {

Json parse_model_config(const std::string& text, const std::string& source) {
  try {
    auto config = Json::parse(text);
    config.at("system").get<std::string>();
    config.at("model");
    return config;
  } catch (const Json::exception& error) {
    throw InputError(source, error.what());
  }
}

Json read_model_config_file(const std::filesystem::path& file) {
  constexpr size_t kMaxBytes = 16 << 20;
  return parse_model_config(io::read_file(file, kMaxBytes), file.string());
}

Json read_model_config(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  if (!std::filesystem::exists(path)) {
    throw InputError(folder.string(), "no config.json here: expected a model folder, as `cairn train` leaves it");
  }
  return read_model_config_file(path);
}

void load_weights(torch::nn::Module& network, const std::filesystem::path& file) {
  nn::load_state_dict(network, io::read_safetensors(file).tensors, file.string());
}

}  // namespace cairn
