// What is asked of a decoder, and what it gives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace cairn::transformer {

/// The tokens that mean something to a decoder.
struct Symbols {
  int64_t start = 0;            ///< what every sentence's first step reads
  int64_t end = -1;             ///< ends a sentence; -1: none does
  std::vector<int64_t> barred;  ///< never written: padding, say
};

/// One sentence. Lengths are in tokens, the end not counted.
struct Request {
  std::vector<int64_t> prefix;  ///< what the sentence begins with
  int64_t least = 0;            ///< tokens before the end may come
  int64_t most = 100;           ///< tokens behind which only the end may come; a longer prefix is kept
  uint64_t id = 0;              ///< names its stream of random numbers
};

struct Hypothesis {
  std::vector<int64_t> tokens;  ///< the prefix first; without the end
  double log_probability = 0;   ///< nats, of all tokens and the end, where it has one
  double score = 0;             ///< what hypotheses are ranked by: log_probability over the length penalty
};

/// Which tokens may come next.
class NextTokens {
 public:
  /// Behind the first `length` tokens of a sentence. `symbols` outlives it.
  NextTokens(const Symbols& symbols, const Request& request, size_t length) : symbols_(&symbols) {
    const auto count = static_cast<int64_t>(length);
    if (length < request.prefix.size()) {
      only_ = request.prefix[length];
    } else if (count >= request.most) {
      only_ = symbols.end;
    } else if (count < request.least) {
      without_ = symbols.end;
    }
  }
  NextTokens(Symbols&&, const Request&, size_t) = delete;
  /// The one token that may come, or -1.
  int64_t only() const { return only_; }
  bool allows(int64_t token) const {
    if (only_ >= 0) return token == only_;
    return token != without_ && std::ranges::find(symbols_->barred, token) == symbols_->barred.end();
  }

 private:
  const Symbols* symbols_;
  int64_t only_ = -1, without_ = -1;
};

}  // namespace cairn::transformer
