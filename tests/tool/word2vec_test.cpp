// Word2Vec through the tool: train, kill and resume, use, measure; and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tool.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

std::string small_text() {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += i % 2 ? "the king and the queen rule the land\n" : "the river and the water flow to the sea\n";
  }
  return text;
}

std::vector<std::string> train(const std::string& run, std::vector<std::string> more = {}) {
  std::vector<std::string> all{
      "train", "word2vec/tiny", "data.train=t.txt", "data.markup=none", "model.dim=8", "train.epochs=3", "--run",
      run,     "--json"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(ToolWord2Vec, TrainsAndAnswers) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  const Outcome trained = sandbox.cairn(train("r"));
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_LT(trained.json()["metrics"]["train.loss"], trained.json()["metrics"]["train.first_epoch_loss"]);
  for (const char* name : {"r/model/model.safetensors", "r/model/README.md", "r/report.html", "r/log.jsonl"}) {
    EXPECT_TRUE(fs::exists(sandbox / name)) << name;
  }
  EXPECT_FALSE(fs::exists(sandbox / "r/tokens.i32"));
  const auto near = sandbox.cairn({"run", "r", "neighbors", "king", "--k", "2", "--json"});
  ASSERT_EQ(near.exit_code, 0) << near.err;
  EXPECT_EQ(std::count(near.out.begin(), near.out.end(), '\n'), 2);
  EXPECT_EQ(sandbox.cairn({"run", "r", "analogy", "king", "queen", "river", "--k", "1"}).exit_code, 0);
  EXPECT_EQ(sandbox.cairn({"run", "r", "vector", "--in", "-", "--out", "v.npy"}, "king\nqueen\n").exit_code, 0);
  const auto similar = sandbox.cairn({"run", "r", "similarity", "king", "king", "--json"}).json();
  EXPECT_NEAR(similar["similarity"].get<double>(), 1, 1e-6);
  EXPECT_EQ(sandbox.cairn({"info", "r", "--json"}).json()["system"], "word2vec");
}

TEST(ToolWord2Vec, TextMayComeThroughStdin) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  ASSERT_EQ(sandbox.cairn(train("file")).exit_code, 0);
  const Outcome piped = sandbox.cairn(train("pipe", {"data.train=-"}), small_text());
  ASSERT_EQ(piped.exit_code, 0) << piped.err;
  EXPECT_EQ(sandbox.cairn({"export", "pipe", "word2vec-text", "--out", "p"}).exit_code, 0);
  EXPECT_EQ(sandbox.cairn({"export", "file", "word2vec-text", "--out", "f"}).exit_code, 0);
  EXPECT_EQ(sandbox.read("p"), sandbox.read("f"));
}

TEST(ToolWord2Vec, AResumedRunEndsInTheSameBytesWithOtherThreads) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  ASSERT_EQ(sandbox.cairn(train("whole", {"--threads", "1"})).exit_code, 0);
  ASSERT_EQ(sandbox.cairn(train("parts", {"train.epochs=1", "train.schedule=constant", "--threads", "3"})).exit_code,
            0);
  ASSERT_EQ(sandbox.cairn(train("one", {"train.schedule=constant", "--threads", "2"})).exit_code, 0);
  const Outcome resumed = sandbox.cairn({"resume", "parts", "train.epochs=3"});
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(sandbox.read("parts/model/model.safetensors"), sandbox.read("one/model/model.safetensors"));
  EXPECT_NE(sandbox.read("whole/model/model.safetensors"), sandbox.read("one/model/model.safetensors"));
}

TEST(ToolWord2Vec, KilledAtRandomInstantsItEndsInTheSameBytes) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  const std::vector<std::string> often{"train.epochs=200", "train.checkpoint_every=1 epoch", "--threads", "2"};
  ASSERT_EQ(sandbox.cairn(train("whole", often)).exit_code, 0);
  expect_same_bytes_when_killed(sandbox, "whole", [&](const std::string& run) { return train(run, often); });
}

TEST(ToolWord2Vec, GoesOnWithNewText) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  ASSERT_EQ(sandbox.cairn(train("r")).exit_code, 0);
  sandbox.write("t.txt", small_text() + small_text() + "zebra zebra zebra zebra zebra\n");
  const Outcome more = sandbox.cairn(train("s", {"model.start=r/model", "data.vocabulary=merge"}));
  ASSERT_EQ(more.exit_code, 0) << more.err;
  EXPECT_EQ(sandbox.cairn({"run", "s", "vector", "zebra"}).exit_code, 0);
  expect_refusal(sandbox, train("x", {"model.start=r/model", "model.dim=9"}),
                 {.exit_code = 1, .messages = {"dim", "8", "9"}});
}

TEST(ToolWord2Vec, EvaluatesAnalogiesAndPairs) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  ASSERT_EQ(sandbox.cairn(train("r")).exit_code, 0);
  sandbox.write("q.txt", ": s\nking queen river water\nking queen river nowhere\n");
  sandbox.write("p.txt", "king queen 9\nking sea 1\nriver water 8\n");
  const Outcome outcome = sandbox.cairn({"eval", "r", "--data", "q.txt,p.txt", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json metrics = outcome.json()["metrics"];
  EXPECT_EQ(metrics["test.analogy_seen"], 0.5);
  EXPECT_TRUE(metrics.contains("test.spearman.p"));
  EXPECT_EQ(outcome.json()["count"], 5);
  sandbox.write("bad.txt", ": s\nking queen river water\nking queen\n");
  expect_refusal(sandbox, {"eval", "r", "--data", "bad.txt"},
                 {.exit_code = 1, .messages = {"bad.txt:3", "four words"}});
}

TEST(ToolWord2Vec, VectorsComeBackFromEveryLayout) {
  const Sandbox sandbox;
  sandbox.write("v.txt", "3 2\nking 1 0.25\nqueen 0.5 -3e-07\nriver -1 2\n");
  ASSERT_EQ(sandbox.cairn({"import", "word2vec-text", "v.txt", "--out", "m"}).exit_code, 0);
  for (const char* layout : {"word2vec-binary", "fasttext-vec", "word2vec-text"}) {
    const Outcome out = sandbox.cairn({"export", "m", layout, "--out", "f"});
    ASSERT_EQ(out.exit_code, 0) << out.err;
    const Outcome in = sandbox.cairn({"import", layout, "f", "--out", layout});
    ASSERT_EQ(in.exit_code, 0) << in.err;
    EXPECT_EQ(sandbox.read(std::string(layout) + "/model.safetensors"), sandbox.read("m/model.safetensors"));
  }
  EXPECT_EQ(sandbox.read("f"), sandbox.read("v.txt"));
}

TEST(ToolWord2Vec, SmallerNumbersComeBack) {
  const Sandbox sandbox;
  sandbox.write("v.txt", "3 2\nking 1 0.25\nqueen 0.5 -0.125\nriver -1 2\n");
  ASSERT_EQ(sandbox.cairn({"import", "word2vec-text", "v.txt", "--out", "m"}).exit_code, 0);
  for (const char* layout : {"vectors-float32", "vectors-float16", "vectors-int8"}) {
    ASSERT_EQ(sandbox.cairn({"export", "m", layout, "--out", "f"}).exit_code, 0);
    const Outcome in = sandbox.cairn({"import", layout, "f", "--out", layout});
    ASSERT_EQ(in.exit_code, 0) << in.err;
    ASSERT_EQ(sandbox.cairn({"export", layout, layout, "--out", "g"}).exit_code, 0);
    EXPECT_EQ(sandbox.read("g"), sandbox.read("f")) << layout;
    const Outcome vector = sandbox.cairn({"run", layout, "vector", "queen", "--json"});
    ASSERT_EQ(vector.exit_code, 0) << vector.err;
    EXPECT_NEAR(vector.json()["vector"][1].get<double>(), -0.125, 0.5 / 127);
  }
  EXPECT_EQ(sandbox.read("vectors-float32/model.safetensors"), sandbox.read("m/model.safetensors"));
  expect_refusal(sandbox, {"import", "vectors-int8", "m/model.safetensors", "--out", "x"},
                 {.exit_code = 1, .messages = {"model.safetensors", "carries no config"}});
  expect_refusal(sandbox, {"import", "vectors-int8", "v.txt", "--out", "x"}, {.exit_code = 1, .messages = {"v.txt"}});
}

TEST(ToolWord2Vec, WhatIsWrongIsRefusedAndLeavesNothing) {
  const Sandbox sandbox;
  sandbox.write("t.txt", small_text());
  sandbox.write("empty.txt", "");
  sandbox.write("bad.txt", "fine\nb\xFF\n");
  expect_refusal(sandbox, train("r", {"data.train=empty.txt"}),
                 {.exit_code = 1, .messages = {"empty.txt", "no words"}});
  expect_refusal(sandbox, train("r", {"data.train=-"}), {.exit_code = 1, .messages = {"no words"}});
  expect_refusal(sandbox, train("r", {"data.train=bad.txt"}), {.exit_code = 1, .messages = {"bad.txt:2", "UTF-8"}});
  expect_refusal(sandbox, train("r", {"data.train=none.txt"}), {.exit_code = 1, .messages = {"none.txt"}});
  expect_refusal(sandbox, train("r", {"data.min_count=100000"}),
                 {.exit_code = 1, .messages = {"3400 words", "seen 1200 times", "min_count 100000"}});
  expect_refusal(sandbox, train("r", {"model.window=0"}), {.exit_code = 2, .messages = {"model.window", "0"}});
  expect_refusal(sandbox, train("r", {"model.window=-3"}), {.exit_code = 2, .messages = {"model.window", "-3"}});
  expect_refusal(sandbox, train("r", {"model.kind=skipgrm"}),
                 {.exit_code = 2, .messages = {"did you mean 'skipgram'?"}});
  ASSERT_EQ(sandbox.cairn(train("r")).exit_code, 0);
  expect_refusal(sandbox, {"run", "r", "neighbors", "quen"},
                 {.exit_code = 2, .messages = {"quen", "did you mean 'queen'?"}});
  expect_refusal(sandbox, {"run", "r", "analogy", "king"}, {.exit_code = 2, .messages = {"1 words", "3"}});
  expect_refusal(sandbox, {"run", "r", "neighbors"}, {.exit_code = 2, .messages = {"no words"}});
}

}  // namespace
}  // namespace cairn::testing
