// Checkpoints that PyTorch wrote (tests/golden/make_torch_checkpoints.py), and ours.
#include "cairn/io/torch_checkpoint.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "cairn/base/error.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

namespace {

io::TorchCheckpoint read(const std::string& name) {
  return io::read_torch_checkpoint(golden("torch_checkpoints/" + name));
}

bool same(const torch::Tensor& a, const torch::Tensor& b) {
  return a.scalar_type() == b.scalar_type() && a.sizes() == b.sizes() &&
         torch::equal(a.to(torch::kComplexDouble), b.to(torch::kComplexDouble));
}

const std::vector<torch::ScalarType> kEveryType{
    torch::kFloat64,       torch::kFloat32,         torch::kFloat16,         torch::kBFloat16,
    torch::kInt64,         torch::kInt32,           torch::kInt16,           torch::kInt8,
    torch::kUInt8,         torch::kUInt16,          torch::kUInt32,          torch::kUInt64,
    torch::kBool,          torch::kComplexDouble,   torch::kComplexFloat,    torch::kFloat8_e5m2,
    torch::kFloat8_e4m3fn, torch::kFloat8_e5m2fnuz, torch::kFloat8_e4m3fnuz, torch::kFloat8_e8m0fnu};

void expect_views(const io::TorchCheckpoint& checkpoint) {
  const auto& t = checkpoint.tensors;
  const auto grid = torch::arange(24.0).view({4, 6});
  EXPECT_TRUE(same(t.at("grid"), grid));
  EXPECT_TRUE(same(t.at("transposed"), grid.t()));
  EXPECT_TRUE(same(t.at("column"), grid.select(1, 2)));
  EXPECT_TRUE(same(t.at("block"), grid.slice(0, 1, 3).slice(1, 1, 5, 2)));
  EXPECT_TRUE(same(t.at("tail"), torch::arange(20.0, 24.0)));
  EXPECT_TRUE(same(t.at("repeated"), torch::full({5}, 3.0)));
  EXPECT_TRUE(same(t.at("scalar"), torch::tensor(7.0)));
  EXPECT_TRUE(same(t.at("empty"), torch::empty({0, 3})));
  EXPECT_TRUE(same(t.at("parameter"), torch::tensor({0.5, -0.5})));
  const auto complex = torch::complex(torch::tensor({1.0F, 3.0F}), torch::tensor({-2.0F, 4.0F}));
  EXPECT_TRUE(same(t.at("conjugate"), complex));
  EXPECT_TRUE(same(t.at("negated"), torch::imag(complex)));
  EXPECT_EQ(t.at("transposed").strides(), (std::vector<int64_t>{1, 6}));
  EXPECT_EQ(t.at("repeated").strides(), std::vector<int64_t>{0});
  for (const char* view : {"transposed", "column", "block", "tail", "repeated"}) {
    EXPECT_TRUE(t.at(view).is_alias_of(t.at("grid"))) << view;
  }
  EXPECT_FALSE(t.at("scalar").is_alias_of(t.at("grid")));
  t.at("grid")[0][2] = -1.0;
  EXPECT_EQ(t.at("column")[0].item<double>(), -1.0);
}

void expect_training(const io::TorchCheckpoint& checkpoint) {
  const auto& t = checkpoint.tensors;
  EXPECT_TRUE(same(t.at("state_dict.module.1.running_mean"), t.at("state_dict.module.1.running_mean")));
  EXPECT_EQ(t.at("state_dict.module.0.weight").sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(t.at("state_dict.module.1.num_batches_tracked").item<int64_t>(), 1);
  EXPECT_EQ(t.at("optimizer.state.0.exp_avg").sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(t.at("best_acc1").item<double>(), 91.5);
  EXPECT_TRUE(same(t.at("history"), torch::arange(6.0).view({2, 3})));
  EXPECT_TRUE(same(t.at("fortran"), torch::arange(6, torch::kInt32).view({2, 3})));

  const Json& v = checkpoint.values;
  EXPECT_EQ(v["epoch"], 3);
  EXPECT_EQ(v["optimizer"]["param_groups"][0]["lr"], 0.25);
  EXPECT_EQ(v["args"]["arch"], "tiny");
  EXPECT_EQ(v["args"]["milestones"], Json({10, 20}));
  EXPECT_TRUE(v["args"]["resume"].is_null());
  EXPECT_EQ(v["args"]["out"], "runs/a");
  EXPECT_EQ(v["losses"]["train"], Json({2.5, 1.5}));
  EXPECT_EQ(v["best"], 0.75);
  EXPECT_EQ(v["device"], "cuda:1");
  EXPECT_EQ(v["dtype"], "torch.bfloat16");
  EXPECT_EQ(v["shape"], Json({2, 3}));
  EXPECT_EQ(v["flags"].size(), 3U);
  EXPECT_EQ(v["big"], "0x400000000000000000");
  EXPECT_EQ(v["negative"], -(int64_t{1} << 40));
  EXPECT_EQ(v["bytes"], "0x00ff");
  EXPECT_EQ(v["text"], "gr\u00f6\u00dfe");
  EXPECT_FALSE(v.contains("history"));
}

}  // namespace

TEST(TorchCheckpoint, EveryDtype) {
  const auto checkpoint = read("every_dtype.pth");
  ASSERT_EQ(checkpoint.tensors.size(), kEveryType.size());
  for (const auto type : kEveryType) {
    std::string name = c10::toString(type);
    const auto found = std::find_if(checkpoint.tensors.begin(), checkpoint.tensors.end(),
                                    [&](const auto& item) { return item.second.scalar_type() == type; });
    ASSERT_NE(found, checkpoint.tensors.end()) << name;
    EXPECT_TRUE(same(found->second, torch::tensor({1.0, 2.0, 4.0}).to(type))) << name;
  }
  EXPECT_EQ(checkpoint.values, Json::object());
}

TEST(TorchCheckpoint, Views) {
  expect_views(read("views.pth"));
}

TEST(TorchCheckpoint, ViewsInTheOldForm) {
  expect_views(read("views_old.pth"));
}

TEST(TorchCheckpoint, TrainingState) {
  expect_training(read("training.pth"));
}

TEST(TorchCheckpoint, TrainingStateInTheOldForm) {
  expect_training(read("training_old.pth"));
}

TEST(TorchCheckpoint, ABareTensorAndAList) {
  EXPECT_TRUE(same(read("tensor.pth").tensors.at("tensor"), torch::arange(3)));
  const auto list = read("list.pt");
  EXPECT_TRUE(same(list.tensors.at("0"), torch::arange(3)));
  EXPECT_TRUE(same(list.tensors.at("1.a"), torch::arange(2)));
  EXPECT_EQ(list.values, Json::parse("[null, {}, 5]"));
}

TEST(TorchCheckpoint, StateDictRules) {
  const auto training = read("training.pth");
  const auto state = io::state_dict_of(training, "", "training.pth");
  EXPECT_EQ(state.size(), 7U);
  EXPECT_TRUE(state.count("0.weight") && state.count("1.num_batches_tracked"));
  EXPECT_EQ(io::state_dict_of(training, "optimizer.state.0", "training.pth").size(), 3U);
  const std::string wrong = input_error([&] { io::state_dict_of(training, "state_dit", "training.pth"); });
  EXPECT_NE(wrong.find("did you mean 'state_dict'?"), std::string::npos) << wrong;

  const auto plain = [](io::TensorMap tensors, Json values) {
    return io::state_dict_of({.tensors = std::move(tensors), .values = std::move(values)}, "", "x");
  };
  const auto one = torch::ones({1});
  EXPECT_TRUE(plain({{"module._orig_mod.a", one}, {"module._orig_mod.b", one}}, Json::object()).count("b"));
  EXPECT_TRUE(plain({{"module.a", one}, {"b", one}}, Json::object()).count("module.a"));
  EXPECT_TRUE(plain({{"model.a", one}, {"head", one}}, Json::object()).count("model.a"));  // a module of that name
  EXPECT_TRUE(plain({{"model.a", one}, {"head", one}}, {{"model", Json::object()}}).count("a"));
}

TEST(TorchCheckpoint, WritesWhatItReads) {
  const TemporaryFolder folder;
  io::TensorMap tensors;
  for (const auto type : kEveryType) tensors[c10::toString(type)] = torch::tensor({1.0, 2.0, 4.0}).to(type);
  tensors["transposed"] = torch::arange(6).view({2, 3}).t();
  tensors["conjugate"] = torch::complex(torch::ones({2}), torch::ones({2})).conj();
  tensors["scalar"] = torch::tensor(2.5);
  tensors["empty"] = torch::empty({0, 2});
  tensors["tied"] = tensors["Float"];
  io::write_torch_checkpoint(folder / "a.pth", tensors);
  const auto again = io::read_torch_checkpoint(folder / "a.pth").tensors;
  ASSERT_EQ(again.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(same(again.at(name), tensor)) << name;
  EXPECT_TRUE(again.at("tied").is_alias_of(again.at("Float")));
  io::write_torch_checkpoint(folder / "b.pth", tensors);
  EXPECT_EQ(slurp(folder / "a.pth"), slurp(folder / "b.pth"));
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"a.pth", "b.pth"}));
  EXPECT_THROW(io::write_torch_checkpoint(folder / "c.pth", {{"q", torch::empty({1}, torch::kQInt8)}}), std::exception);
  EXPECT_FALSE(std::filesystem::exists(folder / "c.pth"));
}

TEST(TorchCheckpoint, PublishedResNets) {
  const char* data = std::getenv("CAIRN_DATA");
  const auto folder = std::filesystem::path(data ? data : "") / "weights/cifar10_resnet";
  if (!data || !std::filesystem::exists(folder)) GTEST_SKIP() << "CAIRN_DATA has no weights/cifar10_resnet";
  struct Published {
    const char* file;
    int64_t values, tensors;
    double best;
  };
  for (const Published& published :
       {Published{"resnet20-12fca82f.th", 271'098, 97, 91.78}, Published{"resnet32-d509ac18.th", 466'426, 157, 92.78},
        Published{"resnet56-4bfd9763.th", 857'082, 277, 93.62}}) {
    const auto checkpoint = io::read_torch_checkpoint(folder / published.file);
    const auto state = io::state_dict_of(checkpoint, "", published.file);
    int64_t values = 0;
    for (const auto& [name, tensor] : state) {
      values += tensor.numel();
      EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << name;
    }
    EXPECT_EQ(values, published.values);
    EXPECT_EQ(static_cast<int64_t>(state.size()), published.tensors);
    EXPECT_EQ(state.at("conv1.weight").sizes(), (std::vector<int64_t>{16, 3, 3, 3}));
    EXPECT_NEAR(checkpoint.values["best_prec1"].get<double>(), published.best, 1e-2);
  }
}
