#include "cairn/nn/resnet.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/nn/state_dict.h"

namespace cairn::nn {
namespace {

ResNet make(int64_t depth) {
  return ResNet(ResNetOptions{.depth = depth}, RandomStream(1, "weights"));
}

TEST(ResNet, HasThePublishedParameterCounts) {
  // He et al. 2016, table 6: 0.27 M, 0.46 M, 0.66 M, 0.85 M; exactly, without the batch normalisation's buffers:
  EXPECT_EQ(parameter_count(*make(20)), 269722);
  EXPECT_EQ(parameter_count(*make(32)), 464154);
  EXPECT_EQ(parameter_count(*make(44)), 658586);
  EXPECT_EQ(parameter_count(*make(56)), 853018);
}

TEST(ResNet, RefusesOtherDepths) {
  for (const int64_t depth : {-4, 0, 2, 18, 21}) EXPECT_THROW(make(depth), UsageError) << depth;
}

TEST(ResNet, OneImageIsAsInABatch) {
  auto net = make(14);
  net->eval();
  at::manual_seed(1);
  const auto x = torch::randn({3, 3, 32, 32});
  const auto y = net->forward(x);
  EXPECT_EQ(y.sizes(), torch::IntArrayRef({3, 10}));
  EXPECT_TRUE(torch::allclose(y[1], net->forward(x.slice(0, 1, 2))[0], 1e-5, 1e-6));
}

TEST(ResNet, IsAStageABlock) {
  EXPECT_EQ(make(20)->chain().size(), 11U);
  EXPECT_EQ(make(20)->chain().stage(2).name, "layer1.0");
}

torch::Tensor wave(int64_t count, double phase) {
  return torch::sin(0.7 * torch::arange(count, torch::kFloat64) + phase);
}

torch::Tensor tensor_of(const Json& rows) {
  std::vector<double> values;
  for (const auto& row : rows) {
    for (const auto& value : row) values.push_back(value.get<double>());
  }
  return torch::tensor(values, torch::kFloat64).view({static_cast<int64_t>(rows.size()), -1});
}

/// Printed by tests/golden/make_resnet.py: what PyTorch gives.
Json golden_numbers(const std::string& name) {
  std::ifstream file(CAIRN_SOURCE_DIR "/tests/golden/" + name);
  return Json::parse(file);
}

TEST(ResNet, EqualsPyTorch) {
  const Json golden = golden_numbers("resnet20.json");
  auto net = make(20);
  net->to(torch::kFloat64);
  const torch::NoGradGuard no_grad;
  int64_t place = 0;
  for (auto& [name, tensor] : state_dict(*net)) {
    const auto values = wave(tensor.numel(), static_cast<double>(place++)).view(tensor.sizes());
    if (tensor.is_floating_point())
      torch::Tensor(tensor).copy_(name.ends_with("running_var") ? 1 + 0.5 * values : 0.1 * values);
  }
  const auto x = wave(2 * 3 * 32 * 32, 0.5).view({2, 3, 32, 32});
  net->eval();
  EXPECT_TRUE(torch::allclose(net->forward(x), tensor_of(golden["eval"]), 1e-10, 1e-12));
  net->train();
  EXPECT_TRUE(torch::allclose(net->forward(x), tensor_of(golden["train"]), 1e-8, 1e-10));
  EXPECT_TRUE(torch::allclose(state_dict(*net).at("bn1.running_mean"),
                              tensor_of(Json::array({golden["running_mean"]}))[0], 1e-10, 1e-12));
}

TEST(ResNet, PublishedNamesAreReadStrictly) {
  auto net = make(8);
  std::map<std::string, torch::Tensor> published;
  for (const auto& [name, tensor] : state_dict(*net)) {
    if (!name.ends_with("num_batches_tracked")) published[name] = tensor + 1;
  }
  load_state_dict(*net, with_batch_counts(published), "test");
  EXPECT_TRUE(torch::equal(state_dict(*net).at("linear.bias"), published.at("linear.bias")));
  EXPECT_THROW(load_state_dict(*net, published, "test"), InputError);
  published.erase("linear.bias");
  EXPECT_THROW(load_state_dict(*net, with_batch_counts(published), "test"), InputError);
}

TEST(ResNet, PublishedNetworksGiveWhatTheyGiveInPyTorch) {
  const char* data = std::getenv("CAIRN_DATA");
  const auto folder = std::filesystem::path(data ? data : "") / "weights/cifar10_resnet";
  if (!data || !std::filesystem::exists(folder)) GTEST_SKIP() << "CAIRN_DATA has no weights/cifar10_resnet";
  const torch::NoGradGuard no_grad;
  const Json golden = golden_numbers("published_resnets.json");
  EXPECT_EQ(golden.size(), 3U);
  for (const auto& [file, logits] : golden.items()) {
    auto net = make(std::stoi(file.substr(std::string("resnet").size())));
    const auto state = io::state_dict_of(io::read_torch_checkpoint(folder / file), "", file);
    load_state_dict(*net, with_batch_counts(state), file);
    net->to(torch::kFloat64);
    net->eval();
    const auto y = net->forward(wave(2 * 3 * 32 * 32, 0.5).view({2, 3, 32, 32}));
    EXPECT_TRUE(torch::allclose(y, tensor_of(logits), 1e-10, 1e-10)) << file;
  }
}

}  // namespace
}  // namespace cairn::nn
