// The network: what may be seen, the same bits in any company, step by step, ties, stages, model folders.
#include "cairn/models/transformer/transformer.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"
#include "cairn/models/transformer/model_factory.h"
#include "cairn/models/transformer/transformer_runner.h"
#include "cairn/nn/linear.h"
#include "cairn/nn/state_dict.h"
#include "tests/train/checkpointing/twenty_budgets.h"

namespace cairn::transformer {
namespace {

constexpr int64_t kVocabulary = 11;

ModelConfig small(const std::string& task) {
  ModelConfig config;
  config.task = task;
  config.width = 16;
  config.heads = 2;
  config.feed_forward = 24;
  config.encoder_layers = config.decoder_layers = 2;
  config.max_length = 12;
  return config;
}

std::vector<ModelConfig> variants(const std::string& task) {
  std::vector<ModelConfig> list(4, small(task));
  list[1].norm_first = true;
  list[1].positions = "learned";
  list[1].activation = "gelu";
  list[1].tie = "decoder";
  list[2].norm = "rms";
  list[2].norm_first = true;
  list[2].positions = "rotary";
  list[2].activation = "swiglu";
  list[2].bias = false;
  list[2].tie = "none";
  list[3].positions = "sinusoidal_fairseq";
  list[3].first_position = 2;
  list[3].output_bias = true;
  list[3].embedding_scale = false;
  return list;
}

torch::Tensor tokens(int64_t B, int64_t T) {
  return torch::randint(kVocabulary, {B, T}, torch::kInt64);
}

TEST(Transformer, PredictionsDoNotSeeWhatFollows) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(1);
  for (const auto& config : variants("language_model")) {
    Transformer network(config, kVocabulary);
    network.eval();
    auto x = tokens(2, 9);
    const auto before = network.logits(network.decode(x));
    x.slice(1, 5).random_(kVocabulary);
    EXPECT_TRUE(before.slice(1, 0, 5).equal(network.logits(network.decode(x)).slice(1, 0, 5)));
  }
}

TEST(Transformer, PackedASentenceIsTheSameBitsInAnyBatch) {
  const torch::NoGradGuard no_grad;
  torch::manual_seed(2);
  for (const auto& config : variants("translation")) {
    auto network = std::make_shared<Transformer>(config, kVocabulary);
    network->eval();
    const nn::PackedForUse packed(*network);
    const auto source = tokens(4, 8), target = tokens(4, 7), lengths = torch::tensor({8, 1, 5, 3});
    const auto logits = [&](const torch::Tensor& x, const torch::Tensor& n, const torch::Tensor& y) {
      return network->logits(network->decode(y, network->encode(x, n)));
    };
    const auto whole = logits(source, lengths, target);
    for (int64_t b = 0; b < 4; ++b) {
      const auto own = source.slice(0, b, b + 1).slice(1, 0, lengths[b].item<int64_t>());
      for (const int64_t T : {7, 2}) {
        EXPECT_TRUE(whole[b].slice(0, 0, T).equal(logits(own, {}, target.slice(0, b, b + 1).slice(1, 0, T))[0])) << b;
      }
    }
  }
}

TEST(Transformer, PackedIsCloseToWhatIsTrained) {
  torch::manual_seed(3);
  for (const auto& config : variants("translation")) {
    auto network = std::make_shared<Transformer>(config, kVocabulary);
    network->eval();
    const auto source = tokens(3, 8), target = tokens(3, 6), lengths = torch::tensor({8, 2, 5});
    const auto logits = [&] { return network->logits(network->decode(target, network->encode(source, lengths))); };
    const auto trained = logits().detach();
    const torch::NoGradGuard no_grad;
    const nn::PackedForUse packed(*network);
    EXPECT_LT((logits() - trained).abs().max().item<double>(), 1e-5);
  }
}

TEST(TransformerRunner, StepsAreTheWholeHoweverRowsAreChosen) {
  const torch::InferenceMode inference;
  torch::manual_seed(4);
  for (const auto& config : variants("translation")) {
    const auto network = std::make_shared<Transformer>(config, kVocabulary);
    const TransformerRunner runner(network);
    const std::vector<std::vector<int64_t>> sentences{{1, 2, 3, 4, 5}, {6, 7}, {8, 9, 10}};
    const auto scorer = runner.start(runner.encode(sentences));
    EXPECT_EQ(scorer->vocabulary(), kVocabulary);
    std::vector<std::vector<int64_t>> written(3);
    std::vector<size_t> of{0, 1, 2};
    const auto expect_whole = [&](const torch::Tensor& log_p) {
      for (size_t r = 0; r < written.size(); ++r) {
        const auto alone = runner.encode({sentences[of[r]]});
        const auto h = network->decode(torch::tensor(written[r]).unsqueeze(0), alone).select(1, -1);
        EXPECT_TRUE(log_p[static_cast<int64_t>(r)].equal(runner.log_probabilities(h)[0])) << r;
      }
    };
    const std::vector<std::vector<int64_t>> choices{{0, 1, 2}, {2, 2, 0, 1}, {3, 0, 1}, {1}, {0, 0}};
    for (const auto& rows : choices) {
      scorer->select(torch::tensor(rows));
      std::vector<std::vector<int64_t>> next;
      std::vector<size_t> next_of;
      for (const int64_t row : rows) {
        next.push_back(written[static_cast<size_t>(row)]);
        next_of.push_back(of[static_cast<size_t>(row)]);
      }
      written = next;
      of = next_of;
      const auto newest = torch::randint(kVocabulary, {static_cast<int64_t>(rows.size())}, torch::kInt64);
      for (size_t r = 0; r < written.size(); ++r) written[r].push_back(newest[static_cast<int64_t>(r)].item<int64_t>());
      expect_whole(scorer->step(newest));
    }
  }
}

TEST(TransformerRunner, LanguageModelsStepAsTheyRead) {
  const torch::InferenceMode inference;
  torch::manual_seed(5);
  for (const auto& config : variants("language_model")) {
    const auto network = std::make_shared<Transformer>(config, kVocabulary);
    const TransformerRunner runner(network);
    const auto x = tokens(2, 9);
    const auto whole = runner.log_probabilities(network->decode(x).flatten(0, 1)).view({2, 9, -1});
    const auto scorer = runner.start();
    for (int64_t t = 0; t < 9; ++t) EXPECT_TRUE(scorer->step(x.select(1, t)).equal(whole.select(1, t))) << t;
  }
}

TEST(Transformer, StagesAreTheNetwork) {
  torch::manual_seed(6);
  for (auto config : variants("translation")) {
    config.dropout = 0;
    Transformer network(config, kVocabulary);
    const auto source = tokens(2, 6), target = tokens(2, 5), lengths = torch::tensor({6, 3});
    const auto staged = network.stages(lengths, target).forward(nn::Activations{source, target}).at(0);
    EXPECT_TRUE(staged.equal(network.decode(target, network.encode(source, lengths))));
  }
}

TEST(Transformer, NamesAndTiesAreAsInFairseq) {
  auto config = small("translation");
  const auto names = [&] { return nn::state_dict(Transformer(config, kVocabulary)); };
  EXPECT_TRUE(names().contains("encoder.embed_tokens.weight"));
  EXPECT_TRUE(names().contains("decoder.layers.1.encoder_attn.q_proj.bias"));
  EXPECT_TRUE(names().contains("decoder.layers.0.encoder_attn_layer_norm.weight"));
  EXPECT_FALSE(names().contains("decoder.embed_tokens.weight"));
  EXPECT_FALSE(names().contains("encoder.layer_norm.weight"));
  config.tie = "decoder";
  config.norm_first = true;
  config.positions = "learned";
  EXPECT_TRUE(names().contains("decoder.embed_tokens.weight"));
  EXPECT_FALSE(names().contains("decoder.output_projection.weight"));
  EXPECT_TRUE(names().contains("encoder.layer_norm.weight"));
  EXPECT_TRUE(names().contains("decoder.embed_positions.weight"));
  config.tie = "none";
  EXPECT_TRUE(names().contains("decoder.output_projection.weight"));
}

TEST(Transformer, ThePapersBaseHasAsManyParametersAsCounted) {
  EXPECT_EQ(nn::parameter_count(Transformer(ModelConfig{}, 37000)), 63082496);
}

TEST(Transformer, RefusesMoreTokensThanItHasPositionsFor) {
  Transformer network(small("language_model"), kVocabulary);
  EXPECT_THROW(network.decode(tokens(1, 13)), InputError);
}

TEST(ModelSpec, TravelsAsJson) {
  ModelSpec spec;
  spec.config = small("translation");
  spec.vocabulary = kVocabulary;
  EXPECT_EQ(ModelSpec::from_json(spec.to_json(), "here").to_json(), spec.to_json());
  auto json = spec.to_json();
  json["first_token"] = kVocabulary;
  EXPECT_THROW(ModelSpec::from_json(json, "here"), InputError);
  json = spec.to_json();
  json["widht"] = 3;
  EXPECT_THROW(ModelSpec::from_json(json, "here"), UsageError);
}

Transformer wide(const std::string& task, const std::string& attention) {
  auto config = small(task);
  config.width = 32;
  config.encoder_layers = config.decoder_layers = 10;
  config.max_length = 64;
  config.attention = attention;
  return Transformer(config, kVocabulary);
}

TEST(Transformer, TakesThePredictedMemoryAtTwentyBudgets) {
  torch::manual_seed(5);
  const auto x = tokens(6, 50);
  for (const char* attention : {"softmax", "elu", "gla"}) {
    auto network = wide("language_model", attention);
    checkpointing::expect_predicted_peaks(network.stages({}, x), {x}, 0.5, [&] { network.zero_grad(); });
  }
}

TEST(Transformer, TranslationTakesThePredictedMemoryAtTwentyBudgets) {
  torch::manual_seed(5);
  const auto source = tokens(6, 40), target = tokens(6, 50);
  auto network = wide("translation", "softmax");
  const auto chain = network.stages(torch::full({6}, 40), target);
  checkpointing::expect_predicted_peaks(chain, {source, target}, 0.5, [&] { network.zero_grad(); });
}

}  // namespace
}  // namespace cairn::transformer
