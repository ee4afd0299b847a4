#include "cairn/metrics/chrf.h"

#include "cairn/base/error.h"
#include "cairn/metrics/ngrams.h"
#include "cairn/text/unicode.h"

namespace cairn::metrics {

namespace {

bool is_ascii_punctuation(char32_t c) {
  return c > U' ' && c <= U'~' && (text::is_punctuation(c) || text::is_symbol(c));
}

/// Words with one punctuation mark taken off: the last, or else the first.
std::u32string mark_off(const std::u32string& spaced) {
  std::u32string marked;
  for (const auto [begin, end] : words_in(spaced)) {
    const auto word = std::u32string_view(spaced).substr(begin, end - begin);
    const size_t cut = word.size() == 1                     ? 0
                       : is_ascii_punctuation(word.back())  ? word.size() - 1
                       : is_ascii_punctuation(word.front()) ? 1
                                                            : 0;
    if (!marked.empty()) marked += U' ';
    marked += word.substr(0, cut);
    if (cut > 0) marked += U' ';
    marked += word.substr(cut);
  }
  return marked;
}

std::u32string without_spaces(std::u32string text) {
  std::erase(text, U' ');
  return text;
}

/// A segment with its n-grams, which are pieces of its texts.
struct Segment {
  Segment(std::string_view segment, const ChrfOptions& options) {
    const auto all = segment_characters(segment, options.letters);
    const auto spaced = text::single_spaced(all);
    characters = options.white_space ? all : without_spaces(spaced);
    words = mark_off(spaced);
    const auto letters = characters_in(characters), tokens = words_in(words);
    for (int64_t n = 1; n <= options.characters; ++n) {
      counts.push_back(count_ngrams(characters, letters, static_cast<size_t>(n)));
    }
    for (int64_t n = 1; n <= options.words; ++n) {
      counts.push_back(count_ngrams(words, tokens, static_cast<size_t>(n)));
    }
  }
  std::u32string characters, words;
  std::vector<NgramCounts> counts;
};

int64_t sum_of(const NgramCounts& counts) {
  int64_t sum = 0;
  for (const auto& [ngram, count] : counts) sum += count;
  return sum;
}

std::vector<NgramOverlap> overlaps_of(const Segment& hypothesis, const Segment& reference) {
  std::vector<NgramOverlap> overlaps;
  for (size_t k = 0; k < hypothesis.counts.size(); ++k) {
    const auto &ours = hypothesis.counts[k], &theirs = reference.counts[k];
    overlaps.push_back({theirs.empty() ? 0 : sum_of(ours), sum_of(theirs), common(ours, theirs)});
  }
  return overlaps;
}

/// F-score of the mean precision and recall over the orders that both sides have; times 100.
double f_score(const std::vector<NgramOverlap>& overlaps, int64_t beta) {
  double precision = 0, recall = 0, orders = 0;
  for (const auto& [hypothesis, reference, both] : overlaps) {
    if (hypothesis == 0 || reference == 0) continue;
    precision += static_cast<double>(both) / static_cast<double>(hypothesis);
    recall += static_cast<double>(both) / static_cast<double>(reference);
    ++orders;
  }
  if (precision + recall == 0) return 0;
  precision /= orders;
  recall /= orders;
  const auto factor = static_cast<double>(beta * beta);
  return 100 * ((1 + factor) * precision * recall / (factor * precision + recall));
}

}  // namespace

Chrf::Chrf(const ChrfOptions& options) : options_(options) {
  const auto& [characters, words, beta, letters, white_space] = options;
  if (characters < 0 || words < 0 || characters + words == 0 || beta < 1) {
    throw UsageError("chrF", got_expected(cat(characters, " characters, ", words, " words, beta ", beta),
                                          "orders of 0 or more, one of them above 0, and beta of 1 or more"));
  }
  overlaps_.resize(static_cast<size_t>(characters + words));
}

void Chrf::add(std::string_view hypothesis, std::span<const std::string> references) {
  references_.add(references.size());
  const Segment ours(hypothesis, options_);
  std::vector<NgramOverlap> best;
  double best_score = -1;
  for (const auto& reference : references) {
    const auto overlaps = overlaps_of(ours, Segment(reference, options_));
    const double score = f_score(overlaps, options_.beta);
    if (score <= best_score) continue;
    best_score = score;
    best = overlaps;
  }
  for (size_t k = 0; k < best.size(); ++k) {
    overlaps_[k].hypothesis += best[k].hypothesis;
    overlaps_[k].reference += best[k].reference;
    overlaps_[k].both += best[k].both;
  }
}

double Chrf::score() const {
  return f_score(overlaps_, options_.beta);
}

std::string Chrf::name() const {
  return cat("chrF", options_.beta, std::string(static_cast<size_t>(options_.words), '+'));
}

std::string Chrf::signature() const {
  return signature_of(
      references_, options_.letters,
      cat("eff:yes|nc:", options_.characters, "|nw:", options_.words, "|space:", options_.white_space ? "yes" : "no"));
}

}  // namespace cairn::metrics
