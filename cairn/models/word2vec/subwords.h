// The character n-grams of a word, hashed as fastText does (Bojanowski et al.
// 2017), so that its vectors agree.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn::word2vec {

struct SubwordOptions {
  int64_t min_n = 3, max_n = 6;
  int64_t bucket = 2000000;
};

/// FNV-1a on signed bytes, as fastText has it.
uint32_t fasttext_hash(std::string_view bytes);

/// For each n-gram of "<word>" of min_n to max_n characters, in fastText's
/// order: hash % bucket. The marks < and > alone are no n-grams. `word` is
/// well-formed UTF-8.
std::vector<int32_t> subwords(std::string_view word, const SubwordOptions& options);

}  // namespace cairn::word2vec
