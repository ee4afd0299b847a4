#include "cairn/models/word2vec/subwords.h"

#include <string>

#include "cairn/base/error.h"

namespace cairn::word2vec {

uint32_t fasttext_hash(std::string_view bytes) {
  uint32_t h = 2166136261u;
  for (const char byte : bytes) h = (h ^ static_cast<uint32_t>(static_cast<int8_t>(byte))) * 16777619u;
  return h;
}

std::vector<int32_t> subwords(std::string_view word, const SubwordOptions& options) {
  const std::string marked = cat("<", word, ">");
  const auto continues = [&](size_t at) { return (marked[at] & 0xC0) == 0x80; };
  std::vector<int32_t> numbers;
  for (size_t begin = 0; begin < marked.size(); ++begin) {
    if (continues(begin)) continue;
    size_t end = begin;
    for (int64_t n = 1; end < marked.size() && n <= options.max_n; ++n) {
      for (++end; end < marked.size() && continues(end);) ++end;
      const bool mark_alone = n == 1 && (begin == 0 || end == marked.size());
      if (n < options.min_n || mark_alone) continue;
      const uint32_t h = fasttext_hash(std::string_view(marked).substr(begin, end - begin));
      numbers.push_back(static_cast<int32_t>(h % static_cast<uint32_t>(options.bucket)));
    }
  }
  return numbers;
}

}  // namespace cairn::word2vec
