// Tokens numbered from 0, and what to do with one that is not among them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::text {

constexpr const char* kUnknownToken = "<unk>";
constexpr const char* kLineEndToken = "<eos>";

class Vocabulary {
 public:
  Vocabulary() = default;
  /// Numbered in the order given. Throws UsageError for a token that is empty or there twice.
  explicit Vocabulary(std::vector<std::string> tokens);

  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  /// -1 if it is not there.
  int64_t find(std::string_view token) const;
  /// Throws UsageError for an id out of range.
  const std::string& operator[](int64_t id) const;
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::vector<std::string> tokens_;
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> ids_;
};

/// How often each token was seen, to choose a vocabulary from.
class TokenCounts {
 public:
  void add(std::string_view token);
  bool contains(std::string_view token) const { return counts_.contains(token); }
  bool empty() const { return counts_.empty(); }
  /// Tokens seen at least `least` times, by falling count (ties in the order of their bytes), the first `most` of them;
  /// 0: all.
  std::vector<std::string> frequent(int64_t least, int64_t most) const;
  /// All, in the order of their bytes.
  std::vector<std::string> sorted() const;

 private:
  std::map<std::string, int64_t, std::less<>> counts_;
};

}  // namespace cairn::text
