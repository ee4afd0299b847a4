// A small regression task with dropout: enough to exercise every part of the loop in milliseconds.
#pragma once

#include <cmath>
#include <functional>

#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>

#include "cairn/data/array_stream.h"
#include "cairn/train/recipe.h"
#include "cairn/train/task.h"

namespace cairn::train {

struct TinyNetImpl : torch::nn::Module {
  TinyNetImpl() {
    RandomStream random(7, "tiny");
    for (auto& parameter : parameters()) {
      auto flat = parameter.detach().view(-1);
      for (int64_t i = 0; i < flat.numel(); ++i) flat[i] = 0.3 * random.normal();
    }
  }
  torch::Tensor forward(const torch::Tensor& x) { return out(dropout(torch::tanh(in(x)))); }

  torch::nn::Linear in = register_module("in", torch::nn::Linear(4, 16));
  torch::nn::Dropout dropout = register_module("dropout", torch::nn::Dropout(0.3));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(16, 1));
};

class TinyTask : public Task {
 public:
  TinyTask() {
    RandomStream random(3, "data");
    x_ = torch::empty({30, 4});
    for (int64_t i = 0; i < x_.numel(); ++i) x_.view(-1)[i] = random.normal();
    y_ = x_.sum(1, true) + 0.1 * x_.square().sum(1, true);
  }

  torch::nn::Module& network() override { return net_; }
  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override {
    return std::make_unique<data::ArrayStream>(std::map<std::string, torch::Tensor>{{"x", x_}, {"y", y_}},
                                               data::ArrayStreamOptions{.batch = batch, .random = random});
  }
  Losses losses(const data::Batch& batch, const StepContext& context) override {
    if (before_losses) before_losses(context);
    RandomStream random = context.random;
    const auto noise = 0.01 * random.normal();
    const auto mse = (net_.forward(batch["x"]) - batch["y"] + noise).square().mean();
    return {{"mse", loss_scale * mse}, {"noise", torch::tensor(noise)}};
  }
  bool has(data::Split split) const override { return split != data::Split::test || has_test; }
  Evaluation evaluate(const EvaluateOptions&) override {
    const auto mse = (net_.forward(x_) - y_).square().mean().item<double>();
    return {.metrics = {{"mse", mse}}, .count = 30};
  }
  std::string leading_metric() const override { return "mse"; }
  Json model_config() const override { return {{"hidden", 16}}; }
  std::string describe() const override { return "A tiny regression."; }
  std::string data_licence() const override { return "made up"; }

  std::function<void(const StepContext&)> before_losses;
  double loss_scale = 1;
  bool has_test = true;

 private:
  TinyNetImpl net_;
  torch::Tensor x_, y_;
};

inline Recipe tiny_recipe(const std::vector<std::string>& overrides = {}) {
  Document document = Document::parse_yaml(R"(
system: tiny
train:
  steps: 24
  batch: 4
  accumulate: 2
  lr: 0.02
  schedule: cosine
  warmup: 3
  ema: 0.9
  clip: 1.0
  log_every: 5
  evaluate_every: 7
  checkpoint_every: 4
)",
                                           "tiny.yaml");
  for (const auto& assignment : overrides) document.override_with(assignment);
  return load_recipe(document, "tiny");
}

}  // namespace cairn::train
