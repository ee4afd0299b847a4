#include "cairn/models/model_folder.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/nn/state_dict.h"

namespace cairn {

Json read_model_config(const std::filesystem::path& folder) {
  const auto path = folder / "config.json";
  if (!std::filesystem::exists(path)) {
    throw InputError(folder.string(), "no config.json here: expected a model folder, as `cairn train` leaves it");
  }
  constexpr size_t kMaxBytes = 16 << 20;
  try {
    auto config = Json::parse(io::read_file(path, kMaxBytes));
    config.at("system").get<std::string>();
    config.at("model");
    return config;
  } catch (const Json::exception& error) {
    throw InputError(path.string(), error.what());
  }
}

void load_weights(torch::nn::Module& network, const std::filesystem::path& file) {
  nn::load_state_dict(network, io::read_safetensors(file).tensors, file.string());
}

}  // namespace cairn
