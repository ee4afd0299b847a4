// State dicts that PyTorch wrote (tests/golden/make_torch_rnn.py): what they say of their module, and its outputs.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "cairn/models/rnn/rnn_weights.h"
#include "cairn/train/checkpoint.h"

namespace cairn::rnn {
namespace {

namespace fs = std::filesystem;

const fs::path kGolden = fs::path(CAIRN_SOURCE_DIR) / "tests/golden/torch_rnn";

const Layout& layout_named(const std::vector<Layout>& rows, const std::string& name) {
  for (const auto& row : rows) {
    if (row.name == name) return row;
  }
  throw UsageError("layout", name);
}

io::TensorMap tensors_of(const std::string& name) {
  return io::read_torch_checkpoint(kGolden / (name + ".pth")).tensors;
}

class TorchLayout : public testing::Test {
 protected:
  /// Imports a golden file; `config` says more than its tensors do.
  fs::path imported(const std::string& name, const Json& config = Json()) const {
    const auto folder = temporary_.path() / name;
    fs::create_directory(folder);
    layout_named(rows_, "torch-rnn")
        .import_model({.files = {kGolden / (name + ".pth")}, .config = config, .folder = folder});
    return folder;
  }
  static void expect_outputs(const fs::path& model, const std::string& name) {
    const Json expected = Json::parse(io::read_file(kGolden / "outputs.json", 1 << 20))[name];
    const auto x = torch::sin(0.7 * torch::arange(15, torch::kFloat64)).view({5, 3});
    const auto y = SequenceModel::load(model).states(x);
    ASSERT_EQ(y.size(0), 5);
    ASSERT_EQ(y.size(1), static_cast<int64_t>(expected[0].size()));
    for (int64_t t = 0; t < 5; ++t) {
      for (int64_t k = 0; k < y.size(1); ++k) {
        EXPECT_NEAR(y[t][k].item<double>(), expected[static_cast<size_t>(t)][static_cast<size_t>(k)].get<double>(),
                    1e-6);
      }
    }
  }
  const io::TemporaryFolder temporary_;
  const std::vector<Layout> rows_ = layouts();
};

TEST_F(TorchLayout, GivesWhatPyTorchGives) {
  for (const char* name : {"lstm", "lstm_both_ways", "lstm_projected", "gru", "rnn_tanh"}) {
    SCOPED_TRACE(name);
    expect_outputs(imported(name), name);
  }
}

TEST_F(TorchLayout, AConfigSaysThatTheNonlinearityIsRelu) {
  auto spec = spec_of_torch_rnn(tensors_of("rnn_relu"), "test");
  EXPECT_EQ(spec.config.cell, "elman_tanh");
  spec.config.cell = "elman_relu";
  expect_outputs(imported("rnn_relu", {{"system", "rnn"}, {"model", spec.to_json()}}), "rnn_relu");
}

TEST_F(TorchLayout, NamesAndShapesSayWhatItIs) {
  const auto spec = spec_of_torch_rnn(tensors_of("lstm_projected"), "test");
  EXPECT_EQ(spec.config.cell, "lstm");
  EXPECT_EQ(spec.config.layers, 2);
  EXPECT_EQ(spec.config.hidden, 4);
  EXPECT_EQ(spec.config.projection, 2);
  EXPECT_TRUE(spec.config.bidirectional);
  EXPECT_EQ(spec.sizes.inputs, 3);
  EXPECT_EQ(spec.sizes.outputs, 4);
  EXPECT_EQ(spec_of_torch_rnn(tensors_of("gru"), "test").config.cell, "gru");
}

TEST_F(TorchLayout, ThereAndBackKeepsEveryTensor) {
  for (const char* name : {"lstm_projected", "gru", "rnn_tanh"}) {
    const auto model = imported(name), out = temporary_.path() / "out.pth";
    layout_named(rows_, "torch-rnn").export_model({.model_folder = model, .out = out});
    const auto original = tensors_of(name), again = io::read_torch_checkpoint(out).tensors;
    ASSERT_EQ(again.size(), original.size());
    for (const auto& [key, tensor] : original) EXPECT_TRUE(torch::equal(again.at(key), tensor)) << name << " " << key;
  }
}

class TorchLayoutRefusals : public TorchLayout {
 protected:
  void refused(const io::TensorMap& tensors, const std::string& part) const {
    const auto file = temporary_.path() / "bad.pth", folder = temporary_.path() / "bad";
    io::write_torch_checkpoint(file, tensors);
    fs::create_directories(folder);
    try {
      layout_named(rows_, "torch-rnn").import_model({.files = {file}, .config = Json(), .folder = folder});
      ADD_FAILURE() << "took it; expected " << part;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
      EXPECT_NE(std::string(error.what()).find("bad.pth"), std::string::npos) << error.what();
    }
  }
};

TEST_F(TorchLayoutRefusals, WhatIsMissingOrTooMuchOrOfAnotherShapeIsListed) {
  const auto whole = tensors_of("lstm");
  for (const auto& [name, tensor] : whole) {
    auto tensors = whole;
    tensors.erase(name);
    if (name != "weight_ih_l1")
      refused(tensors, "missing tensor '" +
                           std::string(name.ends_with("l0") && name.starts_with("weight") ? "" : "rnn.") + name);
  }
  auto tensors = whole;
  tensors.erase("weight_ih_l1");
  refused(tensors, "unexpected tensor 'rnn.weight_hh_l1'");
  tensors = whole;
  tensors["decoder.weight"] = torch::zeros({2, 4});
  refused(tensors, "unexpected tensor 'rnn.decoder.weight' [2, 4]");
  tensors = whole;
  tensors["bias_hh_l0"] = torch::zeros({15});
  refused(tensors, "tensor 'rnn.bias_hh_l0': got [15], expected [16]");
  tensors = whole;
  tensors["weight_hh_l0"] = torch::zeros({8, 4});
  refused(tensors, "got 8 rows for 4 units, expected 4 (LSTM), 3 (GRU) or 1 (RNN)");
  tensors = whole;
  tensors["weight_hh_l0"] = torch::zeros({16});
  refused(tensors, "tensor 'weight_hh_l0': got shape [16], expected a matrix");
  refused({{"conv.weight", torch::zeros({1})}}, "nn.LSTM, nn.GRU or nn.RNN");
}

TEST(TorchRnn, LayersThatPyTorchLacksAreRefused) {
  EXPECT_NO_THROW(require_torch_rnn({.projection = 3, .bidirectional = true}));
  EXPECT_THROW(require_torch_rnn({.cell = "gru_reset_before"}), UsageError);
  EXPECT_THROW(require_torch_rnn({.peepholes = true}), UsageError);
  EXPECT_THROW(require_torch_rnn({.layer_norm = true}), UsageError);
  EXPECT_THROW(require_torch_rnn({.zoneout = 0.1}), UsageError);
}

}  // namespace
}  // namespace cairn::rnn
