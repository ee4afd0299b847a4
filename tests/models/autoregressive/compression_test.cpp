#include "cairn/models/autoregressive/compression.h"

#include <ATen/Parallel.h>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/range_coder.h"
#include "cairn/models/autoregressive/sampling.h"
#include "small_models.h"

namespace cairn::autoregressive {
namespace {

const std::vector<uint8_t> kFingerprint(64, 7);

TEST(RangeCoder, RoundTripOfExtremeShares) {
  constexpr uint64_t kTotal = uint64_t{1} << 32;
  const Share tiny{0, 1}, huge{1, kTotal - 1}, last{kTotal - 1, 1}, half{kTotal / 2, kTotal / 2};
  std::vector<Share> symbols;
  for (int i = 0; i < 3000; ++i) symbols.push_back(i % 7 == 0 ? tiny : i % 11 == 0 ? last : i % 3 == 0 ? half : huge);
  RangeEncoder encoder;
  for (const Share& share : symbols) encoder.encode(share);
  const auto bytes = encoder.finish();
  RangeDecoder decoder(bytes);
  for (const Share& share : symbols) {
    ASSERT_GE(decoder.target(), share.low);
    ASSERT_LT(decoder.target(), share.low + share.size);
    decoder.remove(share);
  }
  EXPECT_LE(decoder.overrun(), 6u);
}

class Compression : public EverySmallModel {};

TEST_P(Compression, RoundTripWithinATenthOfAPercentOfTheIdeal) {
  const auto model = make_random(GetParam());
  const auto x = sample(*model, 2000, RandomStream(1, "x"));
  at::set_num_threads(2);
  const auto file = compress(*model, x, kFingerprint);
  at::set_num_threads(1);
  EXPECT_TRUE(torch::equal(decompress(*model, file.bytes, kFingerprint, "file"), x));
  const double ideal = file.ideal_bits / 8, header = 160;
  EXPECT_LE(static_cast<double>(file.bytes.size()) - header, ideal * 1.001 + 1);
  const torch::NoGradGuard no_grad;
  const double nats = -model->conditionals(x, 0).sum().item<double>();
  EXPECT_NEAR(file.ideal_bits * std::log(2.0), nats, 1e-3 * nats);
}

INSTANTIATE_TEST_SUITE_P(Small, Compression, testing::ValuesIn(small_models()),
                         [](const auto& test) { return test.param.name; });

class CompressedFile : public testing::Test {
 protected:
  std::shared_ptr<DensityModel> model = make_random({"nade", {.kind = "nade", .hidden = {6}}});
  torch::Tensor x = sample(*model, 20, RandomStream(1, "x"));
  std::vector<uint8_t> bytes = compress(*model, x, kFingerprint).bytes;
};

TEST_F(CompressedFile, OfNothingIsAHeader) {
  const auto empty = compress(*model, x.slice(0, 0, 0), kFingerprint);
  EXPECT_EQ(decompress(*model, empty.bytes, kFingerprint, "file").sizes(), torch::IntArrayRef({0, 12}));
}

TEST_F(CompressedFile, CutAnywhereIsRefused) {
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(decompress(*model, {bytes.data(), size}, kFingerprint, "file"), InputError) << size;
  }
}

TEST_F(CompressedFile, AnyChangedByteIsRefused) {
  for (size_t i = 0; i + 1 < bytes.size(); ++i) {  // the last byte only rounds off
    auto damaged = bytes;
    damaged[i] ^= 0x40;
    EXPECT_THROW(decompress(*model, damaged, kFingerprint, "file"), InputError) << i;
  }
}

TEST_F(CompressedFile, OfAnotherModelIsRefused) {
  const auto other = make_random({"nade", {.kind = "nade", .hidden = {5}}});
  EXPECT_NE(model_fingerprint("", *model), model_fingerprint("", *other));
  EXPECT_THROW(decompress(*other, bytes, model_fingerprint("", *other), "file"), InputError);
}

}  // namespace
}  // namespace cairn::autoregressive
