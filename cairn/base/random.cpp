#include "cairn/base/random.h"

#include <cmath>
#include <numbers>
#include <utility>

#include "cairn/base/error.h"

namespace cairn {

namespace {

/// SplitMix64's finaliser: spreads every input bit over all output bits.
uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

uint64_t hash(std::string_view text, uint64_t seed) {
  uint64_t state = mix(seed);
  for (const char c : text) state = mix(state ^ static_cast<unsigned char>(c));
  return mix(state ^ text.size());
}

std::array<uint32_t, 2> halves(uint64_t x) {
  return {static_cast<uint32_t>(x), static_cast<uint32_t>(x >> 32)};
}
uint64_t joined(std::array<uint32_t, 2> x) {
  return x[0] | static_cast<uint64_t>(x[1]) << 32;
}

}  // namespace

std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < kPhiloxRounds; ++round) {
    philox_round(counter[0], counter[1], counter[2], counter[3], key);
    key = next_philox_key(key);
  }
  return counter;
}

RandomStream::RandomStream(uint64_t seed, std::string_view name) : key_(halves(hash(name, seed))) {}

RandomStream RandomStream::at(uint64_t index) const {
  RandomStream item = *this;
  item.key_ = halves(mix(joined(key_) ^ mix(item_ + 1)));
  item.item_ = index;
  item.block_ = 0;
  item.used_ = 4;
  return item;
}

uint32_t RandomStream::bits() {
  if (used_ == 4) {
    const auto item = halves(item_), block = halves(block_++);
    words_ = philox({block[0], block[1], item[0], item[1]}, key_);
    used_ = 0;
  }
  return words_[used_++];
}

uint64_t RandomStream::bits64() {
  const uint64_t low = bits();
  return low | static_cast<uint64_t>(bits()) << 32;
}

double RandomStream::uniform() {
  return static_cast<double>(bits64() >> 11) * 0x1p-53;
}

uint64_t RandomStream::below(uint64_t n) {
  if (n == 0) throw UsageError("RandomStream::below", got_expected(0, "1 or more"));
  const uint64_t threshold = (0 - n) % n;  // drop the few values that would favour small results
  for (;;) {
    const uint64_t x = bits64();
    if (x >= threshold) return x % n;
  }
}

double RandomStream::normal() {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

uint64_t RandomStream::seed() const {
  return mix(joined(key_) ^ mix(item_));
}

Permutation::Permutation(uint64_t n, const RandomStream& stream) : n_(n), half_bits_(1), key_(halves(stream.seed())) {
  while (half_bits_ < 32 && (uint64_t{1} << (2 * half_bits_)) < n) ++half_bits_;
}

uint64_t Permutation::operator[](uint64_t i) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  constexpr uint32_t kRounds = 6;
  do {
    uint64_t left = i >> half_bits_, right = i & mask;
    for (uint32_t round = 0; round < kRounds; ++round) {
      const uint64_t mixed = philox({static_cast<uint32_t>(right), round, 0, 0}, key_)[0] & mask;
      left = std::exchange(right, left ^ mixed);
    }
    i = left << half_bits_ | right;
  } while (i >= n_);  // the Feistel network permutes a power of 4: walk its cycle until back inside
  return i;
}

}  // namespace cairn
