// BLEU (Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation") of a corpus, digit by
// digit as sacreBLEU computes it (Post 2018).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cairn/metrics/bleu_tokenizers.h"
#include "cairn/metrics/segments.h"

namespace cairn::metrics {

/// What an order without a match counts for (Chen & Cherry 2014).
enum class BleuSmoothing {
  none,         ///< nothing: the score is 0
  floor,        ///< `smoothing_value` matches (0.1)
  add_k,        ///< orders above 1 have `smoothing_value` (1) more matches and n-grams
  exponential,  ///< 1/2 match the first time, 1/4 the second, ...: as mteval-v13a.pl
};

struct BleuOptions {
  BleuTokenizer tokenizer = BleuTokenizer::v13a;
  LetterCase letters = LetterCase::mixed;
  BleuSmoothing smoothing = BleuSmoothing::exponential;
  std::optional<double> smoothing_value = {};
  bool effective_order = false;  ///< of sentences: orders longer than the sentence are left out
};

constexpr size_t kBleuOrders = 4;

struct BleuScore {
  double score = 0;                              ///< 0 to 100
  std::array<double, kBleuOrders> precisions{};  ///< percent
  std::array<int64_t, kBleuOrders> correct{}, total{};
  double brevity_penalty = 1;
  int64_t hypothesis_length = 0, reference_length = 0;  ///< tokens; of several references the nearest in length

  /// "71.0/47.5/34.3/24.5 (BP = 0.999 ratio = 0.999 hyp_len = 12096 ref_len = 12103)"
  std::string detail() const;
};

class Bleu {
 public:
  explicit Bleu(const BleuOptions& options = {}) : options_(options) {}

  /// One segment and its references (one or more, empty ones too). Throws InputError for text that is not UTF-8.
  void add(std::string_view hypothesis, std::span<const std::string> references);
  void add(std::string_view hypothesis, const std::string& reference) { add(hypothesis, std::span(&reference, 1)); }

  BleuScore score() const;
  /// "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:cairn-0.1.0"
  std::string signature() const;

 private:
  BleuOptions options_;
  ReferenceCount references_;
  std::array<int64_t, kBleuOrders> correct_{}, total_{};
  int64_t hypothesis_length_ = 0, reference_length_ = 0;
};

}  // namespace cairn::metrics
