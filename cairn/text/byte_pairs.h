// Pairs of bytes and what they were merged to (Sennrich et al. 2016, byte pair encoding; Radford et al. 2019, of the
// bytes of UTF-8): GPT-2's tokens. Every text has tokens, and they give every byte back.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cairn/text/vocabulary.h"

namespace cairn::text {

class BytePairs {
 public:
  /// `tokens` and `merges` ("a b", the most urgent first) write each byte as a character of its own: bytes that print
  /// in Latin-1 as themselves, the others from U+0100 on. Throws InputError naming `source` for a merge that is not two
  /// tokens which give a third, and for a byte without a token.
  BytePairs(Vocabulary tokens, std::vector<std::string> merges, const std::string& source);

  int64_t size() const { return tokens_.size(); }
  const Vocabulary& tokens() const { return tokens_; }
  const std::vector<std::string>& merges() const { return merges_; }
  int64_t newline() const { return of_byte_['\n']; }

  /// Appends the ids of a text. Well-formed UTF-8 is cut as GPT-2's rule has it: "'s" and the like, runs of letters, of
  /// numbers, of other characters (each with a space before it), white space.
  void encode(std::string_view text, std::vector<int64_t>& ids) const;
  /// The bytes of tokens [begin, end). Throws UsageError for an id that is none.
  std::string decode(const int64_t* begin, const int64_t* end) const;

 private:
  struct Merge {
    size_t rank;
    int64_t result;
  };
  void encode_word(std::string_view word, std::vector<int64_t>& ids) const;

  Vocabulary tokens_;
  std::vector<std::string> merges_;
  std::array<int64_t, 256> of_byte_{};
  std::unordered_map<uint64_t, Merge> pairs_;  // of two ids
};

}  // namespace cairn::text
