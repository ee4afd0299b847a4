// import and export: there and back to the same bytes, what info shows of foreign files, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tool.h"

namespace cairn::testing {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(CAIRN_SOURCE_DIR) / "tests/golden";

TEST(ToolLayouts, PyTorchThereAndBackGivesTheSameBytes) {
  const WithModel with;
  const Outcome out = with.sandbox.cairn({"export", "m", "pytorch", "--out", "w.pth", "--json"});
  ASSERT_EQ(out.exit_code, 0) << out.err;
  EXPECT_EQ(out.json()["layout"], "pytorch");
  for (const char* config : {"m", "m/config.json"}) {
    const std::string again = std::string("again-") + (config[1] ? "file" : "folder");
    const Outcome in = with.sandbox.cairn({"import", "pytorch", "w.pth", "--config", config, "--out", again, "--json"});
    ASSERT_EQ(in.exit_code, 0) << in.err;
    EXPECT_EQ(in.json()["model"], again);
    EXPECT_EQ(in.json()["system"], "autoregressive");
    EXPECT_EQ(in.json()["parameters"], out.json()["parameters"]);
    EXPECT_EQ(with.sandbox.read(again + "/model.safetensors"), with.sandbox.read("m/model.safetensors"));
    EXPECT_EQ(Json::parse(with.sandbox.read(again + "/config.json"))["model"],
              Json::parse(with.sandbox.read("m/config.json"))["model"]);
    EXPECT_TRUE(fs::exists(with.sandbox / (again + "/README.md")));
  }
  const auto sampled = [&](const char* model) {
    return with.sandbox.cairn({"run", model, "sample", "--count", "2", "--seed", "3", "--json"}).out;
  };
  EXPECT_EQ(sampled("again-file"), sampled("m"));
}

TEST(ToolLayouts, SafetensorsCarryTheirConfig) {
  const WithModel with;
  ASSERT_EQ(with.sandbox.cairn({"export", "m", "safetensors", "--out", "w.safetensors"}).exit_code, 0);
  const Outcome in = with.sandbox.cairn({"import", "safetensors", "w.safetensors", "--out", "again"});
  ASSERT_EQ(in.exit_code, 0) << in.err;
  EXPECT_EQ(with.sandbox.read("again/model.safetensors"), with.sandbox.read("m/model.safetensors"));
  expect_refusal(with.sandbox, {"import", "safetensors", "m/model.safetensors", "--out", "n"},
                 {.exit_code = 2, .messages = {"--config"}});
}

TEST(ToolLayouts, ShippedModelsGoThereAndBack) {
  const Sandbox sandbox;
  for (const std::string model : {"nade-digits", "nade-digits-joint"}) {
    ASSERT_EQ(sandbox.cairn({"export", model, "pytorch", "--out", model + ".pth"}).exit_code, 0);
    const Outcome in = sandbox.cairn({"import", "pytorch", model + ".pth", "--config", model, "--out", model});
    ASSERT_EQ(in.exit_code, 0) << in.err;
    const Sandbox shipped;
    fs::copy_file(fs::path(CAIRN_SOURCE_DIR) / "shipped/models" / model / "model.safetensors", shipped / "w");
    EXPECT_EQ(sandbox.read(model + "/model.safetensors"), shipped.read("w"));
  }
}

TEST(ToolLayouts, ForeignTensorsAreListed) {
  const WithModel with;
  fs::copy_file(kGolden / "torch_checkpoints/training.pth", with.sandbox / "w.pth");
  expect_refusal(
      with.sandbox, {"import", "pytorch", "w.pth", "--config", "m", "--out", "n"},
      {.messages = {"w.pth", "missing tensor", "unexpected tensor '0.weight'", "unexpected tensor '1.bias'"}});
  expect_refusal(with.sandbox, {"import", "pytorch", "w.pth", "--config", "m", "--out", "n", "--section", "optimzer"},
                 {.messages = {"did you mean 'optimizer'?"}});
}

TEST(ToolLayouts, WrongUse) {
  const WithModel with;
  with.sandbox.write("w.pth", "");
  const auto refuse = [&](const std::vector<std::string>& arguments, const std::vector<std::string>& messages) {
    expect_refusal(with.sandbox, arguments, {.exit_code = 2, .messages = messages});
  };
  refuse({"export", "m", "pytroch", "--out", "w"}, {"did you mean 'pytorch'?"});
  refuse({"import", "pytroch", "w.pth", "--out", "n"}, {"did you mean 'pytorch'?"});
  refuse({"export", "m", "pytorch"}, {"--out FILE is missing"});
  refuse({"import", "pytorch", "w.pth"}, {"--out MODEL is missing"});
  refuse({"import", "pytorch"}, {"FILE is missing"});
  refuse({"import", "pytorch", "w.pth", "--out", "m", "--config", "m"}, {"a path that exists"});
  refuse({"import", "pytorch", "w.pth", "w.pth", "--out", "n", "--config", "m"}, {"2 files"});
}

TEST(ToolLayouts, HelpListsTheLayouts) {
  const Sandbox sandbox;
  for (const char* verb : {"import", "export"}) {
    const Outcome help = sandbox.cairn({verb, "--help"});
    EXPECT_EQ(help.exit_code, 0);
    for (const char* layout : {"pytorch: ", "safetensors: "}) {
      EXPECT_NE(help.out.find(layout), std::string::npos) << layout;
    }
  }
}

TEST(ToolLayouts, InfoShowsForeignFiles) {
  const Sandbox sandbox;
  const auto info = [&](const char* file) {
    const Outcome outcome = sandbox.cairn({"info", (kGolden / file).string(), "--json"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return outcome.json();
  };
  for (const char* file : {"torch_checkpoints/training.pth", "torch_checkpoints/training_old.pth"}) {
    const Json checkpoint = info(file);
    EXPECT_EQ(checkpoint["kind"], "pytorch");
    EXPECT_EQ(checkpoint["values"]["epoch"], 3);
  }
  EXPECT_EQ(info("torch_checkpoints/every_dtype.pth")["parameters"], 60);
  EXPECT_EQ(info("torch_checkpoints/list.pt")["tensors"][0]["dtype"], "int64");
  const Json arrays = info("numpy_files/compressed.npz");
  EXPECT_EQ(arrays["kind"], "npz");
  EXPECT_EQ(arrays["tensors"][0]["name"], "images");
  EXPECT_EQ(info("numpy_files/single.npz")["parameters"], 6);
}

TEST(ToolLayouts, AnArrayOfAnNpzIsData) {
  const WithModel with;
  fs::copy_file(kGolden / "numpy_files/compressed.npz", with.sandbox / "d.npz");
  const Outcome scores = with.sandbox.cairn({"run", "m", "score", "--in", "d.npz:images"});
  EXPECT_EQ(scores.exit_code, 0) << scores.err;
  EXPECT_EQ(std::count(scores.out.begin(), scores.out.end(), '\n'), 10);
  const Outcome eval = with.sandbox.cairn({"eval", "m", "--data", "d.npz:images", "--json"});
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_EQ(eval.json()["count"], 10);
  expect_refusal(with.sandbox, {"run", "m", "score", "--in", "d.npz"}, {.messages = {"d.npz", "images, labels"}});
  expect_refusal(with.sandbox, {"run", "m", "score", "--in", "d.npz:image"}, {.messages = {"did you mean 'images'?"}});
}

}  // namespace
}  // namespace cairn::testing
