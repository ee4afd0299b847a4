// Counter-based random numbers (Philox 4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
//
// A draw is a pure function of (seed, stream name, position). So what one part of a program draws never depends on
// threads, on the batch size, or on what another part drew, and going on after a stop needs only the position.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace cairn {

constexpr int kPhiloxRounds = 10;

/// A round of Philox on the words of a counter, inline for kernels that make many blocks side by side.
constexpr void philox_round(uint32_t& w0, uint32_t& w1, uint32_t& w2, uint32_t& w3,
                            const std::array<uint32_t, 2>& key) {
  const uint64_t a = uint64_t{0xD2511F53u} * w0;
  const uint64_t b = uint64_t{0xCD9E8D57u} * w2;
  w0 = static_cast<uint32_t>(b >> 32) ^ w1 ^ key[0];
  w1 = static_cast<uint32_t>(b);
  w2 = static_cast<uint32_t>(a >> 32) ^ w3 ^ key[1];
  w3 = static_cast<uint32_t>(a);
}
/// The key of the round after that of `key`.
constexpr std::array<uint32_t, 2> next_philox_key(std::array<uint32_t, 2> key) {
  return {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
}

/// One Philox block: four 32-bit words for a 128-bit counter under a 64-bit key.
std::array<uint32_t, 4> philox(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// A named sequence of random numbers derived from one seed. Copies are independent cursors on the same sequence.
class RandomStream {
 public:
  RandomStream(uint64_t seed, std::string_view name);

  /// The stream for item `index` of this one (a step, a row): independent of this stream's own draws and of other
  /// items.
  RandomStream at(uint64_t index) const;

  uint32_t bits();  ///< 32 random bits
  uint64_t bits64();
  double uniform();            ///< in [0, 1), 53 bits
  uint64_t below(uint64_t n);  ///< in [0, n), unbiased; n > 0
  double normal();             ///< mean 0, variance 1 (Box-Muller)
  uint64_t seed() const;       ///< 64 bits that identify this stream, to seed a foreign generator

 private:
  std::array<uint32_t, 2> key_{};
  uint64_t item_ = 0;
  uint64_t block_ = 0;
  std::array<uint32_t, 4> words_{};
  int used_ = 4;
};

/// A pseudo-random permutation of [0, n) in O(1) memory: element i costs a few rounds of a Feistel network with
/// cycle walking (Black & Rogaway 2002). Epoch e of a shuffled set is Permutation(n, stream.at(e)).
class Permutation {
 public:
  Permutation(uint64_t n, const RandomStream& stream);
  uint64_t size() const { return n_; }
  uint64_t operator[](uint64_t i) const;  ///< i < size()

 private:
  uint64_t n_;
  int half_bits_;
  std::array<uint32_t, 2> key_{};
};

}  // namespace cairn
