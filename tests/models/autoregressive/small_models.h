// Small random models of every kind, to be checked by enumeration.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cairn/models/autoregressive/model_factory.h"

namespace cairn::autoregressive {

struct SmallModel {
  std::string name;
  ModelConfig config;
  std::vector<int64_t> shape{3, 4};
  int64_t levels = 2;
};

inline void PrintTo(const SmallModel& model, std::ostream* out) {
  *out << model.name;
}

/// Image models: one and three channels, two and three levels, a label, filters wider than the image, a single pixel.
inline void add_image_models(std::vector<SmallModel>& models) {
  for (const std::string& kind : image_kinds()) {
    const ModelConfig config{.kind = kind, .features = 3, .layers = 2, .head = 6};
    models.push_back({kind, config, {3, 4}});
    models.push_back({kind + "_three_levels", config, {2, 3}, 3});
    models.push_back({kind + "_colours", config, {2, 2, 3}});
    models.push_back({kind + "_colours_three_levels", config, {1, 2, 3}, 3});
    models.push_back({kind + "_one_variable", config, {1, 1}});
    auto labelled = config;
    labelled.label = "first";
    models.push_back({kind + "_label_first", labelled, {2, 3}});
    auto wide = config;
    wide.kernel = 5;
    wide.first_kernel = 9;
    models.push_back({kind + "_wide", wide, {4, 2}});
  }
}

/// Every kind with its variants: orders, depths, ensembles, direct connections, label first and last, three levels.
inline std::vector<SmallModel> small_models() {
  std::vector<SmallModel> models;
  const auto add = [&](std::string name, ModelConfig config) {
    models.push_back({std::move(name), std::move(config)});
  };
  add("bernoulli", {.kind = "bernoulli"});
  add("mixture", {.kind = "mixture", .components = 3});
  add("mixture_random", {.kind = "mixture", .order = "random", .components = 3});
  for (const char* order : {"raster", "reverse", "column", "random"}) {
    add(std::string("fvsbn_") + order, {.kind = "fvsbn", .order = order});
    add(std::string("nade_") + order, {.kind = "nade", .hidden = {7}, .order = order});
    add(std::string("made_") + order, {.kind = "made", .hidden = {17}, .order = order});
  }
  add("deep_nade", {.kind = "deep_nade", .hidden = {9, 5}, .order = "random"});
  add("deep_nade_ensemble", {.kind = "deep_nade", .hidden = {9}, .activation = "sigmoid", .orders = 3});
  add("made_deep", {.kind = "made", .hidden = {23, 14, 19}});
  add("made_narrow", {.kind = "made", .hidden = {3, 2}});
  add("made_direct", {.kind = "made", .hidden = {16}, .direct = true});
  add("made_masks", {.kind = "made", .hidden = {16, 13}, .order = "random", .orders = 4, .direct = true});
  for (const char* agnostic : {"connectivity", "both"}) {
    add(std::string("made_agnostic_to_") + agnostic,
        {.kind = "made", .hidden = {16, 13, 11}, .order = "random", .orders = 4, .agnostic = agnostic, .direct = true});
  }
  add("made_sigmoid", {.kind = "made", .hidden = {16}, .activation = "sigmoid", .orders = 2});
  for (const char* label : {"first", "last"}) {
    for (const char* kind : {"bernoulli", "mixture", "fvsbn", "nade", "deep_nade", "made"}) {
      ModelConfig config{.kind = kind, .hidden = {8}, .components = 2, .label = label};
      if (config.kind == "made") config.orders = 2;
      models.push_back({std::string(kind) + "_label_" + label, config, {2, 3}});
    }
  }
  for (const char* kind : {"bernoulli", "mixture", "fvsbn", "nade", "deep_nade", "made"}) {
    models.push_back({std::string(kind) + "_three_levels", {.kind = kind, .hidden = {8}, .components = 2}, {2, 3}, 3});
  }
  for (const char* kind : {"fvsbn", "nade", "deep_nade", "made"}) {
    models.push_back({std::string(kind) + "_one_variable", {.kind = kind, .hidden = {4}}, {1}});
  }
  add_image_models(models);
  return models;
}

inline std::vector<SmallModel> small_image_models() {
  std::vector<SmallModel> models;
  add_image_models(models);
  return models;
}

/// The model in fp64 with parameters large enough that mistakes show.
inline std::shared_ptr<DensityModel> make_random(const SmallModel& small, torch::Dtype type = torch::kFloat64) {
  const ModelSpec spec{.config = small.config, .shape = small.shape, .encoding = {.levels = small.levels}};
  auto model = make_model(spec);
  torch::manual_seed(7);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : model->parameters()) parameter.normal_(0, 0.8);
  model->after_step();
  model->to(type);
  model->eval();
  return model;
}

/// All inputs: [prod K_d, D] uint8.
inline torch::Tensor enumerate(const ops::Variables& variables) {
  int64_t count = 1;
  for (const int64_t levels : variables.levels) count *= levels;
  const auto all = torch::empty({count, variables.D()}, torch::kUInt8);
  uint8_t* data = all.data_ptr<uint8_t>();
  for (int64_t n = 0; n < count; ++n) {
    int64_t rest = n;
    for (int64_t d = 0; d < variables.D(); ++d) {
      data[n * variables.D() + d] = static_cast<uint8_t>(rest % variables.levels[d]);
      rest /= variables.levels[d];
    }
  }
  return all;
}

class EverySmallModel : public testing::TestWithParam<SmallModel> {};

}  // namespace cairn::autoregressive
