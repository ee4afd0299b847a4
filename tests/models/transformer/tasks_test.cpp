// Tasks: learning to reverse, exact resumes, budgets of memory, what recipes may not say.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/transformer/transformer_task.h"
#include "cairn/train/run_folder.h"
#include "cairn/train/trainer.h"

namespace cairn::transformer {
namespace fs = std::filesystem;
namespace {

const char* const kReverse = R"(
system: transformer
model: {width: 32, heads: 2, feed_forward: 64, encoder_layers: 1, decoder_layers: 1, max_length: 16, dropout: 0}
data: {train: reverse, valid: reverse, tokens: word, symbols: 5, length: 4, count: 1500}
train: {steps: 450, batch: 512, lr: 0.005, beta2: 0.98, schedule: inverse_sqrt, warmup: 60, clip: 1, threads: 1}
)";

const char* const kText = R"(
system: transformer
model: {task: language_model, width: 16, heads: 2, feed_forward: 32, decoder_layers: 2, max_length: 8, norm_first: true,
        positions: rotary, norm: rms, activation: swiglu, dropout: 0.1, tie: decoder}
data: {train: shakespeare_small, valid: shakespeare_small, tokens: character, steps: 8, limit: 2000}
train: {steps: 12, batch: 4, threads: 1}
)";

train::Recipe recipe_of(const std::string& yaml, const std::vector<std::string>& overrides = {}) {
  train::Recipe recipe;
  recipe.document = Document::parse_yaml(yaml, "test");
  for (const auto& one : overrides) recipe.document.override_with(one);
  return recipe;
}

class TransformerTasks : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::quiet); }

  train::TrainResult train(const std::string& name, const train::Recipe& recipe) {
    auto folder = train::RunFolder::create({.path = folder_.path() / name, .recipe = recipe, .command = "test"});
    return go_on(folder);
  }
  static train::TrainResult go_on(train::RunFolder& folder) {
    const auto task = make_task(folder.recipe());
    return train::Trainer(train::read_train_config(folder.recipe().document)).run(*task, folder);
  }
  std::string weights(const std::string& name) const {
    return io::read_file(folder_.path() / name / "model/model.safetensors", 1 << 24);
  }

  io::TemporaryFolder folder_;
};

double metric(const train::TrainResult& result, const std::string& name) {
  for (const auto& [key, value] : result.metrics) {
    if (key == name) return value;
  }
  ADD_FAILURE() << name;
  return 0;
}

TEST_F(TransformerTasks, LearnToReverseAlmostEveryLine) {
  EXPECT_GT(metric(train("reverse", recipe_of(kReverse)), "valid.accuracy"), 0.99);
}

/// A matrix that three stages use and a memory that three layers see among them.
TEST_F(TransformerTasks, ABudgetOfMemoryChangesNoBit) {
  const std::vector<std::vector<std::string>> networks{
      {"model.tie=all", "model.encoder_layers=3", "model.decoder_layers=3"},
      {"model.tie=decoder", "model.norm_first=true", "model.decoder_layers=3", "model.positions=learned"},
      {"model.tie=none", "model.attention=elu", "model.encoder_attention=efficient"}};
  for (size_t k = 0; k < networks.size(); ++k) {
    auto changes = networks[k];
    changes.insert(changes.end(), {"train.steps=3", "model.dropout=0.1"});
    const std::string plain = cat("plain", k), tight = cat("tight", k);
    train(plain, recipe_of(kReverse, changes));
    changes.emplace_back("train.memory_budget=0.8");
    train(tight, recipe_of(kReverse, changes));
    EXPECT_TRUE(weights(plain) == weights(tight)) << networks[k][0];
  }
}

/// What a kernel learns besides, and random features that change between steps, too.
TEST_F(TransformerTasks, ABudgetOfMemoryChangesNoBitOfLinearModels) {
  for (const char* attention : {"gla", "gated_retention", "delta_beta", "performer", "cosformer"}) {
    const std::string name = attention;
    std::vector<std::string> options{"train.steps=3", "model.redraw_every=2", "model.attention=" + name};
    train(name, recipe_of(kText, options));
    options.push_back("train.memory_budget=0.9");
    train(name + "_tight", recipe_of(kText, options));
    EXPECT_TRUE(weights(name) == weights(name + "_tight")) << name;
  }
}

TEST_F(TransformerTasks, StoppedAndResumedTheyEndInTheSameBits) {
  const std::pair<std::string, const char*> runs[] = {{"softmax", kReverse}, {"gla", kText}, {"performer", kText}};
  for (const auto& [name, yaml] : runs) {
    const std::vector<std::string> whole{"train.steps=9",     "train.checkpoint_every=4", "train.keep=10",
                                         "model.dropout=0.1", "model.redraw_every=3",     "model.attention=" + name};
    train(name + "whole", recipe_of(yaml, whole));
    auto half = whole;
    half[0] = "train.steps=4";
    train(name + "half", recipe_of(yaml, half));
    auto folder = train::RunFolder::create(
        {.path = folder_.path() / (name + "again"), .recipe = recipe_of(yaml, whole), .command = "test"});
    fs::remove_all(folder.path() / "checkpoints");
    fs::copy(folder_.path() / (name + "half/checkpoints"), folder.path() / "checkpoints", fs::copy_options::recursive);
    fs::copy(folder_.path() / (name + "half/log.jsonl"), folder.path() / "log.jsonl");
    for (const auto& entry : fs::directory_iterator(folder_.path() / (name + "half"))) {
      if (entry.path().filename().string().starts_with("events")) {
        fs::copy(entry.path(), folder.path() / entry.path().filename(), fs::copy_options::overwrite_existing);
      }
    }
    go_on(folder);
    EXPECT_TRUE(weights(name + "whole") == weights(name + "again"));
    EXPECT_FALSE(weights(name + "whole") == weights(name + "half"));
  }
}

TEST_F(TransformerTasks, RecipesAreRefusedWithReasons) {
  const auto refused = [](const std::string& change, const std::string& part) {
    try {
      make_task(recipe_of(kReverse, {change}));
      ADD_FAILURE() << change;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused("model.heads=5", "multiple of the heads");
  refused("model.kernel=softmax", "unknown");
  refused("model.attention=sofmax", "softmax");
  refused("data.longest=3", "reverse:");
  refused("eval.leading=bleu", "eval.bleu");
  refused("data.train=", "training sentences");
}

TEST_F(TransformerTasks, LongSentencesAreCutOrLeftOutWhereAsked) {
  const auto pairs_of = [](const std::string& rule) {
    const auto task = make_task(recipe_of(kReverse, {"data.longest=3", "data.longer=" + rule}));
    const auto stream = task->stream(512, RandomStream(1, "batches"));
    int64_t pairs = 0, widest = 0;
    for (int64_t k = 0; k < stream->batches_per_epoch(); ++k) {
      const auto batch = stream->next();
      pairs += batch.size();
      widest = std::max(widest, batch["source"].size(1));
    }
    EXPECT_EQ(widest, 3);
    return pairs;
  };
  EXPECT_EQ(pairs_of("cut"), 1500);
  EXPECT_LT(pairs_of("skip"), 1000);
}

}  // namespace
}  // namespace cairn::transformer
