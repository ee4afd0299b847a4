// PyTorch itself reads what is written: names, dtypes, shapes and bits, through
// tests/golden/resave_torch_checkpoint.py.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/io/torch_checkpoint.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

namespace {

/// The Python that LibTorch's wheel belongs to; "" for another LibTorch.
std::string python_of_libtorch() {
  const auto python = std::filesystem::path(CAIRN_LIBTORCH_DIR) / "../../../../bin/python";
  return std::filesystem::exists(python) ? python.string() : "";
}

bool same_bits(const torch::Tensor& a, const torch::Tensor& b) {
  const auto x = a.contiguous(), y = b.contiguous();
  return x.scalar_type() == y.scalar_type() && x.sizes() == y.sizes() &&
         (x.numel() == 0 || std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0);
}

/// Random bits, all of them numbers of the type: bools are 0 or 1.
torch::Tensor random_bits(torch::ScalarType type, std::vector<int64_t> shape) {
  if (type == torch::kBool) return torch::rand(shape).gt(0.5);
  const auto width = static_cast<int64_t>(torch::elementSize(type));
  const int64_t count = torch::empty(shape).numel();
  return torch::randint(0, 256, {count * width}, torch::kUInt8).view(type).view(shape);
}

}  // namespace

TEST(TorchLoad, ReadsBackEveryBit) {
  const std::string python = python_of_libtorch();
  if (python.empty()) GTEST_SKIP() << "this LibTorch has no Python beside it";
  io::TensorMap tensors;
  for (const auto type :
       {torch::kFloat64,       torch::kFloat32,       torch::kFloat16,         torch::kBFloat16,
        torch::kInt64,         torch::kInt32,         torch::kInt16,           torch::kInt8,
        torch::kUInt8,         torch::kUInt16,        torch::kUInt32,          torch::kUInt64,
        torch::kBool,          torch::kComplexDouble, torch::kComplexFloat,    torch::kComplexHalf,
        torch::kFloat8_e5m2,   torch::kFloat8_e4m3fn, torch::kFloat8_e5m2fnuz, torch::kFloat8_e4m3fnuz,
        torch::kFloat8_e8m0fnu}) {
    tensors[cat("layer.", type)] = random_bits(type, {3, 5});
  }
  tensors["scalar"] = torch::tensor(1.5);
  tensors["empty"] = torch::empty({0, 3});
  tensors["gr\u00f6\u00dfe"] = torch::arange(3);
  tensors["transposed"] = torch::arange(6).view({2, 3}).t();

  const TemporaryFolder folder;
  io::write_torch_checkpoint(folder / "ours.pth", tensors);
  const std::string command = cat(python, " ", golden("resave_torch_checkpoint.py").string(), " ",
                                  (folder / "ours.pth").string(), " ", (folder / "theirs.pth").string());
  ASSERT_EQ(std::system(command.c_str()), 0) << command;
  const auto theirs = io::read_torch_checkpoint(folder / "theirs.pth").tensors;
  ASSERT_EQ(theirs.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) EXPECT_TRUE(same_bits(theirs.at(name), tensor)) << name;
}
