#include "cairn/models/autoregressive/autoregressive_data.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/io/npy.h"

namespace cairn::autoregressive {
namespace {

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Encode, FlattensAndKeepsLevels) {
  const auto raw = torch::tensor({0, 1, 1, 0, 1, 1, 0, 0}, torch::kFloat32).view({2, 2, 2});
  const auto x = encode(raw, {}, "x");
  EXPECT_EQ(x.dtype(), torch::kUInt8);
  EXPECT_TRUE(torch::equal(x, torch::tensor({{0, 1, 1, 0}, {1, 1, 0, 0}}, torch::kUInt8)));
}

TEST(Encode, NamesRowAndValueOfWhatIsNoLevel) {
  const auto x = torch::zeros({4, 3});
  x[2][1] = 0.5;
  const auto message = error_of([&] { encode(x, {}, "digits.npy"); });
  EXPECT_NE(message.find("digits.npy"), std::string::npos) << message;
  EXPECT_NE(message.find("row 2, variable 1: got 0.5, expected an integer in 0 .. 1"), std::string::npos) << message;
  x[2][1] = 2;
  EXPECT_THROW(encode(x, {}, "x"), InputError);
  EXPECT_NO_THROW(encode(x, {.levels = 3}, "x"));
  x[2][1] = -1;
  EXPECT_THROW(encode(x, {.levels = 3}, "x"), InputError);
  x[2][1] = std::nan("");
  EXPECT_THROW(encode(x, {.levels = 3}, "x"), InputError);
}

TEST(Encode, ZeroRowsAreNoError) {
  EXPECT_EQ(encode(torch::zeros({0, 28, 28}), {}, "x").sizes(), torch::IntArrayRef({0, 784}));
  EXPECT_THROW(encode(torch::zeros({5}), {}, "x"), InputError);
}

TEST(Encode, BinarisesByTheNamedRule) {
  const auto grey = torch::tensor({0, 127, 128, 255}, torch::kUInt8).view({1, 4});
  EXPECT_TRUE(torch::equal(encode(grey, {.binarize = "threshold"}, "x"), torch::tensor({{0, 0, 1, 1}}, torch::kUInt8)));
  const auto many = grey.expand({4000, 4}).contiguous();
  const auto means = encode(many, {.binarize = "sampled", .seed = 3}, "x").to(torch::kFloat64).mean(0);
  EXPECT_EQ(means[0].item<double>(), 0);
  EXPECT_EQ(means[3].item<double>(), 1);
  EXPECT_NEAR(means[1].item<double>(), 127.0 / 255, 0.04);
}

TEST(Encode, QuantizesToStepsOfEqualWidth) {
  const auto grey = torch::tensor({0, 63, 64, 127, 128, 191, 192, 255}, torch::kUInt8).view({1, 8});
  EXPECT_TRUE(torch::equal(encode(grey, {.levels = 4, .binarize = "quantize"}, "x"),
                           torch::tensor({0, 0, 1, 1, 2, 2, 3, 3}, torch::kUInt8).view({1, 8})));
  EXPECT_TRUE(torch::equal(encode(grey, {.levels = 256, .binarize = "quantize"}, "x"), grey));
  EXPECT_THROW(encode(grey.to(torch::kInt64) + 1, {.levels = 4, .binarize = "quantize"}, "x"), InputError);
}

TEST(Label, IsTheLastColumnAndIsChecked) {
  const auto x = torch::zeros({2, 3}, torch::kUInt8);
  EXPECT_TRUE(
      torch::equal(with_label(x, torch::tensor({7, 9}), "x").select(1, 3), torch::tensor({7, 9}, torch::kUInt8)));
  EXPECT_THROW(with_label(x, torch::tensor({1}), "x"), InputError);
  EXPECT_NE(error_of([&] { with_label(x, torch::tensor({1, 10}), "x"); }).find("row 1"), std::string::npos);
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder);
    io::write_npy(path("a.npy"), torch::eye(6, torch::kUInt8));
    io::write_npy(path("b.npy"), torch::zeros({2, 5}, torch::kUInt8));
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string path(const char* name) const { return (folder / name).string(); }
  std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "autoregressive_files";
};

TEST_F(Files, HoldoutTakesTheLastTrainingExamples) {
  const auto sets = load_data({.train = path("a.npy"), .holdout = 2}, {}, LabelPlace::none);
  EXPECT_TRUE(torch::equal(sets.at(data::Split::train).x, torch::eye(6, torch::kUInt8).slice(0, 0, 4)));
  EXPECT_TRUE(torch::equal(sets.at(data::Split::valid).x, torch::eye(6, torch::kUInt8).slice(0, 4)));
  EXPECT_THROW(load_data({.train = path("a.npy"), .holdout = 6}, {}, LabelPlace::none), UsageError);
}

TEST_F(Files, LimitAppliesToEachSplit) {
  const auto sets = load_data({.train = path("a.npy"), .test = path("a.npy"), .limit = 3}, {}, LabelPlace::none);
  EXPECT_EQ(sets.at(data::Split::train).x.size(0), 3);
  EXPECT_EQ(sets.at(data::Split::test).x.size(0), 3);
}

TEST_F(Files, SplitsOfDifferentShapeAreRefused) {
  EXPECT_THROW(load_data({.train = path("a.npy"), .test = path("b.npy")}, {}, LabelPlace::none), InputError);
}

}  // namespace
}  // namespace cairn::autoregressive
