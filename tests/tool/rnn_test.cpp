// Recurrent networks through the tool: train, kill and resume, score and sample text, label files and streams,
// refusals.
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

  const Outcome dash = sandbox.cairn({"run", "r", "label", "--in", "-", "--json"}, "0 1\n2,0\n1\t1\n2 2\n0 0\n1 0\n");
  EXPECT_EQ(dash.out, file.out) << dash.err;

  const Outcome broken = sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin", "--json"}, "0 1\n1 nan\n");
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_NE(broken.err.find("row 1"), std::string::npos) << broken.err;
  EXPECT_EQ(rows_of(broken).size(), 1u) << "rows before the bad one are answered";
  const Outcome wide = sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin"}, "0 1 2\n");
  EXPECT_NE(wide.err.find("got 3 features, expected 2"), std::string::npos) << wide.err;
  const Outcome word = sandbox.cairn({"run", "r", "label", "--in", "/dev/stdin"}, "0 one\n");
  EXPECT_NE(word.err.find("'one'"), std::string::npos) << word.err;
  expect_refusal(sandbox, {"run", "r", "label"}, {.exit_code = 2, .messages = {"--in"}});
  expect_refusal(sandbox, {"run", "r", "label", "--in", "none.txt"}, {.messages = {"none.txt", "cannot be read"}});
}

/// Two rows of features with labels, and the arguments to train on them.
std::vector<std::string> train_on_rows(const Sandbox& sandbox, const std::string& run,
                                       const std::vector<std::string>& more = {}) {
  std::filesystem::create_directories(sandbox / "set");
  sandbox.write("set/one.npy", npy({6, 2}, {0, 1, 2, 0, 1, 1, 2, 2, 0, 0, 1, 0}));
  sandbox.write("set/one.labels.npy", npy({6}, {0, 1, 1, 2, 0, 0}));
  std::vector<std::string> all{"train",           "rnn/gtea",       "--run",         run, "--quiet", "data.train=./set",
                               "data.test=./set", "model.hidden=4", "train.epochs=2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

TEST(ToolRnn, EachRowIsAnsweredBeforeTheNextIsThere) {
  const Sandbox sandbox;
  ASSERT_EQ(sandbox.cairn(train_on_rows(sandbox, "r")).exit_code, 0);
  // The second row is made from the answer to the first one.
  const Outcome talk = sandbox.shell(
      "mkfifo questions answers\n"
      "cairn run r label --in questions > answers &\n"
      "exec 4< answers 3> questions\n"
      "echo '0 1' >&3; read first <&4; echo '2 0' >&3; read second <&4\n"
      "exec 3>&-; wait; echo \"$first\"; echo \"$second\"");
  ASSERT_EQ(talk.exit_code, 0) << talk.err;
  EXPECT_EQ(talk.out, sandbox.cairn({"run", "r", "label", "--in", "-"}, "0 1\n2 0\n").out);
}

TEST(ToolRnn, AModelThatReadsBothWaysDoesNotLabelAStream) {
  const Sandbox sandbox;
  ASSERT_EQ(sandbox.cairn(train_on_rows(sandbox, "r", {"model.bidirectional=true"})).exit_code, 0);
  EXPECT_EQ(sandbox.cairn({"run", "r", "label", "--in", "set/one.npy"}).exit_code, 0);
  sandbox.write("rows.txt", "0 1\n");
  expect_refusal(sandbox, {"run", "r", "label", "--in", "rows.txt"},
                 {.exit_code = 2, .messages = {"bidirectional", "rows behind it"}});
}

TEST(ToolRnn, WordsAreLabelledLineByLine) {
  const Sandbox sandbox;
  sandbox.write("t.txt", "he PRON\nsaw VERB\n\nthe DET\nsaw NOUN\n");
  sandbox.write("r.yaml",
                "system: rnn\nmodel: {task: sequence_labeling, words: true, layers: 1, hidden: 8}\n"
                "data: {train: ./t.txt, test: ./t.txt, steps: 8}\ntrain: {epochs: 80, batch: 2, lr: 0.05}\n");
  const Outcome trained = sandbox.cairn({"train", "r.yaml", "--run", "r", "--quiet"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  const Outcome labelled = sandbox.cairn({"run", "r", "label", "--in", "-", "--json"}, "the saw\n\nhe saw\r\n");
  ASSERT_EQ(labelled.exit_code, 0) << labelled.err;
  const auto rows = rows_of(labelled);
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[1]["label"], "NOUN");
  EXPECT_EQ(rows[3]["label"], "VERB");
  EXPECT_EQ(rows[3]["word"], "saw");
  EXPECT_EQ(rows[3]["line"], 3);
  EXPECT_EQ(rows[3]["probabilities"].size(), 4u);
  EXPECT_EQ(sandbox.cairn({"eval", "r", "--split", "test", "--json"}).json()["count"], 4);

  sandbox.write("unknown.txt", "he saw\nshe saw\n");
  const Outcome unknown = sandbox.cairn({"run", "r", "label", "--in", "unknown.txt"});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_NE(unknown.err.find("line 2] the word 'she'"), std::string::npos) << unknown.err;
  sandbox.write("bad.txt", "s\xff\n");
  expect_refusal(sandbox, {"run", "r", "label", "--in", "bad.txt"}, {.messages = {"line 1", "UTF-8"}});
  sandbox.write("long.txt", "he saw the\n");
  expect_refusal(sandbox, {"run", "r", "label", "--in", "long.txt", "--limit", "2"},
                 {.messages = {"line 1", "got 3 words, expected at most 2"}});
  sandbox.write("wrong.txt", "he PRON\nsaw\n");
  expect_refusal(sandbox, {"eval", "r", "--data", "wrong.txt"}, {.messages = {"wrong.txt:2", "a word and its label"}});
}

std::vector<std::string> train_on_text(const std::string& run, const std::vector<std::string>& more = {}) {
  std::vector<std::string> all{"train",
                               "rnn/tiny",
                               "--run",
                               run,
                               "--quiet",
                               "data.train=text.txt",
                               "data.valid=text.txt",
                               "data.test=text.txt",
                               "data.steps=5",
                               "model.hidden=8",
                               "train.batch=2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

const char* const kText = "a rose is a rose\nis a rose\n\nis not a tulip\n";

TEST(ToolRnn, KilledAtRandomInstantsItEndsInTheSameBytes) {
  const Sandbox sandbox;
  sandbox.write("text.txt", kText);
  const std::vector<std::string> often{"train.epochs=150", "train.checkpoint_every=1 steps", "--threads", "2"};
  const Outcome whole = sandbox.cairn(train_on_text("whole", often));
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  expect_same_bytes_when_killed(sandbox, "whole", [&](const std::string& run) { return train_on_text(run, often); });
}

TEST(ToolRnn, LayoutsGoThereAndBackToTheSameBytes) {
  const Sandbox sandbox;
  sandbox.write("text.txt", kText);
  ASSERT_EQ(sandbox.cairn(train_on_text("words", {"train.epochs=1"})).exit_code, 0);
  ASSERT_EQ(sandbox
                .cairn(train_on_text("pieces", {"train.epochs=1", "data.tokens=sentencepiece", "data.most=16",
                                                "data.least=1", "data.unknown=refuse"}))
                .exit_code,
            0);
  ASSERT_EQ(sandbox.cairn(train_on_rows(sandbox, "rows")).exit_code, 0);
  for (const std::string model : {"words", "pieces", "rows"}) {
    for (const std::string layout : {"torch-rnn", "pytorch", "safetensors"}) {
      const std::string file = model + "-" + layout, again = file + "-again";
      const Outcome out = sandbox.cairn({"export", model, layout, "--out", file});
      ASSERT_EQ(out.exit_code, 0) << out.err;
      const Outcome in = sandbox.cairn({"import", layout, file, "--config", model, "--out", again});
      ASSERT_EQ(in.exit_code, 0) << in.err;
      for (const char* part : {"/model.safetensors", "/tokenizer.json", "/sentencepiece.model"}) {
        EXPECT_EQ(sandbox.read(again + part), sandbox.read(model + "/model" + part)) << file << part;
      }
    }
  }
  const auto sampled = [&](const char* model) {
    return sandbox.cairn({"run", model, "sample", "--length", "9", "--seed", "3"}).out;
  };
  EXPECT_EQ(sampled("pieces-pytorch-again"), sampled("pieces"));
}

TEST(ToolRnn, RecurrentLayersAloneAreAModelOfStates) {
  const Sandbox sandbox;
  ASSERT_EQ(sandbox.cairn(train_on_rows(sandbox, "r")).exit_code, 0);
  ASSERT_EQ(sandbox.cairn({"export", "r", "torch-rnn", "--out", "w.pth"}).exit_code, 0);
  const Outcome in = sandbox.cairn({"import", "torch-rnn", "w.pth", "--out", "m"});
  ASSERT_EQ(in.exit_code, 0) << in.err;
  ASSERT_EQ(sandbox.cairn({"export", "m", "torch-rnn", "--out", "again.pth"}).exit_code, 0);
  EXPECT_EQ(sandbox.read("again.pth"), sandbox.read("w.pth"));
  const Outcome states = sandbox.cairn({"run", "m", "states", "--in", "set/one.npy", "--json"});
  ASSERT_EQ(states.exit_code, 0) << states.err;
  EXPECT_EQ(rows_of(states).size(), 6u);
  EXPECT_EQ(rows_of(states)[0]["state"].size(), 4u);
  // A whole network's file has them below "rnn".
  ASSERT_EQ(sandbox.cairn({"export", "r", "pytorch", "--out", "whole.pth"}).exit_code, 0);
  ASSERT_EQ(sandbox.cairn({"import", "torch-rnn", "whole.pth", "--section", "rnn", "--out", "s"}).exit_code, 0);
  EXPECT_EQ(sandbox.read("s/model.safetensors"), sandbox.read("m/model.safetensors"));

  expect_refusal(sandbox, {"import", "torch-rnn", "whole.pth", "--out", "n"},
                 {.messages = {"whole.pth", "missing tensor 'weight_ih_l0'", "nn.LSTM, nn.GRU or nn.RNN"}});
  sandbox.write("config.json", sandbox.read("r/model/config.json"));
  expect_refusal(sandbox, {"import", "torch-rnn", "w.pth", "--config", "config.json", "--out", "n"},
                 {.exit_code = 2, .messages = {"--config", "other weights"}});
  expect_refusal(sandbox, {"eval", "m", "--data", "./set"}, {.exit_code = 2, .messages = {"states"}});
  ASSERT_EQ(sandbox.cairn(train_on_rows(sandbox, "p", {"model.peepholes=true"})).exit_code, 0);
  expect_refusal(sandbox, {"export", "p", "torch-rnn", "--out", "p.pth"},
                 {.exit_code = 2, .messages = {"peepholes", "pytorch"}});
}

TEST(ToolRnn, GeneratedProblemsAreShownWithAnswers) {
  const Sandbox sandbox;
  const Outcome trained = sandbox.cairn(
      {"train", "rnn/adding", "--run", "r", "--quiet", "--json", "data.length=5", "model.hidden=8", "train.steps=3"});
  ASSERT_EQ(trained.exit_code, 0) << trained.err;
  EXPECT_TRUE(trained.json()["metrics"].contains("test.mse"));
  const Outcome solved = sandbox.cairn({"run", "r", "solve", "--count", "3", "--length", "5", "--json"});
  ASSERT_EQ(solved.exit_code, 0) << solved.err;
  ASSERT_EQ(rows_of(solved).size(), 3u);
  EXPECT_EQ(rows_of(solved)[0]["answer"].size(), 1u);
  EXPECT_EQ(sandbox.cairn({"eval", "r", "--split", "test", "--limit", "20", "--json"}).json()["count"], 20);
  expect_refusal(sandbox, {"train", "rnn/adding", "--run", "x", "data.length=1"},
                 {.exit_code = 2, .messages = {"data.length", "at least 2"}});
}

}  // namespace
}  // namespace cairn::testing
