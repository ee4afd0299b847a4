// NumPy's own files, what is written, and what is refused.
#include "cairn/io/npy.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

namespace {

const torch::Tensor grid = torch::arange(6).view({2, 3});

/// A file with this header and data, version 1.
std::string npy(const std::string& header, const std::string& data) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size());
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + data;
}

std::string refusal(const std::string& bytes) {
  return input_error([&] { io::parse_npy(bytes_of(bytes), "x.npy"); });
}

}  // namespace

TEST(Npy, ReadsWhatNumPyWrites) {
  const auto read = [](const char* name) { return io::read_npy(golden(std::string("numpy_files/") + name)); };
  EXPECT_TRUE(torch::equal(read("fortran.npy"), grid.to(torch::kFloat64)));
  EXPECT_TRUE(torch::equal(read("big_endian.npy"), grid.to(torch::kInt32)));
  EXPECT_TRUE(torch::equal(read("version_2.npy"), grid.to(torch::kFloat32)));
  EXPECT_TRUE(torch::equal(read("scalar.npy"), torch::tensor(2.5F)));
  EXPECT_EQ(read("empty.npy").sizes(), (std::vector<int64_t>{0, 3}));
  const auto complex = read("big_endian_complex.npy");
  EXPECT_EQ(complex.scalar_type(), torch::kComplexFloat);
  EXPECT_EQ(complex[0].item<c10::complex<float>>(), (c10::complex<float>(1, 2)));
}

TEST(Npy, WritesWhatItReads) {
  const TemporaryFolder folder;
  for (const auto type :
       {torch::kBool, torch::kUInt8, torch::kInt8, torch::kUInt16, torch::kInt16, torch::kUInt32, torch::kInt32,
        torch::kUInt64, torch::kInt64, torch::kFloat16, torch::kFloat32, torch::kFloat64, torch::kComplexFloat}) {
    const auto array = grid.to(type);
    io::write_npy(folder / "x.npy", array.t());
    const auto again = io::read_npy(folder / "x.npy");
    EXPECT_EQ(again.scalar_type(), type);
    EXPECT_TRUE(torch::equal(again.t().to(torch::kComplexFloat), array.to(torch::kComplexFloat))) << type;
  }
  for (const auto& shape : {std::vector<int64_t>{}, {1}, {0}, {2, 0, 3}}) {
    io::write_npy(folder / "x.npy", torch::ones(shape));
    EXPECT_EQ(io::read_npy(folder / "x.npy").sizes(), shape);
  }
  EXPECT_THROW(io::write_npy(folder / "y.npy", grid.to(torch::kBFloat16)), UsageError);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x.npy"});
}

TEST(Npy, DataBeginAtAMultipleOf64) {
  const std::string bytes = io::npy_bytes(grid);
  EXPECT_EQ((bytes.size() - grid.nbytes()) % 64, 0U);
}

TEST(Npy, EveryTruncationIsRefused) {
  const std::string whole = io::npy_bytes(grid);
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_NE(refusal(whole.substr(0, size)), "") << size;
  EXPECT_NE(refusal(whole + "x"), "");
  EXPECT_EQ(refusal(whole), "");
}

TEST(Npy, BadHeadersAreRefusedWithTheirByte) {
  const auto with = [](const std::string& descr, const std::string& shape) {
    return npy("{'descr': " + descr + ", 'fortran_order': False, 'shape': " + shape + "}", "12345678");
  };
  EXPECT_EQ(refusal(with("'<f8'", "(1,)")), "");
  EXPECT_NE(refusal(with("'|O'", "(1,)")).find("byte 24"), std::string::npos) << refusal(with("'|O'", "(1,)"));
  EXPECT_NE(refusal(with("'<f8'", "(-1,)")).find("byte"), std::string::npos);
  EXPECT_NE(refusal(with("[('a', '<f8')]", "(1,)")), "");
  EXPECT_NE(refusal(with("'<f8'", "(99999999999999999999,)")), "");
  EXPECT_NE(refusal(with("'<f8'", "(4611686018427387904, 4)")), "");
  EXPECT_NE(refusal(with("'<f8'", "(1000000000000,)")).find("1000000000000"), std::string::npos);
  EXPECT_NE(refusal(with("'<f8'", "(0, 9223372036854775807)")), "");
  EXPECT_NE(refusal(npy("{'descr': '<f8'}", "")), "");
  EXPECT_NE(refusal(npy("{'descr': __import__('os')}", "")), "");
  EXPECT_NE(refusal(npy(std::string(1000, '('), "")), "");
}
