// Means of weights and of checkpoints, and the fall of the learning rate that begins late.
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/train/ema.h"
#include "cairn/train/schedule.h"
#include "cairn/train/trainer.h"
#include "tests/train/tiny_task.h"

namespace cairn::train {
namespace {

TEST(Ema, WithoutDecayIsThePlainMean) {
  torch::nn::Linear layer(1, 1);
  Ema ema(*layer, 0);
  const torch::NoGradGuard no_grad;
  for (const double weight : {2.0, 5.0, 11.0}) {
    layer->weight.fill_(weight);
    ema.update();
  }
  EXPECT_NEAR(ema.state().at("weight").item<double>(), 6, 1e-6);
  EXPECT_EQ(ema.updates(), 3);
}

TEST(Ema, RefusesOtherDecays) {
  torch::nn::Linear layer(1, 1);
  EXPECT_THROW(Ema(*layer, 1), UsageError);
  EXPECT_THROW(Ema(*layer, -0.1), UsageError);
}

TEST(Schedule, StepsBeginWhereTheyAreTold) {
  TrainConfig config{.lr = 8, .schedule = "step", .step_every = 10, .step_factor = 0.5, .step_from = 40};
  for (const auto& [step, expected] : std::map<int64_t, double>{{0, 8}, {39, 8}, {40, 4}, {49, 4}, {50, 2}, {65, 1}}) {
    EXPECT_EQ(learning_rate(step, 100, config), expected) << step;
  }
  config.step_from = 0;
  for (const auto& [step, expected] : std::map<int64_t, double>{{0, 8}, {9, 8}, {10, 4}, {20, 2}}) {
    EXPECT_EQ(learning_rate(step, 100, config), expected) << step;
  }
}

TEST(AverageCheckpoints, TheModelIsTheMeanOfTheNewest) {
  log::set_level(log::Level::quiet);
  const io::TemporaryFolder place;
  const std::vector<std::string> changes{"train.average_checkpoints=3", "train.keep=3", "train.checkpoint_every=4"};
  auto folder =
      RunFolder::create({.path = place.path() / "run", .recipe = tiny_recipe(changes), .command = "cairn train tiny"});
  TinyTask task;
  Trainer(read_train_config(folder.recipe().document)).run(task, folder);

  const auto read = [&](const std::string& name) {
    return io::read_safetensors(folder.path() / name / "model.safetensors").tensors;
  };
  const auto mean = read("model");
  for (const auto& [name, tensor] : read("checkpoints/step-24")) {
    const auto expected = (read("checkpoints/step-16").at(name) + read("checkpoints/step-20").at(name) + tensor) / 3;
    EXPECT_TRUE(torch::allclose(mean.at(name), expected, 1e-6, 1e-7)) << name;
    EXPECT_FALSE(torch::equal(mean.at(name), tensor)) << name;
  }
}

TEST(AverageCheckpoints, AsManyMustBeKept) {
  EXPECT_THROW(read_train_config(tiny_recipe({"train.average_checkpoints=3"}).document), UsageError);
}

}  // namespace
}  // namespace cairn::train
