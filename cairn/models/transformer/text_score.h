// What a network thinks of a text.
#pragma once

#include <cstdint>
#include <vector>

namespace cairn {

struct TextScore {
  double log_probability = 0;  ///< nats, of all tokens and the end
  int64_t tokens = 0;          ///< the end counted

  /// From those of the tokens, added up in their order.
  static TextScore of(const std::vector<double>& log_probabilities) {
    TextScore score;
    for (const double log_probability : log_probabilities) {
      score.log_probability += log_probability;
      ++score.tokens;
    }
    return score;
  }
};

}  // namespace cairn
