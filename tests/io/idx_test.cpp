// idx files, gzipped and not: what is written comes back, what lies is refused.
#include "cairn/io/idx.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"
#include "cairn/io/gzip.h"
#include "files.h"

using namespace cairn;
using namespace cairn::io::testing;

namespace {

std::string refusal(const std::string& bytes) {
  return input_error([&] { io::parse_idx(bytes_of(bytes), "x.idx"); });
}

std::string zipped(const std::string& bytes) {
  return io::gzip(bytes_of(bytes));
}

const std::string kTwoByThree(
    "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
    "abcdef",
    18);

}  // namespace

TEST(Idx, ReadsTheFormatsOwnBytes) {
  const auto array = io::parse_idx(bytes_of(kTwoByThree), "x.idx");
  EXPECT_EQ(array.sizes(), (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(array[1][2].item<int64_t>(), 'f');
  const std::string big_endian("\0\0\x0B\x01\0\0\0\x01\x01\x02", 10);
  EXPECT_EQ(io::parse_idx(bytes_of(big_endian), "x.idx").item<int64_t>(), 0x102);
}

TEST(Idx, EveryTypeComesBackPlainAndZipped) {
  const TemporaryFolder folder;
  for (const char* name : {"x.idx", "x.idx.gz"}) {
    for (const auto type :
         {torch::kUInt8, torch::kInt8, torch::kInt16, torch::kInt32, torch::kFloat32, torch::kFloat64}) {
      for (const auto& shape : {std::vector<int64_t>{2, 3}, {6}, {1, 1, 6}, {0, 4}}) {
        const auto array = torch::arange(torch::empty(shape).numel()).view(shape).to(type);
        io::write_idx(folder / name, array);
        const auto again = io::read_idx(folder / name);
        EXPECT_EQ(again.scalar_type(), type);
        EXPECT_TRUE(torch::equal(again, array)) << name << type;
      }
    }
  }
  EXPECT_THROW(io::write_idx(folder / "y.idx", torch::ones({1}, torch::kInt64)), UsageError);
  EXPECT_FALSE(std::filesystem::exists(folder / "y.idx"));
}

TEST(Idx, EveryTruncationIsRefused) {
  for (size_t size = 0; size < kTwoByThree.size(); ++size) {
    EXPECT_NE(refusal(kTwoByThree.substr(0, size)), "") << size;
    EXPECT_NE(refusal(zipped(kTwoByThree.substr(0, size))), "") << size;
  }
  EXPECT_NE(refusal(kTwoByThree + "x"), "");
  EXPECT_NE(refusal(zipped(kTwoByThree + "x")), "");
  const std::string gz = zipped(kTwoByThree);
  for (size_t size = 0; size + 8 < gz.size(); ++size) EXPECT_NE(refusal(gz.substr(0, size)), "") << size;
}

TEST(Idx, SizesBeyondTheFileAreRefusedBeforeAnythingIsUnpacked) {
  std::string huge = kTwoByThree;
  huge[4] = huge[8] = '\x7f';  // 2 x 10^9 squared
  EXPECT_NE(refusal(huge), "");
  EXPECT_NE(refusal(zipped(huge)), "");
  const std::string bomb = zipped(kTwoByThree.substr(0, 12) + std::string(50'000'000, '\0'));
  EXPECT_LT(bomb.size(), 60'000U);
  EXPECT_NE(refusal(bomb).find("oversized"), std::string::npos);
}
