#include "cairn/text/word_index.h"

#include <cstring>

#include "cairn/base/error.h"

namespace cairn::text {

namespace {

/// FNV-1a over eight bytes at a time, mixed at the end.
uint64_t hash(std::string_view word) {
  constexpr uint64_t kPrime = 0x9E3779B97F4A7C15u;
  uint64_t h = word.size() * kPrime;
  size_t at = 0;
  for (; at + 8 <= word.size(); at += 8) {
    uint64_t part = 0;
    std::memcpy(&part, word.data() + at, 8);
    h = (h ^ part) * kPrime;
    h ^= h >> 32;
  }
  uint64_t part = 0;
  std::memcpy(&part, word.data() + at, word.size() - at);
  h = (h ^ part) * kPrime;
  return h ^ h >> 29;
}

}  // namespace

WordIndex::WordIndex() : slots_(1024, -1) {}

std::string_view WordIndex::operator[](int32_t number) const {
  const auto i = static_cast<size_t>(number);
  return {arena_.data() + begins_[i], begins_[i + 1] - begins_[i]};
}

size_t WordIndex::slot_of(std::string_view word) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash(word) & mask;
  while (slots_[slot] >= 0 && (*this)[slots_[slot]] != word) slot = (slot + 1) & mask;
  return slot;
}

int32_t WordIndex::find(std::string_view word) const {
  return slots_[slot_of(word)];
}

int32_t WordIndex::add(std::string_view word) {
  const size_t slot = slot_of(word);
  if (slots_[slot] >= 0) return slots_[slot];
  if (size() >= INT32_MAX) throw InputError("vocabulary", "more than 2147483647 different words");
  const auto number = static_cast<int32_t>(size());
  arena_ += word;
  begins_.push_back(arena_.size());
  slots_[slot] = number;
  if (begins_.size() * 2 > slots_.size()) grow();
  return number;
}

void WordIndex::grow() {
  slots_.assign(slots_.size() * 2, -1);
  for (int32_t i = 0; i < size(); ++i) slots_[slot_of((*this)[i])] = i;
}

}  // namespace cairn::text
