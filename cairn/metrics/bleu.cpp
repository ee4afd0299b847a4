#include "cairn/metrics/bleu.h"

#include <cmath>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/metrics/ngrams.h"

namespace cairn::metrics {

namespace {

/// A tokenized segment with its n-grams, which are pieces of its text.
struct Segment {
  Segment(std::string_view segment, const BleuOptions& options)
      : text(bleu_tokens(segment_characters(segment, options.letters), options.tokenizer)) {
    const auto words = words_in(text);
    length = static_cast<int64_t>(words.size());
    for (size_t n = 1; n <= kBleuOrders; ++n) counts[n - 1] = count_ngrams(text, words, n);
  }
  std::u32string text;
  int64_t length;
  std::array<NgramCounts, kBleuOrders> counts;
};

/// The reference length nearest to the hypothesis', the shorter of two equally near ones.
int64_t nearest_length(int64_t length, const std::vector<Segment>& references) {
  int64_t nearest = references.front().length;
  for (const auto& reference : references) {
    const int64_t gap = std::abs(length - reference.length), best = std::abs(length - nearest);
    if (gap < best || (gap == best && reference.length < nearest)) nearest = reference.length;
  }
  return nearest;
}

/// Each n-gram as often as in the reference that has it most often.
NgramCounts most_of(const std::vector<Segment>& references, size_t order) {
  NgramCounts most;
  for (const auto& reference : references) {
    for (const auto& [ngram, count] : reference.counts[order]) most[ngram] = std::max(most[ngram], count);
  }
  return most;
}

double smoothing_value(const BleuOptions& options) {
  return options.smoothing_value.value_or(options.smoothing == BleuSmoothing::floor ? 0.1 : 1.0);
}

std::string smoothing_name(const BleuOptions& options) {
  switch (options.smoothing) {
    case BleuSmoothing::none:
      return "none";
    case BleuSmoothing::floor:
      return cat("floor[", fixed(smoothing_value(options), 2), "]");
    case BleuSmoothing::add_k:
      return cat("add-k[", fixed(smoothing_value(options), 2), "]");
    case BleuSmoothing::exponential:
      return "exp";
  }
  return "";
}

/// Fills in the precisions; returns the orders that count.
size_t find_precisions(const BleuOptions& options, BleuScore& score) {
  size_t orders = kBleuOrders;
  double halves = 1;
  for (size_t k = 0; k < kBleuOrders; ++k) {
    const double more = options.smoothing == BleuSmoothing::add_k && k > 0 ? smoothing_value(options) : 0;
    double correct = static_cast<double>(score.correct[k]) + more;
    const double total = static_cast<double>(score.total[k]) + more;
    if (total == 0) break;
    if (options.effective_order) orders = k + 1;
    if (correct == 0 && options.smoothing == BleuSmoothing::exponential) {
      halves *= 2;
      score.precisions[k] = 100. / (halves * total);
      continue;
    }
    if (correct == 0 && options.smoothing == BleuSmoothing::floor) correct = smoothing_value(options);
    score.precisions[k] = 100. * correct / total;
  }
  return orders;
}

/// The log of 0, as sacreBLEU has it.
constexpr double kLogOfNothing = -9999999999;

}  // namespace

void Bleu::add(std::string_view hypothesis, std::span<const std::string> references) {
  references_.add(references.size());
  const Segment ours(hypothesis, options_);
  std::vector<Segment> theirs;
  theirs.reserve(references.size());  // n-grams point into the segments: they must not move
  for (const auto& reference : references) theirs.emplace_back(reference, options_);
  hypothesis_length_ += ours.length;
  reference_length_ += nearest_length(ours.length, theirs);
  for (size_t k = 0; k < kBleuOrders; ++k) {
    correct_[k] += common(ours.counts[k], most_of(theirs, k));
    total_[k] += std::max<int64_t>(0, ours.length - static_cast<int64_t>(k));
  }
}

BleuScore Bleu::score() const {
  BleuScore result{.correct = correct_,
                   .total = total_,
                   .hypothesis_length = hypothesis_length_,
                   .reference_length = reference_length_};
  const auto c = static_cast<double>(hypothesis_length_), r = static_cast<double>(reference_length_);
  if (c < r) result.brevity_penalty = c > 0 ? std::exp(1 - r / c) : 0;
  if (correct_ == decltype(correct_){}) return result;
  const size_t orders = find_precisions(options_, result);
  double sum = 0;
  for (size_t k = 0; k < orders; ++k) {
    sum += result.precisions[k] == 0 ? kLogOfNothing : std::log(result.precisions[k]);
  }
  result.score = result.brevity_penalty * std::exp(sum / static_cast<double>(orders));
  return result;
}

std::string Bleu::signature() const {
  return signature_of(references_, options_.letters,
                      cat("eff:", options_.effective_order ? "yes" : "no", "|tok:", name_of(options_.tokenizer),
                          "|smooth:", smoothing_name(options_)));
}

std::string BleuScore::detail() const {
  std::vector<std::string> parts;
  for (const double precision : precisions) parts.push_back(fixed(precision, 1));
  const double ratio =
      reference_length > 0 ? static_cast<double>(hypothesis_length) / static_cast<double>(reference_length) : 0;
  return cat(join(parts, "/"), " (BP = ", fixed(brevity_penalty, 3), " ratio = ", fixed(ratio, 3),
             " hyp_len = ", hypothesis_length, " ref_len = ", reference_length, ")");
}

}  // namespace cairn::metrics
