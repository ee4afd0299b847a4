// From options to a network: the only place that knows every kind of model of this room.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "cairn/base/document.h"
#include "cairn/models/autoregressive/autoregressive_config.h"
#include "cairn/models/autoregressive/autoregressive_data.h"
#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

/// What a model folder's config.json says besides the options: the shape of an example and how data are read.
struct ModelSpec {
  ModelConfig config;
  std::vector<int64_t> shape;
  Encoding encoding;

  Json to_json() const;
  /// Throws UsageError or InputError for what to_json would not write.
  static ModelSpec from_json(const Json& json, const std::string& source);
};

/// Whether the network is one of pixels (image_model.h).
bool is_image_model(const ModelConfig& config);

std::shared_ptr<DensityModel> make_model(const ModelSpec& spec);

struct LoadedModel {
  ModelSpec spec;
  std::shared_ptr<DensityModel> model;
};

/// Reads a model folder's config.json and model.safetensors. Throws InputError listing missing and unexpected tensors.
LoadedModel load_model(const std::filesystem::path& folder);

}  // namespace cairn::autoregressive
