// train.memory_budget: the same weights in less memory, peaks as predicted, and what is refused.
#include "cairn/train/memory_budget.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/container/modulelist.h>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/nn/state_dict.h"
#include "cairn/train/trainer.h"
#include "cairn/train/training_plan.h"
#include "tests/train/tiny_task.h"

namespace cairn::train {
namespace {

constexpr int64_t kWidth = 64, kLayers = 12, kBatch = 400;

/// A dozen layers with dropout: stages whose tapes outweigh the weights.
class DeepTask : public Task {
 public:
  DeepTask() {
    torch::manual_seed(5);
    for (int64_t l = 0; l < kLayers; ++l) layers_->push_back(torch::nn::Linear(kWidth, kWidth));
    x_ = torch::randn({2 * kBatch, kWidth});
  }
  torch::nn::Module& network() override { return *layers_; }
  std::unique_ptr<data::Stream> stream(int64_t batch, RandomStream random) override {
    return std::make_unique<data::ArrayStream>(std::map<std::string, torch::Tensor>{{"x", x_}},
                                               data::ArrayStreamOptions{.batch = batch, .random = random});
  }
  std::optional<StagedLosses> stages(const data::Batch& batch, const StepContext&) override {
    StagedLosses staged{.chain = {}, .input = {batch["x"]}, .names = {"power", "mean"}};
    for (int64_t l = 0; l < kLayers; ++l) {
      staged.chain.add(cat("layer ", l + 1), [this, l](const torch::Tensor& h) {
        return torch::dropout(torch::tanh(layers_[l]->as<torch::nn::Linear>()->forward(h)), 0.2, /*train=*/true);
      });
    }
    const auto aside = batch["x"].repeat({8, 1});  // made for the stages and held by them: it counts too
    staged.chain.add("losses", [aside](const nn::Activations& h) {
      return nn::Activations{(h[0] - aside[0]).square().mean(), h[0].mean().detach()};
    });
    return staged;
  }
  bool has(data::Split) const override { return false; }
  Evaluation evaluate(const EvaluateOptions&) override { return {}; }
  std::string leading_metric() const override { return "power"; }
  Json model_config() const override { return Json::object(); }
  std::string describe() const override { return "A dozen layers."; }
  std::string data_licence() const override { return "made up"; }

 private:
  torch::nn::ModuleList layers_;
  torch::Tensor x_;
};

class MemoryBudgetTest : public testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::quiet); }

  static TrainConfig config(const std::string& budget) {
    TrainConfig c;
    c.steps = 20;
    c.batch = kBatch;
    c.accumulate = 2;
    c.log_every = "5";
    c.memory_budget = budget;
    c.threads = 1;
    return c;
  }
  std::map<std::string, torch::Tensor> trained(const std::string& budget) {
    DeepTask task;
    auto folder = RunFolder::create(
        {.path = folder_.path() / cat("run", ++runs_), .recipe = tiny_recipe(), .command = "cairn train deep"});
    Trainer(config(budget)).run(task, folder);
    return nn::state_dict(task.network());
  }
  static std::string refusal(const std::string& budget, Task& task) {
    try {
      plan_training(task, config(budget));
    } catch (const UsageError& error) {
      return error.what();
    }
    return "nothing thrown";
  }

  io::TemporaryFolder folder_;
  int runs_ = 0;
};

TEST_F(MemoryBudgetTest, WeightsAreTheSameBitsWithAnyBudget) {
  DeepTask task;
  const auto plan = plan_training(task, config("")).plan;
  const int64_t least = plan.standing + plan.trade_off.front().predicted.peak;
  const auto without = trained("");
  for (const auto& budget : {std::string("1"), std::string("0.75"), cat(least + least / 100)}) {
    const auto with = trained(budget);
    for (const auto& [name, weight] : without) {
      EXPECT_TRUE(torch::equal(weight, with.at(name))) << name << " with " << budget;
    }
  }
}

TEST_F(MemoryBudgetTest, MeasuredPeaksAreThosePredictedAndRiseWithTheBudget) {
  DeepTask task;
  const auto everything = plan_training(task, config("")).plan;
  const int64_t least = everything.standing + everything.trade_off.front().predicted.peak;
  const int64_t most = everything.peak();
  EXPECT_LT(static_cast<double>(least), 0.8 * static_cast<double>(most));
  int64_t before = 0;
  for (int64_t k = 1; k <= 5; ++k) {
    const int64_t budget = least + (most - least) * k / 5;
    const TrainingPlan p = plan_training(task, config(std::to_string(budget)));
    EXPECT_LE(p.plan.peak(), budget);
    EXPECT_NEAR(static_cast<double>(p.peak), static_cast<double>(p.plan.peak()), 0.05 * static_cast<double>(p.peak));
    EXPECT_GE(p.plan.peak(), before);
    before = p.plan.peak();
  }
}

TEST_F(MemoryBudgetTest, WhatIsRefusedSaysWhy) {
  DeepTask deep;
  for (const char* wrong : {"much", "800XB", "-5MB", "0", "0MB", "nan"}) {
    EXPECT_NE(refusal(wrong, deep).find("a size as 800MB"), std::string::npos) << wrong;
  }
  EXPECT_NE(refusal("10kB", deep).find("the least possible for this batch"), std::string::npos);
  TinyTask tiny;  // says its losses, not its stages
  EXPECT_NE(refusal("0.5", tiny).find("does not say its stages"), std::string::npos);
}

}  // namespace
}  // namespace cairn::train
