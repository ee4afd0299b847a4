#include "cairn/models/model_folder.h"

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"

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

int64_t memory_for(const io::TensorMap& weights) {
  constexpr int64_t kTables = int64_t{2} << 30, kTimes = 16;
  int64_t bytes = kTables;
  for (const auto& [name, tensor] : weights) bytes += kTimes * static_cast<int64_t>(tensor.nbytes());
  return bytes;
}

}  // namespace cairn
