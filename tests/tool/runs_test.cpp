// Train, resume, eval and run on the tiny recipe: what they leave and print, and what they refuse.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tool.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

constexpr size_t kPixels = 28 * 28;

std::string digits_npy(int count) {
  std::vector<uint8_t> values(count * kPixels);
  for (size_t i = 0; i < values.size(); ++i) values[i] = i % 7 == 0;
  return npy({count, 28, 28}, values);
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

TEST(ToolRuns, TrainLeavesARunFolderAndPrintsItsKeys) {
  const Sandbox sandbox;
  const Outcome outcome =
      sandbox.cairn({"train", "autoregressive/tiny", "train.epochs=1", "data.limit=200", "--run", "r", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json result = outcome.json();
  for (const char* key : {"run", "model", "steps", "epochs", "seconds", "parameters", "metrics"})
    EXPECT_TRUE(result.contains(key)) << key;
  EXPECT_EQ(result["run"], "r");
  EXPECT_EQ(result["steps"], 4);
  EXPECT_TRUE(result["metrics"].contains("valid.nll"));
  EXPECT_TRUE(result["metrics"].contains("test.nll"));
  for (const char* name :
       {"recipe.yaml", "log.jsonl", "model/config.json", "model/model.safetensors", "model/README.md", "report.html"}) {
    EXPECT_TRUE(fs::exists(sandbox.path() / "r" / name)) << name;
  }
  EXPECT_FALSE(fs::is_empty(sandbox / "r/checkpoints"));
}

TEST(ToolRuns, SeedAndThreadsReachTheRecipe) {
  const Sandbox sandbox;
  const Outcome outcome = sandbox.cairn(
      {"train", "autoregressive/tiny", "train.epochs=1", "data.limit=100", "--seed", "7", "--threads", "1", "--quiet"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json config = sandbox.cairn({"info", "runs/autoregressive-tiny-1", "--json"}).json()["config"];
  EXPECT_EQ(config["train"]["seed"], 7);
  EXPECT_EQ(config["train"]["threads"], 1);
}

TEST(ToolRuns, AnExistingRunFolderIsRefused) {
  const Sandbox sandbox;
  sandbox.write("r/keep.txt", "mine");
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "--run", "r"},
                 {.exit_code = 2, .messages = {"r", "exists"}});
}

TEST(ToolRuns, ResumeOfNoRun) {
  const Sandbox sandbox;
  fs::create_directory(sandbox / "folder");
  expect_refusal(sandbox, {"resume", "folder"}, {.exit_code = 2, .messages = {"folder", "run folder"}});
  expect_refusal(sandbox, {"resume", "nowhere"}, {.exit_code = 2, .messages = {"nowhere"}});
}

TEST(ToolRuns, ResumeOfAFinishedRun) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  expect_refusal(sandbox, {"resume", "r"}, {.exit_code = 2, .messages = {"finished", "train.epochs"}});
}

TEST(ToolRuns, ResumeRefusesOtherKeysByName) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  expect_refusal(sandbox, {"resume", "r", "train.lr=1"}, {.exit_code = 2, .messages = {"train.lr", "train.epochs"}});
}

TEST(ToolRuns, ResumeWithOtherThreadsSaysSoAndGoesOnOnlyIfAsked) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  expect_refusal(sandbox, {"resume", "r", "train.epochs=3", "--threads", "2"},
                 {.exit_code = 2, .messages = {"threads"}});
  const Outcome outcome = sandbox.cairn({"resume", "r", "train.epochs=3", "--threads", "2", "--anyway", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.json()["epochs"], 3);
}

TEST(ToolRuns, ResumeWithAnotherCodeVersionSaysSo) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  for (const auto& entry : fs::directory_iterator(sandbox / "r/checkpoints")) {
    const std::string name = "r/checkpoints/" + entry.path().filename().string() + "/state.json";
    if (!fs::exists(sandbox / name)) continue;
    Json state = Json::parse(sandbox.read(name));
    state["conditions"]["code"] = "0.0.1+other";
    sandbox.write(name, state.dump());
  }
  expect_refusal(sandbox, {"resume", "r", "train.epochs=3"}, {.exit_code = 2, .messages = {"0.0.1+other", "--anyway"}});
}

TEST(ToolRuns, EvalGivesTheTrainedMetricsAgain) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  const Json trained = sandbox.cairn({"info", "r/model", "--json"}).json()["metrics"];
  const Outcome outcome = sandbox.cairn({"eval", "r", "--threads", "1", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_NEAR(outcome.json()["metrics"]["test.nll"].get<double>(), trained["test.nll"].get<double>(), 1e-9);
  const Json limited = sandbox.cairn({"eval", "r", "--split", "valid", "--limit", "10", "--json"}).json();
  EXPECT_EQ(limited["count"], 10);
  EXPECT_TRUE(limited["metrics"].contains("valid.nll"));
  const Json half = sandbox.cairn({"eval", "r", "--threads", "1", "--precision", "bf16", "--json"}).json();
  EXPECT_NEAR(half["metrics"]["test.nll"].get<double>(), trained["test.nll"].get<double>(), 1);
  expect_refusal(sandbox, {"eval", "r", "--precision", "fp8"}, {.exit_code = 2, .messages = {"fp8", "bf16"}});
  expect_refusal(sandbox, {"eval", "r", "--split", "tst"}, {.exit_code = 2, .messages = {"did you mean 'test'?"}});
}

TEST(ToolRuns, EvalOnAFile) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  sandbox.write("x.npy", digits_npy(5));
  const Outcome outcome = sandbox.cairn({"eval", "r", "--data", "x.npy", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.json()["count"], 5);
}

TEST(ToolRuns, TasksAreListedWithTheirOptions) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  const Outcome outcome = sandbox.cairn({"run", "r"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  for (const char* word : {"score", "sample", "complete", "--count", "--known"}) {
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word;
  }
  expect_refusal(sandbox, {"run", "r", "smaple"}, {.exit_code = 2, .messages = {"did you mean 'sample'?"}});
  expect_refusal(sandbox, {"run", "r", "sample", "--cuont", "3"},
                 {.exit_code = 2, .messages = {"did you mean '--count'?"}});
  expect_refusal(sandbox, {"run", "r", "sample", "--count", "many"},
                 {.exit_code = 2, .messages = {"count", "many", "integer"}});
  expect_refusal(sandbox, {"run", "r", "sample", "--count", "-1"}, {.exit_code = 2, .messages = {"count", "-1"}});
}

TEST(ToolRuns, ScoresAreTheSameNumbersInEveryForm) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  sandbox.write("x.npy", digits_npy(3));
  const auto plain = sandbox.cairn({"run", "r", "score", "--in", "x.npy"});
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  const auto rows = json_lines(sandbox.cairn({"run", "r", "score", "--in", "-", "--json"}, digits_npy(3)).out);
  ASSERT_EQ(rows.size(), 3U);
  std::istringstream lines(plain.out);
  for (const Json& row : rows) {
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(std::stod(line), row["log_likelihood"].get<double>());
    EXPECT_LT(std::stod(line), 0);
  }
  ASSERT_EQ(sandbox.cairn({"run", "r", "score", "--in", "x.npy", "--out", "s.npy"}).exit_code, 0);
  const Json info = sandbox.cairn({"info", "s.npy", "--json"}).json();
  EXPECT_EQ(info["tensors"][0]["shape"], Json::array({3}));
  EXPECT_EQ(info["tensors"][0]["dtype"], "float64");
}

TEST(ToolRuns, SamplesRepeatWithTheirSeed) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  for (const char* name : {"a.npy", "b.npy"}) {
    const auto outcome = sandbox.cairn({"run", "r", "sample", "--count", "4", "--seed", "5", "--out", name});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  }
  EXPECT_EQ(sandbox.read("a.npy"), sandbox.read("b.npy"));
  ASSERT_EQ(sandbox.cairn({"run", "r", "sample", "--count", "4", "--seed", "6", "--out", "c.npy"}).exit_code, 0);
  EXPECT_NE(sandbox.read("a.npy"), sandbox.read("c.npy"));
}

TEST(ToolRuns, ZeroRowsAreAnEmptyResult) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  sandbox.write("none.npy", npy({0, 28, 28}, {}));
  const auto scored = sandbox.cairn({"run", "r", "score", "--in", "none.npy"});
  EXPECT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(scored.out, "");
  ASSERT_EQ(sandbox.cairn({"run", "r", "score", "--in", "none.npy", "--out", "s.npy"}).exit_code, 0);
  EXPECT_EQ(sandbox.cairn({"info", "s.npy", "--json"}).json()["tensors"][0]["shape"], Json::array({0}));
  EXPECT_EQ(sandbox.cairn({"run", "r", "sample", "--count", "0"}).exit_code, 0);
}

TEST(ToolRuns, CompressionGoesThereAndBack) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  sandbox.write("x.npy", digits_npy(4));
  const auto compressed = sandbox.cairn({"run", "r", "compress", "--in", "x.npy", "--out", "x.cairn", "--json"});
  ASSERT_EQ(compressed.exit_code, 0) << compressed.err;
  EXPECT_EQ(json_lines(compressed.out).at(0)["count"], 4);
  const auto back = sandbox.cairn({"run", "r", "decompress", "--in", "x.cairn", "--out", "y.npy"});
  ASSERT_EQ(back.exit_code, 0) << back.err;
  EXPECT_EQ(sandbox.read("y.npy").substr(128), sandbox.read("x.npy").substr(128));
}

TEST(ToolRuns, ClassifyNeedsALabel) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  sandbox.write("x.npy", digits_npy(1));
  expect_refusal(sandbox, {"run", "r", "classify", "--in", "x.npy"}, {.exit_code = 2, .messages = {"label"}});
}

TEST(ToolRuns, AReaderThatStopsIsNoCrash) {
  const Sandbox sandbox;
  copy_tiny_run(sandbox, "r");
  const auto outcome = sandbox.shell("cairn run r sample --count 200 | head -n 1 | wc -l");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(std::stoi(outcome.out), 1);
}

}  // namespace
}  // namespace cairn::testing
