// MATLAB 5 arrays, written here byte by byte, and damaged ones.
#include "cairn/io/matlab.h"

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"

namespace cairn::io {
namespace {

namespace fs = std::filesystem;

template <class T>
std::string raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

std::string element(uint32_t type, std::string data) {
  auto bytes = raw<uint32_t>({type, static_cast<uint32_t>(data.size())}) + data;
  bytes.resize((bytes.size() + 7) / 8 * 8);
  return bytes;
}

std::string header() {
  std::string bytes = "MATLAB 5.0 MAT-file";
  bytes.resize(124, ' ');
  return bytes + std::string("\x00\x01IM", 4);
}

/// 2 x 3 floats 1 .. 6, by columns 1 4, 2 5, 3 6.
std::string matrix(const std::string& name) {
  return element(14, element(6, raw<uint32_t>({7, 0})) + element(5, raw<int32_t>({2, 3})) + element(1, name) +
                         element(7, raw<float>({1, 4, 2, 5, 3, 6})));
}

class Matlab : public testing::Test {
 protected:
  std::map<std::string, torch::Tensor> read(const std::string& bytes) const {
    write_file(path_, bytes);
    return read_matlab(path_);
  }
  void TearDown() override { fs::remove(path_); }
  fs::path path_ = fs::temp_directory_path() / ("cairn-matlab-" + std::to_string(::getpid()) + ".mat");
};

TEST_F(Matlab, ColumnsBecomeRows) {
  const auto arrays = read(header() + matrix("A") + matrix("name"));
  ASSERT_EQ(arrays.size(), 2u);
  EXPECT_TRUE(torch::equal(arrays.at("A"), torch::tensor({{1.f, 2.f, 3.f}, {4.f, 5.f, 6.f}})));
  EXPECT_TRUE(arrays.contains("name"));
}

TEST_F(Matlab, DamagedFilesAreRefused) {
  const std::string good = header() + matrix("A");
  EXPECT_THROW(read(""), InputError);
  EXPECT_THROW(read(std::string(200, 'x')), InputError);
  EXPECT_THROW(read(header() + element(15, "zipped")), InputError);
  for (size_t size = 129; size < good.size(); ++size) EXPECT_THROW(read(good.substr(0, size)), InputError) << size;
  for (size_t at = 128; at < good.size() - 24; ++at) {  // any byte but the numbers' own
    std::string spoilt = good;
    spoilt[at] = static_cast<char>(0xee);
    try {
      read(spoilt);
    } catch (const InputError&) {
    }
  }
}

}  // namespace
}  // namespace cairn::io
