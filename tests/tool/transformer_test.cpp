// Transformers through the tool: train, kill and resume, translate, evaluate, and what is refused.
#include <gtest/gtest.h>

#include "tool.h"

namespace cairn::testing {
namespace {

const char* const kEnglish = "a dog\na cat\n\nthe dog\nthe cat\na dog and a cat\n";
const char* const kGerman = "ein Hund\neine Katze\n\nder Hund\ndie Katze\nein Hund und eine Katze\n";

std::vector<std::string> train_on_pairs(const std::string& run, const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{"train",
                               "transformer/tiny",
                               "--run",
                               run,
                               "--quiet",
                               "--json",
                               "data.train=en.txt,de.txt",
                               "data.valid=en.txt,de.txt",
                               "data.test=en.txt,de.txt",
                               "train.steps=200",
                               "train.warmup=20",
                               "train.batch=64",
                               "model.dropout=0"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void write_pairs(const Sandbox& sandbox) {
  sandbox.write("en.txt", kEnglish);
  sandbox.write("de.txt", kGerman);
}

TEST(ToolTransformer, LearnsPairsTranslatesAndEvaluates) {
  const Sandbox sandbox;
  write_pairs(sandbox);
  const Outcome trained = sandbox.cairn(train_on_pairs("r"));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_EQ(trained.json()["metrics"]["test.accuracy"], 1.0);
  EXPECT_NEAR(trained.json()["metrics"]["test.bleu"], 100.0, 1e-9);

  const Outcome evaluated = sandbox.cairn({"eval", "r", "--split", "test", "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  EXPECT_EQ(evaluated.json()["metrics"]["test.nll"], trained.json()["metrics"]["test.nll"]);
  EXPECT_NE(evaluated.json()["notes"]["bleu"].get<std::string>().find("tok:13a"), std::string::npos);

  const Outcome translated = sandbox.cairn({"run", "r", "translate", "--in", "en.txt"});
  ASSERT_EQ(translated.exit_code, 0) << translated.err;
  EXPECT_EQ(translated.out, kGerman);
}

TEST(ToolTransformer, KilledAtRandomInstantsItEndsInTheSameBytes) {
  const Sandbox sandbox;
  write_pairs(sandbox);
  const std::vector<std::string> often{"model.dropout=0.1", "train.checkpoint_every=1 steps", "--threads", "2"};
  const Outcome whole = sandbox.cairn(train_on_pairs("whole", often));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  expect_same_bytes_when_killed(sandbox, "whole", [&](const std::string& run) { return train_on_pairs(run, often); });
}

TEST(ToolTransformer, BadInputIsRefusedWithItsPlace) {
  const Sandbox sandbox;
  write_pairs(sandbox);
  ASSERT_EQ(sandbox.cairn(train_on_pairs("r", {"train.steps=1"})).exit_code, 0);
  sandbox.write("short.txt", "ein Hund\n");
  sandbox.write("bad.txt", "a\nb\n\xff\n\n\n\n");
  sandbox.write("long.txt", "a a a a a a a a a a a a a a a a a a\n");
  const auto refused = [&](const std::vector<std::string>& arguments, const Refusal& refusal) {
    expect_refusal(sandbox, arguments, refusal);
  };
  refused({"eval", "r", "--data", "en.txt,short.txt"}, {.messages = {"6 and 1 lines"}});
  refused({"eval", "r", "--data", "bad.txt,de.txt"}, {.messages = {"bad.txt:3", "UTF-8"}});
  refused({"eval", "r", "--data", "long.txt,short.txt"}, {.messages = {"long.txt:1", "19 tokens", "data.longer"}});
  refused({"eval", "r", "--data", "nothing"}, {.exit_code = 2, .messages = {"SOURCE,TARGET"}});
  refused({"train", "transformer/tiny", "--run", "q", "model.heads=3"}, {.exit_code = 2, .messages = {"heads"}});
  refused({"train", "transformer/tiny", "--run", "q", "model.atention=softmax"},
          {.exit_code = 2, .messages = {"did you mean 'attention'"}});
}

TEST(ToolTransformer, LanguageModelsLearnFromCharacters) {
  const Sandbox sandbox;
  sandbox.write("text.txt", "a rose is a rose is a rose\nis not a tulip\na rose is a rose is a rose\n");
  const Outcome trained =
      sandbox.cairn({"train", "transformer/shakespeare_tiny", "--run", "r", "--quiet", "--json", "data.train=text.txt",
                     "data.valid=text.txt", "data.steps=16", "model.width=32", "model.decoder_layers=1",
                     "train.steps=150", "train.lr=0.01", "train.warmup=10"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_LT(trained.json()["metrics"]["valid.nll"].get<double>(), 0.7);
  expect_refusal(sandbox, {"run", "r", "score", "--whole", "--in", "text.txt"},
                 {.messages = {"a sequence of 69 tokens", "at most 64 (model.max_length)"}});
}

TEST(ToolTransformer, TextsOfAnyLengthAreScoredInAStateOfOneSize) {
  const Sandbox sandbox;
  std::string line = "a rose is a rose\n", text;
  for (int n = 0; n < 200; ++n) text += line;
  sandbox.write("line.txt", line);
  sandbox.write("text.txt", text);
  const Outcome trained = sandbox.cairn({"train", "transformer/shakespeare_stream", "--run", "r", "--quiet",
                                         "data.train=text.txt", "data.steps=32", "model.width=32", "train.steps=5"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const auto score = [&](const char* file) {
    const Outcome scored = sandbox.cairn({"run", "r", "score", "--whole", "--in", file, "--json"});
    EXPECT_EQ(scored.exit_code, 0) << scored.err;
    return scored.json();
  };
  const auto one = score("line.txt"), all = score("text.txt");
  EXPECT_EQ(one["tokens"], 17);
  EXPECT_EQ(all["tokens"], 3400);
  EXPECT_EQ(one["state_bytes"], all["state_bytes"]);
}

}  // namespace
}  // namespace cairn::testing
