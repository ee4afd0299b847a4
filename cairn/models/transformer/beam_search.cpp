#include "cairn/models/transformer/beam_search.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/models/transformer/candidates.h"
#include "cairn/models/transformer/decoding_rows.h"

namespace cairn::transformer {

namespace {

/// One sentence's hypotheses, alive and ended.
class Beam {
 public:
  Beam(const Symbols& symbols, const Request& request, const BeamOptions& options)
      : symbols_(symbols), request_(request), options_(options), alive_(1) {}

  size_t alive() const { return alive_.size(); }
  /// Each hypothesis' newest token.
  void append_newest(std::vector<int64_t>& tokens) const {
    for (const auto& [text, log_p] : alive_) tokens.push_back(text.empty() ? symbols_.start : text.back());
  }
  /// Goes one step on, from rows [first, first + alive()), and appends the row that each new hypothesis came from.
  void advance(const DecodingRows& rows, size_t first, std::vector<int64_t>& parents);
  std::vector<Hypothesis> best() &&;

 private:
  struct Alive {
    std::vector<int64_t> tokens;
    double log_probability = 0;
  };
  std::vector<Candidate> candidates(const DecodingRows& rows, size_t first) const;
  void end(const Candidate& candidate);
  bool done() const;
  double rank(double log_probability, size_t tokens) const {
    return log_probability / options_.penalty(static_cast<int64_t>(tokens));
  }

  const Symbols& symbols_;
  const Request& request_;
  const BeamOptions& options_;
  std::vector<Alive> alive_;       // the likeliest first
  std::vector<Hypothesis> ended_;  // the best first, at most `beam`
};

std::vector<Candidate> Beam::candidates(const DecodingRows& rows, size_t first) const {
  // Twice as many as are kept alive: at most half of them can be ends.
  BestCandidates best(2 * static_cast<size_t>(options_.beam));
  const NextTokens next(symbols_, request_, alive_.front().tokens.size());
  for (size_t k = 0; k < alive_.size(); ++k) {
    best.offer(rows.row(first + k), rows.vocabulary(), next, alive_[k].log_probability, k);
  }
  return std::move(best).sorted();
}

void Beam::advance(const DecodingRows& rows, size_t first, std::vector<int64_t>& parents) {
  const auto found = candidates(rows, first);
  if (found.empty()) {
    throw InputError("beam search", cat("got no finite log-probability for the token behind ",
                                        alive_.front().tokens.size(), " others, expected one or more"));
  }
  const auto beam = static_cast<size_t>(options_.beam);
  std::vector<Alive> next;
  std::vector<int64_t> from;
  for (size_t place = 0; place < found.size(); ++place) {
    const auto& [log_probability, parent, token] = found[place];
    if (token == symbols_.end) {
      if (place < beam) end(found[place]);
    } else if (next.size() < beam) {
      next.push_back({alive_[parent].tokens, log_probability});
      next.back().tokens.push_back(token);
      from.push_back(static_cast<int64_t>(first + parent));
    }
  }
  alive_ = std::move(next);
  if (done()) {
    alive_.clear();
  } else {
    parents.insert(parents.end(), from.begin(), from.end());
  }
}

void Beam::end(const Candidate& candidate) {
  const auto& tokens = alive_[candidate.parent].tokens;
  const double score = rank(candidate.log_probability, tokens.size() + 1);
  const auto place = std::ranges::upper_bound(ended_, score, std::greater(), &Hypothesis::score);
  ended_.insert(place, {tokens, candidate.log_probability, score});
  if (ended_.size() > static_cast<size_t>(options_.beam)) ended_.pop_back();
}

bool Beam::done() const {
  if (alive_.empty()) return true;
  const bool exact = options_.stop == BeamStop::exact;
  const auto wanted = static_cast<size_t>(exact ? options_.best : options_.beam);
  if (ended_.size() < wanted) return false;
  if (options_.stop == BeamStop::first) return true;
  // A log-probability only falls; the longest sentence has the largest penalty, by which it is divided.
  const size_t longest = std::max(static_cast<size_t>(request_.most), request_.prefix.size()) + 1;
  const size_t length = exact ? longest : alive_.front().tokens.size();
  return rank(alive_.front().log_probability, length) <= ended_[wanted - 1].score;
}

std::vector<Hypothesis> Beam::best() && {
  ended_.resize(std::min(ended_.size(), static_cast<size_t>(options_.best)));
  return std::move(ended_);
}

void check(const Symbols& symbols, const std::vector<Request>& requests, const BeamOptions& options) {
  const auto require = [](bool holds, const auto& got, const char* expected) {
    if (!holds) throw UsageError("beam search", got_expected(got, expected));
  };
  require(symbols.end >= 0, "no end", "a token that ends a sentence");
  require(options.beam >= 1, cat("a beam of ", options.beam), "1 or more");
  require(options.best >= 1 && options.best <= options.beam, cat(options.best, " best of a beam of ", options.beam),
          "1 or more, at most as many as it has");
  require(options.penalty.alpha >= 0, cat("alpha ", options.penalty.alpha), "0 or more");
  for (const auto& request : requests) {
    require(request.most >= 0, cat("most ", request.most), "0 or more tokens");
    require(request.least <= request.most, cat("least ", request.least), "at most `most`");
  }
}

}  // namespace

std::vector<std::string> beam_stop_names() {
  return {"first", "likely", "exact"};
}

BeamStop beam_stop_named(const std::string& name) {
  return static_cast<BeamStop>(place_among(beam_stop_names(), name, "stop"));
}

std::vector<std::vector<Hypothesis>> beam_search(StepScorer& scorer, const Symbols& symbols,
                                                 const std::vector<Request>& requests, const BeamOptions& options) {
  check(symbols, requests, options);
  std::vector<Beam> beams;
  for (const auto& request : requests) beams.emplace_back(symbols, request, options);
  DecodingRows rows(scorer, requests.size());
  for (;;) {
    std::vector<int64_t> tokens, parents;
    for (const auto& beam : beams) beam.append_newest(tokens);
    if (tokens.empty()) break;
    rows.step(tokens);
    size_t first = 0;
    for (auto& beam : beams) {
      const size_t count = beam.alive();
      if (count > 0) beam.advance(rows, first, parents);
      first += count;
    }
    if (!parents.empty()) rows.keep(parents);
  }
  std::vector<std::vector<Hypothesis>> results;
  for (auto& beam : beams) results.push_back(std::move(beam).best());
  return results;
}

}  // namespace cairn::transformer
