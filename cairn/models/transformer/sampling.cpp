#include "cairn/models/transformer/sampling.h"

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/base/random.h"
#include "cairn/models/transformer/candidates.h"
#include "cairn/models/transformer/decoding_rows.h"

namespace cairn::transformer {

namespace {

void check(const Symbols& symbols, const std::vector<Request>& requests, const SamplingOptions& options) {
  const auto require = [](bool holds, const auto& got, const char* expected) {
    if (!holds) throw UsageError("sample", got_expected(got, expected));
  };
  require(options.temperature >= 0, cat("temperature ", options.temperature), "0 or more");
  require(options.top_k >= 0, cat("top-k ", options.top_k), "0 or more");
  require(options.top_p > 0 && options.top_p <= 1, cat("top-p ", options.top_p), "more than 0, at most 1");
  for (const auto& request : requests) {
    require(request.most >= 0, cat("length ", request.most), "0 or more tokens");
    require(symbols.end < 0 || request.least <= request.most, cat("least ", request.least), "at most `most`");
  }
}

/// Turns log-probabilities into weights, the likeliest candidate's 1; returns their sum.
double weigh(std::vector<Candidate>& candidates, double temperature) {
  const double most = std::ranges::max_element(candidates, {}, &Candidate::log_probability)->log_probability;
  double sum = 0;
  for (auto& candidate : candidates) {
    candidate.log_probability = std::exp((candidate.log_probability - most) / temperature);
    sum += candidate.log_probability;
  }
  return sum;
}

/// The candidate at which the running sum of weights passes `target`.
size_t place_of(const std::vector<Candidate>& weighed, double target) {
  size_t place = 0;
  for (; place + 1 < weighed.size(); ++place) {
    target -= weighed[place].log_probability;
    if (target < 0) break;
  }
  return place;
}

/// Writes all sentences of a batch, a token of each at a time.
class Sampler {
 public:
  Sampler(StepScorer& scorer, const Symbols& symbols, const std::vector<Request>& requests,
          const SamplingOptions& options)
      : symbols_(symbols),
        requests_(requests),
        options_(options),
        random_(static_cast<uint64_t>(options.seed), "sample"),
        rows_(scorer, requests.size()),
        written_(requests.size()) {
    for (size_t r = 0; r < requests.size(); ++r) going_.push_back(r);
  }
  std::vector<Hypothesis> run() &&;

 private:
  bool is_whole(size_t request) const {
    const auto length = static_cast<int64_t>(written_[request].tokens.size());
    const auto prefix = static_cast<int64_t>(requests_[request].prefix.size());
    return symbols_.end < 0 && length >= std::max(requests_[request].most, prefix);
  }
  /// False where it was the end.
  bool write(size_t row);
  void keep(const std::vector<bool>& goes_on);

  const Symbols& symbols_;
  const std::vector<Request>& requests_;
  const SamplingOptions& options_;
  const RandomStream random_;
  DecodingRows rows_;
  std::vector<Hypothesis> written_;
  std::vector<size_t> going_;  // the request that each row writes
};

bool Sampler::write(size_t row) {
  const Request& request = requests_[going_[row]];
  Hypothesis& written = written_[going_[row]];
  const size_t length = written.tokens.size();
  const double uniform = random_.at(request.id).at(length).uniform();
  const NextTokens next(symbols_, request, length);
  const int64_t token = draw_token(rows_.row(row), rows_.vocabulary(), next, options_, uniform);
  written.log_probability += rows_.row(row)[token];
  if (token == symbols_.end) return false;
  written.tokens.push_back(token);
  return true;
}

void Sampler::keep(const std::vector<bool>& goes_on) {
  std::vector<size_t> going;
  std::vector<int64_t> rows;
  for (size_t r = 0; r < going_.size(); ++r) {
    if (!goes_on[r] || is_whole(going_[r])) continue;
    going.push_back(going_[r]);
    rows.push_back(static_cast<int64_t>(r));
  }
  going_ = std::move(going);
  if (!going_.empty()) rows_.keep(rows);
}

std::vector<Hypothesis> Sampler::run() && {
  keep(std::vector<bool>(going_.size(), true));
  while (!going_.empty()) {
    std::vector<int64_t> tokens;
    for (const size_t request : going_) {
      tokens.push_back(written_[request].tokens.empty() ? symbols_.start : written_[request].tokens.back());
    }
    rows_.step(tokens);
    std::vector<bool> goes_on(going_.size());
    for (size_t r = 0; r < going_.size(); ++r) goes_on[r] = write(r);
    keep(goes_on);
  }
  for (auto& hypothesis : written_) hypothesis.score = hypothesis.log_probability;
  return std::move(written_);
}

}  // namespace

int64_t draw_token(const float* log_p, int64_t V, const NextTokens& next, const SamplingOptions& options,
                   double uniform) {
  const bool likeliest = options.temperature == 0;
  const int64_t most = likeliest ? 1 : options.top_k > 0 ? std::min(options.top_k, V) : V;
  BestCandidates best(static_cast<size_t>(most));
  best.offer(log_p, V, next, 0, 0);
  auto candidates = std::move(best).sorted();
  if (candidates.empty()) {
    throw InputError("sample", "got no finite log-probability among the tokens that may come, expected one or more");
  }
  if (likeliest) return candidates.front().token;
  double sum = weigh(candidates, options.temperature);
  if (options.top_p < 1) {
    candidates.resize(place_of(candidates, std::nextafter(options.top_p * sum, 0.0)) + 1);
    sum = 0;
    for (const auto& candidate : candidates) sum += candidate.log_probability;
  }
  return candidates[place_of(candidates, uniform * sum)].token;
}

std::vector<Hypothesis> sample(StepScorer& scorer, const Symbols& symbols, const std::vector<Request>& requests,
                               const SamplingOptions& options) {
  check(symbols, requests, options);
  return Sampler(scorer, symbols, requests, options).run();
}

}  // namespace cairn::transformer
