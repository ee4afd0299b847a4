// Pairs of words that are one (new york): scored by word2phrase's rule, joined
// by an underscore.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/models/word2vec/vocabulary.h"

namespace cairn::word2vec {

struct PhraseOptions {
  int64_t min_count = 5;
  double threshold = 100;
};

class PhraseTable {
 public:
  /// A pair is a phrase if (count(ab) - min_count) / count(a) / count(b) *
  /// words > threshold, and a, b and the pair are seen min_count times (Mikolov
  /// et al. 2013b, eq. 6, as word2phrase.c computes it). `counts` has words
  /// and, as "a b", pairs.
  PhraseTable(const Counts& counts, const PhraseOptions& options);

  int64_t size() const { return pairs_.size(); }
  bool has(std::string_view a, std::string_view b) const;
  /// Normalised text with each phrase joined, greedily from the left; a word
  /// belongs to one phrase at most.
  std::string joined(std::string_view text) const;

 private:
  text::WordIndex pairs_;
};

/// Words and pairs of neighbours (as "a b") of normalised text, added to
/// `counts`. Only words count as tokens.
void count_pairs(std::string_view text, Counts& counts);

}  // namespace cairn::word2vec
