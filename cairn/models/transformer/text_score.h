// What a network thinks of a text.
#pragma once

#include <cstdint>
#include <vector>

namespace cairn {

struct TextScore {
  double log_probability = 0;  ///< nats, of all tokens and the end
  int64_t tokens = 0;          ///< the end counted

  /// Those of the next tokens, added in their order.
  void add(const std::vector<double>& log_probabilities) {
    for (const double one : log_probabilities) {
      log_probability += one;
      ++tokens;
    }
  }
  static TextScore of(const std::vector<double>& log_probabilities) {
    TextScore score;
    score.add(log_probabilities);
    return score;
  }
};

}  // namespace cairn
