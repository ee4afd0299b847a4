// Unknown names and wrong values: exit code 2, the nearest name, nothing on the disk.
#include <gtest/gtest.h>

#include "tool.h"

namespace cairn::testing {
namespace {

TEST(ToolNames, HelpListsEveryVerb) {
  const Sandbox sandbox;
  const Outcome help = sandbox.cairn({"help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* verb : {"train", "resume", "eval", "run", "import", "export", "info", "data", "bench", "demo"}) {
    EXPECT_NE(help.out.find(std::string("cairn ") + verb + " "), std::string::npos) << verb;
    const Outcome own = sandbox.cairn({verb, "--help"});
    EXPECT_EQ(own.exit_code, 0) << own.err;
    EXPECT_NE(own.out.find("--json"), std::string::npos) << verb;
  }
  EXPECT_EQ(sandbox.cairn({}).out, help.out);
}

TEST(ToolNames, HelpTellsTheKeysOfASystem) {
  const Sandbox sandbox;
  const Outcome help = sandbox.cairn({"help", "rnn"});
  EXPECT_EQ(help.exit_code, 0) << help.err;
  for (const char* key : {"model:", "zoneout", "data:", "train:", "optimizer"}) {
    EXPECT_NE(help.out.find(key), std::string::npos) << key;
  }
  EXPECT_EQ(sandbox.cairn({"help", "train"}).out, sandbox.cairn({"train", "--help"}).out);
  expect_refusal(sandbox, {"help", "transfomer"}, {.exit_code = 2, .messages = {"did you mean 'transformer'?"}});
}

TEST(ToolNames, UnknownVerb) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"trian", "x"}, {.exit_code = 2, .messages = {"trian", "did you mean 'train'?"}});
  expect_refusal(sandbox, {"serve", "x"}, {.exit_code = 2, .messages = {"unknown verb 'serve'"}});
}

TEST(ToolNames, UnknownOption) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"eval", "model", "--splt", "test"},
                 {.exit_code = 2, .messages = {"--splt", "did you mean '--split'?"}});
  expect_refusal(sandbox, {"eval", "model", "--limit", "many"}, {.exit_code = 2, .messages = {"--limit", "many"}});
}

TEST(ToolNames, MissingPositional) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"train"}, {.exit_code = 2, .messages = {"RECIPE is missing"}});
  expect_refusal(sandbox, {"run"}, {.exit_code = 2, .messages = {"MODEL is missing"}});
}

TEST(ToolNames, UnknownRecipe) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"train", "autoregressive/nde"},
                 {.exit_code = 2, .messages = {"did you mean 'autoregressive/nade'?"}});
}

TEST(ToolNames, UnknownKey) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "model.hiden=[3]"},
                 {.exit_code = 2, .messages = {"model.hiden", "did you mean 'hidden'?"}});
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "train.epoch=3"},
                 {.exit_code = 2, .messages = {"train.epoch", "did you mean 'epochs'?"}});
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "trian.epochs=3"},
                 {.exit_code = 2, .messages = {"trian", "did you mean 'train'?"}});
}

TEST(ToolNames, UnknownKeyInFileNamesTheLine) {
  const Sandbox sandbox;
  sandbox.write(
      "r.yaml",
      "system: autoregressive\nmodel:\n  kind: nade\n  hiden: [3]\ndata:\n  train: digits\ntrain:\n  steps: 1\n");
  expect_refusal(sandbox, {"train", "r.yaml"},
                 {.exit_code = 2, .messages = {"r.yaml:4", "model.hiden", "did you mean 'hidden'?"}});
}

TEST(ToolNames, WrongType) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "model.hidden=many"},
                 {.exit_code = 2, .messages = {"model.hidden", "many", "list of integers"}});
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "train.batch=0.5"},
                 {.exit_code = 2, .messages = {"train.batch", "0.5", "integer"}});
  expect_refusal(sandbox, {"train", "autoregressive/tiny", "train.epochs"},
                 {.exit_code = 2, .messages = {"key.path=value"}});
}

TEST(ToolNames, UnknownSystem) {
  const Sandbox sandbox;
  sandbox.write("r.yaml", "system: autoregresive\ntrain:\n  steps: 1\n");
  expect_refusal(sandbox, {"train", "r.yaml"},
                 {.exit_code = 2, .messages = {"unknown system", "did you mean 'autoregressive'?"}});
}

TEST(ToolNames, UnknownModel) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"eval", "no/such/model"}, {.exit_code = 2, .messages = {"no/such/model"}});
  std::filesystem::create_directory(sandbox / "empty");
  expect_refusal(sandbox, {"eval", "empty"}, {.exit_code = 1, .messages = {"empty", "config.json"}});
}

TEST(ToolNames, UnknownTask) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"run", "nade-digits", "smaple"}, {.exit_code = 2, .messages = {"did you mean 'sample'?"}});
}

TEST(ToolNames, UnknownDataSet) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"data", "path", "digts"}, {.exit_code = 2, .messages = {"did you mean 'digits'?"}});
  expect_refusal(sandbox, {"data", "pth", "digits"}, {.exit_code = 2, .messages = {"did you mean 'path'?"}});
}

TEST(ToolNames, RecipeKeysAreListed) {
  const Sandbox sandbox;
  const Outcome help = sandbox.cairn({"train", "autoregressive/tiny", "--help"});
  EXPECT_EQ(help.exit_code, 0) << help.err;
  for (const char* key : {"hidden", "limit", "optimizer"}) EXPECT_NE(help.out.find(key), std::string::npos) << key;
}

}  // namespace
}  // namespace cairn::testing
