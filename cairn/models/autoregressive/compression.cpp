#include "cairn/models/autoregressive/compression.h"

#include <cmath>
#include <cstring>
#include <functional>

#include "cairn/base/error.h"
#include "cairn/io/sha256.h"
#include "cairn/models/autoregressive/range_coder.h"
#include "cairn/nn/state_dict.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

constexpr char kMagic[] = "CAIRNAR1";
constexpr size_t kMagicBytes = 8, kDigestBytes = 64, kHeaderBytes = kMagicBytes + 3 * 8 + 2 * kDigestBytes;
constexpr int64_t kBlock = 500;  // examples whose steppers run side by side; not part of the format's meaning

struct Header {
  uint64_t N, D, payload;
};

void put(std::vector<uint8_t>& bytes, uint64_t value) {
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

uint64_t get(std::span<const uint8_t> bytes, size_t offset) {
  uint64_t value = 0;
  for (int i = 7; i >= 0; --i) value = value << 8 | bytes[offset + i];
  return value;
}

/// As 64 hexadecimal digits.
std::vector<uint8_t> sha256_of(const void* data, size_t bytes) {
  const std::string digits = io::sha256(data, bytes);
  return {digits.begin(), digits.end()};
}

std::vector<uint8_t> digest_of(const torch::Tensor& x) {
  const auto data = x.contiguous();
  return sha256_of(data.data_ptr(), static_cast<size_t>(data.numel()));
}

/// A variable's levels as integer shares of 2^32, each at least 1; the likeliest takes the rounding's rest.
void shares_of(const float* logits, int64_t rows, std::vector<Share>& shares) {
  constexpr uint64_t kTotal = uint64_t{1} << kProbabilityBits;
  shares.resize(rows + 1);
  std::vector<double> p(rows + 1);
  ops::probabilities(logits, rows, p.data());
  uint64_t sum = 0;
  int64_t likeliest = 0;
  for (int64_t k = 0; k <= rows; ++k) {
    shares[k].size = 1 + static_cast<uint64_t>(p[k] * static_cast<double>(kTotal - 1024));
    sum += shares[k].size;
    if (shares[k].size > shares[likeliest].size) likeliest = k;
  }
  shares[likeliest].size += kTotal - sum;  // wraps to a subtraction if rounding went over; the largest can spare it
  uint64_t low = 0;
  for (auto& share : shares) {
    share.low = low;
    low += share.size;
  }
}

/// What happens to one variable of one example: its shares in, its level out.
using Visit = std::function<int64_t(int64_t n, int64_t variable, const std::vector<Share>& shares)>;

/// Visits all variables of `count` examples in the order of the first member: position by position, example by example.
void walk_block(DensityModel& model, int64_t count, const Visit& visit) {
  const Path path = model.path(0);
  const auto stepper = model.stepper(path, count);
  std::vector<float> logits;
  std::vector<Share> shares;
  std::vector<int64_t> values(count);
  for (const int64_t d : path.order) {
    const int64_t rows = model.variables().levels[d] - 1;
    logits.resize(count * rows);
    stepper->logits(logits.data());
    for (int64_t n = 0; n < count; ++n) {
      shares_of(logits.data() + n * rows, rows, shares);
      values[n] = visit(n, d, shares);
    }
    stepper->observe(values.data());
  }
}

Header read_header(std::span<const uint8_t> bytes, std::span<const uint8_t> fingerprint, int64_t D,
                   const std::string& source) {
  if (bytes.size() < kHeaderBytes || std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0) {
    throw InputError(source, "this is no file that `compress` wrote");
  }
  const Header header{get(bytes, 8), get(bytes, 16), get(bytes, 24)};
  if (!std::equal(fingerprint.begin(), fingerprint.end(), bytes.begin() + 32)) {
    throw InputError(source, "this file was compressed with another model; only that model can open it");
  }
  if (header.D != static_cast<uint64_t>(D)) {
    throw InputError(source, got_expected(cat(header.D, " variables"), D));
  }
  if (header.payload != bytes.size() - kHeaderBytes) {
    throw InputError(source, cat("damaged or cut short: ",
                                 got_expected(cat(bytes.size() - kHeaderBytes, " bytes of payload"), header.payload)));
  }
  constexpr uint64_t kMaxValues = uint64_t{1} << 32;
  if (header.D == 0 || header.N > kMaxValues / header.D) {
    throw InputError(source, cat("damaged: ", got_expected(cat(header.N, " examples"), "fewer")));
  }
  return header;
}

}  // namespace

Compressed compress(DensityModel& model, const torch::Tensor& x, std::span<const uint8_t> fingerprint) {
  const torch::NoGradGuard no_grad;
  Compressed result;
  RangeEncoder encoder;
  const int64_t N = x.size(0), D = x.size(1);
  const auto data = x.contiguous();
  for (int64_t begin = 0; begin < N; begin += kBlock) {
    const uint8_t* rows = data.data_ptr<uint8_t>() + begin * D;
    walk_block(model, std::min(kBlock, N - begin), [&](int64_t n, int64_t d, const std::vector<Share>& shares) {
      const int64_t value = rows[n * D + d];
      encoder.encode(shares[value]);
      result.ideal_bits += kProbabilityBits - std::log2(static_cast<double>(shares[value].size));
      return value;
    });
  }
  const auto payload = encoder.finish();
  auto& bytes = result.bytes;
  bytes.assign(kMagic, kMagic + kMagicBytes);
  put(bytes, N);
  put(bytes, D);
  put(bytes, payload.size());
  bytes.insert(bytes.end(), fingerprint.begin(), fingerprint.end());
  const auto digest = digest_of(data);
  bytes.insert(bytes.end(), digest.begin(), digest.end());
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return result;
}

torch::Tensor decompress(DensityModel& model, std::span<const uint8_t> bytes, std::span<const uint8_t> fingerprint,
                         const std::string& source) {
  const torch::NoGradGuard no_grad;
  const int64_t D = model.variables().D();
  const Header header = read_header(bytes, fingerprint, D, source);
  RangeDecoder decoder(bytes.subspan(kHeaderBytes));
  std::vector<torch::Tensor> blocks;
  const auto N = static_cast<int64_t>(header.N);
  for (int64_t begin = 0; begin < N; begin += kBlock) {
    const int64_t count = std::min(kBlock, N - begin);
    blocks.push_back(torch::empty({count, D}, torch::kUInt8));
    uint8_t* rows = blocks.back().data_ptr<uint8_t>();
    walk_block(model, count, [&](int64_t n, int64_t d, const std::vector<Share>& shares) {
      const uint64_t target = decoder.target();
      size_t value = shares.size() - 1;
      while (shares[value].low > target) --value;
      decoder.remove(shares[value]);
      rows[n * D + d] = static_cast<uint8_t>(value);
      return static_cast<int64_t>(value);
    });
    constexpr size_t kMaxOverrun = 6;  // `finish` writes one byte of the seven that the decoder looks at
    if (decoder.overrun() > kMaxOverrun) throw InputError(source, "damaged: the payload ends too early");
  }
  const auto x = blocks.empty() ? torch::empty({0, D}, torch::kUInt8) : torch::cat(blocks);
  const auto digest = digest_of(x);
  if (!std::equal(digest.begin(), digest.end(), bytes.begin() + 32 + kDigestBytes)) {
    throw InputError(source, "damaged: the decoded data do not match their checksum");
  }
  return x;
}

std::vector<uint8_t> model_fingerprint(const std::string& configuration, const DensityModel& model) {
  std::vector<uint8_t> all(configuration.begin(), configuration.end());
  for (const auto& [name, tensor] : nn::state_dict(model)) {
    const auto values = as_floats(tensor);
    const auto digest = sha256_of(values.data_ptr(), values.nbytes());
    all.insert(all.end(), name.begin(), name.end());
    all.insert(all.end(), digest.begin(), digest.end());
  }
  return sha256_of(all.data(), all.size());
}

}  // namespace cairn::autoregressive
