#include "cairn/models/word2vec/phrases.h"

#include "cairn/base/error.h"
#include "cairn/text/word_rule.h"

namespace cairn::word2vec {

namespace {

std::string pair_of(std::string_view a, std::string_view b) {
  return cat(a, " ", b);
}

}  // namespace

void count_pairs(std::string_view text, Counts& counts) {
  std::string_view before;
  const auto word = [&](std::string_view w) {
    counts.add(w);
    if (!before.empty()) {
      counts.add(pair_of(before, w));
      --counts.tokens;
    }
    before = w;
  };
  text::for_each_word(text, word, [&] { before = {}; });
}

PhraseTable::PhraseTable(const Counts& counts, const PhraseOptions& options) {
  const auto count = [&](std::string_view word) {
    const int32_t number = counts.words.find(word);
    const int64_t seen = number < 0 ? 0 : counts.counts[static_cast<size_t>(number)];
    return seen < options.min_count ? 0.0 : static_cast<double>(seen);
  };
  for (int32_t i = 0; i < counts.words.size(); ++i) {
    const std::string_view pair = counts.words[i];
    const size_t space = pair.find(' ');
    if (space == std::string_view::npos) continue;
    const double both = count(pair), a = count(pair.substr(0, space)), b = count(pair.substr(space + 1));
    if (both == 0 || a == 0 || b == 0) continue;
    const double score = (both - static_cast<double>(options.min_count)) / a / b * static_cast<double>(counts.tokens);
    if (score > options.threshold) pairs_.add(pair);
  }
}

bool PhraseTable::has(std::string_view a, std::string_view b) const {
  return pairs_.find(pair_of(a, b)) >= 0;
}

std::string PhraseTable::joined(std::string_view text) const {
  std::string out;
  std::string_view before;  // the last word, if it may begin a phrase
  const auto word = [&](std::string_view w) {
    const bool joins = !before.empty() && has(before, w);
    if (!out.empty() && out.back() != '\n') out += joins ? '_' : ' ';
    out += w;
    before = joins ? std::string_view() : w;
  };
  const auto end = [&] {
    before = {};
    out += '\n';
  };
  text::for_each_word(text, word, end);
  return out;
}

}  // namespace cairn::word2vec
