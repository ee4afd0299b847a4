// Compressed streams: a whole file as it comes, or a payload behind a header that the decoder accepts.
#include <ATen/Parallel.h>

#include "cairn/models/autoregressive/compression.h"
#include "cairn/models/autoregressive/model_factory.h"
#include "fuzz.h"

namespace {

using namespace cairn::autoregressive;

constexpr int64_t kVariables = 12;
constexpr size_t kDigest = 64;
const std::vector<uint8_t> kFingerprint(kDigest, 'f');

DensityModel& model() {
  static const auto model = [] {
    at::set_num_threads(1);  // the work is too small to share
    return make_model({.config = {.kind = "nade", .hidden = {3}}, .shape = {kVariables}, .encoding = {}});
  }();
  return *model;
}

std::vector<uint8_t> with_header(uint8_t examples, const uint8_t* payload, size_t size) {
  const std::string magic = "CAIRNAR1";
  std::vector<uint8_t> bytes(magic.begin(), magic.end());
  for (const uint64_t number : {uint64_t{examples}, uint64_t{kVariables}, uint64_t{size}}) {
    for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<uint8_t>(number >> shift));
  }
  bytes.insert(bytes.end(), kFingerprint.begin(), kFingerprint.end());
  bytes.insert(bytes.end(), kDigest, '0');
  bytes.insert(bytes.end(), payload, payload + size);
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return cairn::fuzz::refuses_or_reads([&] {
    if (size == 0 || data[0] == 'C') {
      decompress(model(), {data, size}, kFingerprint, "fuzz");
    } else {
      decompress(model(), with_header(data[0], data + 1, size - 1), kFingerprint, "fuzz");
    }
  });
}
