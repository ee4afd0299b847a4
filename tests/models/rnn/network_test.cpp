// Whole networks: published parameter counts, the packed runner against the network, bits that no batch changes, noise.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"
#include "cairn/models/rnn/sequence_runner.h"
#include "cairn/nn/state_dict.h"
#include "cairn/ops/cross_entropy.h"

namespace cairn::rnn {
namespace {

TEST(SequenceNetwork, PublishedParameterCounts) {
  const auto count = [](int64_t hidden) {
    return nn::parameter_count(SequenceNetwork({.layers = 2, .hidden = hidden}, {10000, 10000}));
  };
  EXPECT_EQ(count(200), 4653200);
  EXPECT_EQ(count(650), 19780400);
  EXPECT_EQ(count(1500), 66034000);
}

TEST(SequenceNetwork, FirstLossIsTheLogarithmOfTheVocabulary) {
  torch::manual_seed(1);
  const SequenceNetwork network({.layers = 1, .hidden = 50, .init = 0.05}, {10000, 10000});
  const auto x = torch::randint(10000, {20, 8}, torch::kInt64), y = torch::randint(10000, {20, 8}, torch::kInt64);
  const auto out = network.forward(x, network.stack().zero_state(8));
  const auto loss =
      ops::cross_entropy(out.h.flatten(0, 1), network.output_weight(), network.output_bias(), y.flatten());
  EXPECT_NEAR(loss.mean.item<double>(), 9.2103, 0.01);
}

ModelConfig with_everything() {
  return {.layers = 2,
          .hidden = 12,
          .peepholes = true,
          .layer_norm = true,
          .tied = true,
          .dropout_embedding = 0.2,
          .dropout_input = 0.3,
          .dropout_hidden = 0.3,
          .dropout_output = 0.3,
          .locked = true,
          .weight_drop = 0.3,
          .zoneout = 0.2,
          .activation_penalty = 2,
          .temporal_penalty = 1};
}

std::vector<ModelConfig> language_models() {
  return {{.layers = 2, .hidden = 12},
          {.cell = "gru", .layers = 2, .hidden = 9},
          with_everything(),
          {.layers = 1, .hidden = 12, .projection = 5}};
}

TEST(SequenceRunner, EqualsTheNetwork) {
  for (const auto& config : language_models()) {
    SequenceNetwork network(config, {30, 30});
    network.eval();
    const auto x = torch::randint(30, {7, 5}, torch::kInt64);
    const torch::NoGradGuard no_grad;
    const auto expected = network.forward(x, network.stack().zero_state(5));
    const SequenceRunner runner(network);
    auto state = runner.start(5);
    EXPECT_LT((runner.hidden(x, state) - expected.h).abs().max().item<double>(), 1e-5);
    EXPECT_LT((state[0].h - expected.last[0].h).abs().max().item<double>(), 1e-5);
  }
}

TEST(SequenceRunner, NoBatchAndNoCutChangesABit) {
  for (const auto& config : language_models()) {
    const SequenceNetwork network(config, {30, 30});
    const SequenceRunner runner(network);
    const auto x = torch::randint(30, {9, 13}, torch::kInt64);
    auto state = runner.start(13);
    const auto together = runner.hidden(x, state);
    for (const int64_t b : {0, 5, 12}) {
      auto own = runner.start(1);
      std::vector<torch::Tensor> steps;
      for (int64_t t = 0; t < 9; ++t) steps.push_back(runner.hidden(x.slice(0, t, t + 1).narrow(1, b, 1), own));
      EXPECT_TRUE(torch::equal(torch::cat(steps), together.narrow(1, b, 1))) << config.cell;
      EXPECT_TRUE(torch::equal(own[0].h, state[0].h.narrow(0, b, 1))) << config.cell;
    }
  }
}

TEST(SequenceNetwork, NoiseIsThereInTrainingAndTheSameForASeed) {
  SequenceNetwork network(with_everything(), {30, 30});
  const auto x = torch::randint(30, {7, 5}, torch::kInt64);
  const auto run = [&](int seed) {
    torch::manual_seed(seed);
    return network.forward(x, network.stack().zero_state(5));
  };
  EXPECT_TRUE(torch::equal(run(1).h, run(1).h));
  EXPECT_FALSE(torch::equal(run(1).h, run(2).h));
  EXPECT_TRUE(run(1).penalty.defined());
  network.eval();
  EXPECT_TRUE(torch::equal(run(1).h, run(2).h));
}

TEST(SequenceNetwork, LockedDropoutDropsTheSameUnitsAtAllSteps) {
  torch::manual_seed(3);
  const auto mask = dropped(torch::ones({6, 4, 50}), 0.5, /*locked=*/true);
  EXPECT_TRUE(torch::equal(mask[0], mask[5]));
  EXPECT_NEAR(mask.mean().item<double>(), 1, 0.2);
  EXPECT_FALSE(torch::equal(mask[0][0], mask[0][1]));
}

TEST(SequenceNetwork, RefusesOptionsThatDoNotGoTogether) {
  EXPECT_THROW(SequenceNetwork({.bidirectional = true}, {5, 5}), UsageError);
  EXPECT_THROW(SequenceNetwork({.hidden = 4, .embedding = 3, .tied = true}, {5, 5}), UsageError);
  EXPECT_THROW(SequenceNetwork({.task = "sequence_labeling", .tied = true}, {5, 5}), UsageError);
  EXPECT_THROW(SequenceNetwork({.hidden = 4, .projection = 2, .zoneout = 0.1}, {5, 5}), UsageError);
}

}  // namespace
}  // namespace cairn::rnn
