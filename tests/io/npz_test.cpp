// Archives of arrays: NumPy's own, stored and compressed, and ours.
#include "cairn/io/npz.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/io/array_file.h"
#include "cairn/io/npy.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;
using io::ZipWriter;

TEST(Npz, ReadsEveryDtypeOfNumPy) {
  const auto arrays = io::read_npz(golden("numpy_files/every_dtype.npz"));
  EXPECT_EQ(arrays.size(), 14U);
  for (const auto& [name, array] : arrays) {
    const auto expected = torch::tensor({1.0, 2.0, 4.0}).to(array.scalar_type());
    EXPECT_TRUE(torch::equal(array.to(torch::kComplexDouble), expected.to(torch::kComplexDouble))) << name;
  }
  EXPECT_EQ(arrays.at("uint16").scalar_type(), torch::kUInt16);
  EXPECT_EQ(arrays.at("complex128").scalar_type(), torch::kComplexDouble);
}

TEST(Npz, ReadsCompressedMembers) {
  const auto arrays = io::read_npz(golden("numpy_files/compressed.npz"));
  EXPECT_TRUE(torch::equal(arrays.at("labels"), torch::arange(10)));
  EXPECT_EQ(arrays.at("images").sizes(), (std::vector<int64_t>{10, 28, 28}));
}

TEST(Npz, WritesWhatItReadsWithTheSameBytesEachTime) {
  const TemporaryFolder folder;
  const io::TensorMap arrays{{"a", torch::arange(1000)}, {"b/c", torch::rand({3, 4})}, {"empty", torch::empty({0})}};
  for (const auto method : {ZipWriter::Method::stored, ZipWriter::Method::deflated}) {
    io::write_npz(folder / "x.npz", arrays, method);
    const auto again = io::read_npz(folder / "x.npz");
    ASSERT_EQ(again.size(), arrays.size());
    for (const auto& [name, array] : arrays) EXPECT_TRUE(torch::equal(again.at(name), array)) << name;
    io::write_npz(folder / "y.npz", arrays, method);
    EXPECT_EQ(slurp(folder / "x.npz"), slurp(folder / "y.npz"));
  }
  EXPECT_LT(std::filesystem::file_size(folder / "x.npz"), 5000U);  // deflated, 8000 bytes of numbers
  io::write_npz(folder / "none.npz", {});
  EXPECT_TRUE(io::read_npz(folder / "none.npz").empty());
}

TEST(Npz, AnArrayByNameOrTheOnlyOne) {
  const std::string single = golden("numpy_files/single.npz"), several = golden("numpy_files/compressed.npz");
  EXPECT_EQ(io::read_array(single).sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(io::read_array(single + ":x").scalar_type(), torch::kFloat32);
  EXPECT_TRUE(torch::equal(io::read_array(several + ":labels"), torch::arange(10)));
  const std::string ambiguous = input_error([&] { io::read_array(several); });
  EXPECT_NE(ambiguous.find("images, labels"), std::string::npos) << ambiguous;
  const std::string unknown = input_error([&] { io::read_array(several + ":label"); });
  EXPECT_NE(unknown.find("did you mean 'labels'?"), std::string::npos) << unknown;
  EXPECT_NE(input_error([&] { io::read_array(golden("torch_checkpoints/tensor.pth")); }), "");
}

TEST(Npz, DamageIsRefused) {
  const std::string whole = slurp(golden("numpy_files/compressed.npz"));
  const auto refused = [](const std::string& bytes) {
    return input_error([&] { io::parse_npz(bytes_of(bytes), "x.npz"); });
  };
  for (size_t size = 0; size < whole.size(); size += 7) EXPECT_NE(refused(whole.substr(0, size)), "") << size;
  std::string flipped = whole;
  flipped[75] = static_cast<char>(flipped[75] ^ 1);  // in the first member's deflated bytes: the checksum tells
  EXPECT_NE(refused(flipped), "");
}

TEST(Npz, ForeignMembersAreRefused) {
  const TemporaryFolder folder;
  ZipWriter archive(ZipWriter::Method::stored);
  archive.add_text("../../etc/passwd", "x");
  archive.add_text("x.npy", io::npy_bytes(torch::arange(3)));
  archive.write(folder / "x.npz");
  EXPECT_NE(input_error([&] { io::read_npz(folder / "x.npz"); }).find("../../etc/passwd"), std::string::npos);
  EXPECT_EQ(folder.names(), std::vector<std::string>{"x.npz"});
}
