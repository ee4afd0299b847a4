// Recurrent networks through the tool: train, score and sample text, label a file and a stream of rows, refusals.
#include <gtest/gtest.h>

#include <cmath>

#include "tool.h"

namespace cairn::testing {
namespace {

std::vector<Json> rows_of(const Outcome& outcome) {
  std::vector<Json> rows;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) rows.push_back(Json::parse(line));
  return rows;
}

TEST(ToolRnn, TextModelsTrainEvaluateScoreAndWrite) {
  const Sandbox sandbox;
  sandbox.write("text.txt", "a rose is a rose\nis a rose\n\nis not a tulip\n");
  const Outcome trained = sandbox.cairn({"train", "rnn/tiny", "--run", "r", "--json", "data.train=text.txt",
                                         "data.valid=text.txt", "data.test=text.txt", "data.tokens=character",
                                         "data.unknown=refuse", "data.least=1", "train.epochs=3", "train.batch=2"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_NEAR(trained.json()["metrics"]["test.perplexity"],
              std::exp(trained.json()["metrics"]["test.nll"].get<double>()), 1e-9);

  const Outcome evaluated = sandbox.cairn({"eval", "r", "--split", "test", "--json"});
  ASSERT_EQ(evaluated.exit_code, 0) << evaluated.err;
  EXPECT_EQ(evaluated.json()["count"], 43);
  EXPECT_EQ(evaluated.json()["metrics"]["test.nll"], trained.json()["metrics"]["test.nll"]);

  const Outcome scored = sandbox.cairn({"run", "r", "score", "--in", "-", "--json"}, "a rose\n\nis\n");
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  const auto rows = rows_of(scored);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0]["tokens"], 7);
  EXPECT_EQ(rows[1]["tokens"], 1);
  EXPECT_LT(rows[0]["log_probability"], 0);

  const Outcome written =
      sandbox.cairn({"run", "r", "sample", "--prefix", "a ", "--length", "12", "--seed", "5", "--json"});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  EXPECT_EQ(rows_of(written).at(0)["text"].get<std::string>().substr(0, 2), "a ");

  expect_refusal(sandbox, {"run", "r", "sample", "--prefix", "X"}, {.messages = {"'X'", "vocabulary"}});
  sandbox.write("other.txt", "a rose\nq\n");
  expect_refusal(sandbox, {"run", "r", "score", "--in", "other.txt"}, {.messages = {"line 2", "'q'"}});
  expect_refusal(sandbox, {"run", "r", "score", "--in", "other.txt", "--limit", "3"},
                 {.messages = {"line 1", "at most 3"}});
  sandbox.write("bad.txt", "a ros\xff\n");
  expect_refusal(sandbox, {"run", "r", "score", "--in", "bad.txt"}, {.messages = {"bad.txt:1", "UTF-8"}});
  expect_refusal(sandbox, {"run", "r", "score"}, {.exit_code = 2, .messages = {"--in"}});
}

TEST(ToolRnn, LabelsAFileAndAStreamAlike) {
  const Sandbox sandbox;
  std::filesystem::create_directories(sandbox / "set");
  sandbox.write("set/one.npy", npy({6, 2}, {0, 1, 2, 0, 1, 1, 2, 2, 0, 0, 1, 0}));
  sandbox.write("set/one.labels.npy", npy({6}, {0, 1, 1, 2, 0, 0}));
  const Outcome trained = sandbox.cairn({"train", "rnn/gtea", "--run", "r", "--quiet", "data.train=./set",
                                         "data.test=./set", "model.hidden=4", "train.epochs=2"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Outcome file = sandbox.cairn({"run", "r", "label", "--in", "set/one.npy", "--json"});
  ASSERT_EQ(file.exit_code, 0) << file.err;
  EXPECT_EQ(rows_of(file).size(), 6u);
  EXPECT_EQ(rows_of(file)[0]["probabilities"].size(), 3u);
  const Outcome stream =
      sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin", "--json"}, "0 1\n2,0\n1\t1\n2 2\n0 0\n1 0\n");
  EXPECT_EQ(stream.out, file.out) << stream.err;

  const Outcome broken = sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin", "--json"}, "0 1\n1 nan\n");
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_NE(broken.err.find("row 1"), std::string::npos) << broken.err;
  EXPECT_EQ(rows_of(broken).size(), 1u) << "rows before the bad one are answered";
  const Outcome wide = sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin"}, "0 1 2\n");
  EXPECT_NE(wide.err.find("got 3 features, expected 2"), std::string::npos) << wide.err;
  const Outcome word = sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin"}, "0 one\n");
  EXPECT_NE(word.err.find("'one'"), std::string::npos) << word.err;
}

}  // namespace
}  // namespace cairn::testing
