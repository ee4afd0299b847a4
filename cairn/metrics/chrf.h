// chrF and chrF++ (Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; 2017) of a corpus, digit
// by digit as sacreBLEU computes them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/metrics/segments.h"

namespace cairn::metrics {

struct ChrfOptions {
  int64_t characters = 6;  ///< longest n-gram of characters
  int64_t words = 0;       ///< longest n-gram of words; 2: chrF++
  int64_t beta = 2;        ///< recall counts beta times as much as precision
  LetterCase letters = LetterCase::mixed;
  bool white_space = false;  ///< is part of the n-grams of characters
};

/// One order's n-grams: in the hypothesis (where the reference has any), in the reference, in both.
struct NgramOverlap {
  int64_t hypothesis = 0, reference = 0, both = 0;
};

class Chrf {
 public:
  /// Throws UsageError for orders below 0 or none at all, and for beta below 1.
  explicit Chrf(const ChrfOptions& options = {});

  /// One segment and its references, of which the one with the best F-score counts. Throws InputError for text that is
  /// not UTF-8.
  void add(std::string_view hypothesis, std::span<const std::string> references);
  void add(std::string_view hypothesis, const std::string& reference) { add(hypothesis, std::span(&reference, 1)); }

  double score() const;      ///< 0 to 100
  std::string name() const;  ///< "chrF2", "chrF2++"
  /// "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:cairn-0.1.0"
  std::string signature() const;

 private:
  ChrfOptions options_;
  ReferenceCount references_;
  std::vector<NgramOverlap> overlaps_;  // by order: characters, then words
};

}  // namespace cairn::metrics
