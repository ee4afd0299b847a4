// Words numbered in the order of their arrival: a hash table whose words lie in one arena.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::text {

class WordIndex {
 public:
  WordIndex();

  /// The number of `word`, a new one if it was not there.
  int32_t add(std::string_view word);
  /// -1 if it is not there.
  int32_t find(std::string_view word) const;
  std::string_view operator[](int32_t number) const;
  int64_t size() const { return static_cast<int64_t>(begins_.size()) - 1; }

 private:
  size_t slot_of(std::string_view word) const;
  void grow();

  std::string arena_;
  std::vector<uint64_t> begins_{0};  // word i is arena_[begins_[i], begins_[i + 1])
  std::vector<int32_t> slots_;       // -1: free; a power of two of them, at most half full
};

}  // namespace cairn::text
