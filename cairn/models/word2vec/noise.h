// Words drawn against the true ones, by count to a power: Walker's alias method
// (Vose 1991), one look-up a draw.
#pragma once

#include <cstdint>
#include <vector>

namespace cairn::word2vec {

/// A small, fast generator for the training loop, seeded from a RandomStream
/// (SplitMix64, Steele et al. 2014).
class FastRandom {
 public:
  explicit FastRandom(uint64_t seed) : state_(seed) {}
  uint64_t bits() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  /// In [0, n); n < 2^32, its bias below n / 2^32.
  uint32_t below(uint32_t n) { return static_cast<uint32_t>((bits() >> 32) * n >> 32); }

 private:
  uint64_t state_;
};

class Noise {
 public:
  /// p(word) = count^exponent / sum. Counts must be > 0, at least one of them.
  Noise(const std::vector<int64_t>& counts, double exponent);

  int32_t draw(FastRandom& random) const {
    const uint64_t bits = random.bits();
    const auto column = static_cast<uint32_t>((bits >> 32) * columns_.size() >> 32);
    const Column& c = columns_[column];
    return static_cast<uint32_t>(bits) < c.stay ? static_cast<int32_t>(column) : c.alias;
  }
  /// A word other than `word`; needs two words.
  int32_t draw_except(int32_t word, FastRandom& random) const {
    int32_t drawn = draw(random);
    while (drawn == word) drawn = draw(random);
    return drawn;
  }
  int64_t size() const { return static_cast<int64_t>(columns_.size()); }

 private:
  struct Column {
    uint32_t stay;  // of 2^32
    int32_t alias;
  };
  std::vector<Column> columns_;
};

}  // namespace cairn::word2vec
