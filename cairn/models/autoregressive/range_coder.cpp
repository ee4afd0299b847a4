#include "cairn/models/autoregressive/range_coder.h"

#include <algorithm>

namespace cairn::autoregressive {

namespace {

constexpr uint64_t kTop = uint64_t{1} << 56;
constexpr uint64_t kBottom = uint64_t{1} << 48;
constexpr uint64_t kTotal = uint64_t{1} << kProbabilityBits;

/// What is left of `range` for a share: the last one takes the rounding's rest, so nothing is wasted.
uint64_t narrowed(uint64_t range, Share share) {
  const uint64_t unit = range >> kProbabilityBits;
  return share.low + share.size == kTotal ? range - unit * share.low : unit * share.size;
}

}  // namespace

void RangeEncoder::carry() {
  for (auto byte = bytes_.rbegin(); byte != bytes_.rend() && ++*byte == 0; ++byte) {
  }
}

void RangeEncoder::encode(Share share) {
  low_ += (range_ >> kProbabilityBits) * share.low;
  range_ = narrowed(range_, share);
  if (low_ >= kTop) {
    carry();
    low_ -= kTop;
  }
  while (range_ < kBottom) {
    bytes_.push_back(static_cast<uint8_t>(low_ >> 48));
    low_ = (low_ << 8) & (kTop - 1);
    range_ <<= 8;
  }
}

std::vector<uint8_t> RangeEncoder::finish() {
  // Any value in [low, low + range) ends the stream; the decoder reads zeros beyond the end. range >= 2^48, so rounding
  // low up to a multiple of 2^48 stays inside, and one byte says it.
  const uint64_t rounded = (low_ + kBottom - 1) & ~(kBottom - 1);
  if (rounded >= kTop) carry();
  bytes_.push_back(static_cast<uint8_t>(rounded >> 48));
  return std::move(bytes_);
}

RangeDecoder::RangeDecoder(std::span<const uint8_t> bytes) : bytes_(bytes) {
  for (int i = 0; i < 7; ++i) code_ = code_ << 8 | next();
}

uint8_t RangeDecoder::next() {
  if (position_ < bytes_.size()) return bytes_[position_++];
  ++overrun_;
  return 0;
}

uint64_t RangeDecoder::target() const {
  return std::min(code_ / (range_ >> kProbabilityBits), kTotal - 1);
}

void RangeDecoder::remove(Share share) {
  code_ -= (range_ >> kProbabilityBits) * share.low;
  range_ = narrowed(range_, share);
  while (range_ < kBottom) {
    code_ = (code_ << 8 | next()) & (kTop - 1);
    range_ <<= 8;
  }
}

}  // namespace cairn::autoregressive
