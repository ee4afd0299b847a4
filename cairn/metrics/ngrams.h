// Counts of n-grams and what two texts share, for metrics of translations.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::metrics {

/// Of texts that outlive it.
using NgramCounts = std::unordered_map<std::u32string_view, int64_t>;

/// Where each unit of a text (a word, a character) begins and ends.
struct Span {
  size_t begin, end;
};

inline std::vector<Span> characters_in(std::u32string_view text) {
  std::vector<Span> spans(text.size());
  for (size_t at = 0; at < text.size(); ++at) spans[at] = {at, at + 1};
  return spans;
}

/// Words with one space between two.
inline std::vector<Span> words_in(std::u32string_view text) {
  std::vector<Span> spans;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(U' ', begin), text.size());
    spans.push_back({begin, end});
    begin = end + 1;
  }
  return spans;
}

/// The n-grams of `units`, as pieces of `text`.
inline NgramCounts count_ngrams(std::u32string_view text, const std::vector<Span>& units, size_t n) {
  NgramCounts counts;
  for (size_t first = 0; first + n <= units.size(); ++first) {
    const size_t begin = units[first].begin;
    ++counts[text.substr(begin, units[first + n - 1].end - begin)];
  }
  return counts;
}

/// How many of `counts` are in `others` too, each at most as often as there.
inline int64_t common(const NgramCounts& counts, const NgramCounts& others) {
  int64_t both = 0;
  for (const auto& [ngram, count] : counts) {
    if (const auto found = others.find(ngram); found != others.end()) both += std::min(count, found->second);
  }
  return both;
}

}  // namespace cairn::metrics
