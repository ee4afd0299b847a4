// A range coder (Martin 1979): turns symbols and their probabilities into bytes, within a few bits of the ideal length.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cairn::autoregressive {

/// Probabilities are integer parts of 2^32.
constexpr int kProbabilityBits = 32;

/// A symbol's share of the unit interval: [low, low + size) / 2^32, size > 0.
struct Share {
  uint64_t low;
  uint64_t size;
};

class RangeEncoder {
 public:
  void encode(Share share);
  /// The bytes; call once, at the end.
  std::vector<uint8_t> finish();

 private:
  void carry();
  std::vector<uint8_t> bytes_;
  uint64_t low_ = 0;                    // 56 bits
  uint64_t range_ = uint64_t{1} << 56;  // > 2^48 between symbols
};

class RangeDecoder {
 public:
  explicit RangeDecoder(std::span<const uint8_t> bytes);
  /// Where in [0, 2^32) the next symbol's share lies.
  uint64_t target() const;
  /// Removes the symbol whose share holds target().
  void remove(Share share);
  /// Bytes taken beyond the end: a whole file needs only the few that `finish` left out.
  size_t overrun() const { return overrun_; }

 private:
  uint8_t next();
  std::span<const uint8_t> bytes_;
  size_t position_ = 0;
  size_t overrun_ = 0;
  uint64_t code_ = 0;  // 56 bits, relative to the encoder's low
  uint64_t range_ = uint64_t{1} << 56;
};

}  // namespace cairn::autoregressive
