// Beam search, sampling and forced decoding on tables: against brute force, each other, and themselves in other
// batches.
#include <gtest/gtest.h>

#include <cmath>

#include "cairn/base/error.h"
#include "cairn/models/transformer/beam_search.h"
#include "cairn/models/transformer/candidates.h"
#include "cairn/models/transformer/forced_decoding.h"
#include "cairn/models/transformer/sampling.h"
#include "tests/models/transformer/table_scorer.h"

namespace cairn::transformer {
namespace {

constexpr int64_t kStart = 5;
const Symbols kSymbols{.start = kStart, .end = 0, .barred = {kStart}};

std::vector<Request> requests(size_t count, const Request& like = {.most = 12}) {
  std::vector<Request> all(count, like);
  for (size_t r = 0; r < count; ++r) all[r].id = r;
  return all;
}

std::vector<std::vector<Hypothesis>> search(const Table& table, const std::vector<Request>& asked,
                                            const BeamOptions& options, const Symbols& symbols = kSymbols) {
  std::vector<uint64_t> sentences;
  for (const auto& request : asked) sentences.push_back(request.id);
  TableScorer scorer(table, sentences);
  return beam_search(scorer, symbols, asked, options);
}

std::vector<Hypothesis> draw(const Table& table, const std::vector<Request>& asked, const SamplingOptions& options,
                             const Symbols& symbols = kSymbols) {
  std::vector<uint64_t> sentences;
  for (const auto& request : asked) sentences.push_back(request.id);
  TableScorer scorer(table, sentences);
  return sample(scorer, symbols, asked, options);
}

void expect_same(const Hypothesis& a, const Hypothesis& b) {
  EXPECT_EQ(a.tokens, b.tokens);
  EXPECT_EQ(a.log_probability, b.log_probability);  // to the bit
  EXPECT_EQ(a.score, b.score);
}

/// Every sentence of up to `most` tokens out of 1 .. 4, ranked.
std::vector<Hypothesis> all_sentences(const Table& table, uint64_t sentence, int64_t most,
                                      const LengthPenalty& penalty) {
  std::vector<std::vector<int64_t>> texts{{}};
  for (size_t k = 0; k < texts.size(); ++k) {
    if (static_cast<int64_t>(texts[k].size()) == most) continue;
    for (int64_t token = 1; token < kStart; ++token) {
      texts.push_back(texts[k]);
      texts.back().push_back(token);
    }
  }
  std::vector<Hypothesis> all;
  for (const auto& text : texts) {
    const double log_p = table.log_probability(sentence, text, kStart);
    all.push_back({text, log_p, log_p / penalty(static_cast<int64_t>(text.size()) + 1)});
  }
  std::ranges::sort(all, std::greater(), &Hypothesis::score);
  return all;
}

TEST(BeamSearch, AWideBeamIsBruteForce) {
  for (const auto& penalty : {LengthPenalty{PenaltyForm::none}, LengthPenalty{PenaltyForm::gnmt, 0.6},
                              LengthPenalty{PenaltyForm::length, 1.0}}) {
    const BeamOptions wide{.beam = 512, .best = 20, .penalty = penalty, .stop = BeamStop::exact};
    const auto found = search({}, requests(5, {.most = 4}), wide);
    for (size_t r = 0; r < found.size(); ++r) {
      const auto expected = all_sentences({}, r, 4, penalty);
      ASSERT_EQ(found[r].size(), 20U);
      for (size_t k = 0; k < 20; ++k) {
        EXPECT_EQ(found[r][k].tokens, expected[k].tokens) << "sentence " << r << ", place " << k;
        EXPECT_NEAR(found[r][k].score, expected[k].score, 1e-12);
      }
    }
  }
}

TEST(BeamSearch, ABeamOfOneIsGreedy) {
  const auto asked = requests(50);
  const auto beams = search({}, asked, {.beam = 1});
  const auto greedy = draw({}, asked, {.temperature = 0});
  for (size_t r = 0; r < asked.size(); ++r) {
    EXPECT_EQ(beams[r].front().tokens, greedy[r].tokens);
    EXPECT_EQ(beams[r].front().log_probability, greedy[r].log_probability);
  }
}

TEST(BeamSearch, ScoresAreThoseOfForcedDecoding) {
  const auto asked = requests(20);
  const auto found = search({}, asked, {.beam = 4, .best = 4});
  for (size_t k = 0; k < 4; ++k) {
    std::vector<std::vector<int64_t>> targets;
    for (const auto& hypotheses : found) targets.push_back(hypotheses.at(k).tokens);
    TableScorer scorer({}, first_sentences(20));
    const auto forced = forced_log_probabilities(scorer, kSymbols, targets);
    for (size_t r = 0; r < found.size(); ++r) {
      ASSERT_EQ(forced[r].size(), targets[r].size() + 1);
      EXPECT_NEAR(std::accumulate(forced[r].begin(), forced[r].end(), 0.0), found[r][k].log_probability, 1e-12);
    }
  }
}

TEST(BeamSearch, ASentenceIsTheSameInEveryBatch) {
  const BeamOptions options{.beam = 4, .best = 3, .stop = BeamStop::likely};
  const auto all = requests(64);
  const auto whole = search({}, all, options);
  for (const size_t size : {1, 7}) {
    for (size_t begin = 0; begin < all.size(); begin += size) {
      const std::vector<Request> part(all.begin() + static_cast<int64_t>(begin),
                                      all.begin() + static_cast<int64_t>(std::min(begin + size, all.size())));
      const auto found = search({}, part, options);
      for (size_t r = 0; r < part.size(); ++r) {
        for (size_t k = 0; k < 3; ++k) expect_same(found[r].at(k), whole[begin + r].at(k));
      }
    }
  }
}

TEST(BeamSearch, AnExactStopNeverScoresWorse) {
  const LengthPenalty penalty{PenaltyForm::length, 1.2};
  const auto asked = requests(100);
  const auto first = search({}, asked, {.beam = 2, .penalty = penalty, .stop = BeamStop::first});
  const auto likely = search({}, asked, {.beam = 2, .penalty = penalty, .stop = BeamStop::likely});
  const auto exact = search({}, asked, {.beam = 2, .penalty = penalty, .stop = BeamStop::exact});
  int better = 0;
  for (size_t r = 0; r < asked.size(); ++r) {
    EXPECT_GE(likely[r].front().score, first[r].front().score);
    EXPECT_GE(exact[r].front().score, likely[r].front().score);
    better += exact[r].front().score > first[r].front().score;
  }
  EXPECT_GT(better, 0);
}

TEST(BeamSearch, FinishedSentencesLeaveTheBatch) {
  const Table table{.end_logit = 3};
  auto asked = requests(8, {.most = 30});
  TableScorer together(table, first_sentences(8));
  beam_search(together, kSymbols, asked, {.beam = 3});
  int64_t apart = 0;
  for (const auto& request : asked) {
    TableScorer alone(table, {request.id});
    beam_search(alone, kSymbols, {request}, {.beam = 3});
    apart += alone.rows_stepped;
  }
  EXPECT_EQ(together.rows_stepped, apart);
}

TEST(BeamSearch, LengthsArePartOfTheRequest) {
  for (const auto& hypotheses :
       search({.end_logit = 6}, requests(10, {.least = 3, .most = 9}), {.beam = 2, .best = 2})) {
    for (const auto& hypothesis : hypotheses) EXPECT_GE(hypothesis.tokens.size(), 3U);
  }
  for (const auto& hypotheses : search({.end_logit = -9}, requests(10, {.most = 5}), {.beam = 2, .best = 2})) {
    for (const auto& hypothesis : hypotheses) EXPECT_EQ(hypothesis.tokens.size(), 5U);
  }
  EXPECT_TRUE(search({}, requests(1, {.most = 0}), {.beam = 3}).front().front().tokens.empty());
}

TEST(BeamSearch, APrefixComesFirstAndCounts) {
  const std::vector<int64_t> prefix{3, 1, 1, 4};
  const auto found = search({}, requests(10, {.prefix = prefix, .most = 8}), {.beam = 3, .best = 3});
  for (size_t r = 0; r < found.size(); ++r) {
    for (const auto& hypothesis : found[r]) {
      EXPECT_EQ(std::vector<int64_t>(hypothesis.tokens.begin(), hypothesis.tokens.begin() + 4), prefix);
      EXPECT_NEAR(hypothesis.log_probability, Table{}.log_probability(r, hypothesis.tokens, kStart), 1e-12);
    }
  }
  EXPECT_EQ(search({}, requests(1, {.prefix = prefix, .most = 2}), {.beam = 3}).front().front().tokens, prefix);
}

TEST(BeamSearch, NothingAskedIsNothingFound) {
  EXPECT_TRUE(search({}, {}, {}).empty());
}

TEST(BeamSearch, WhatMakesNoSenseIsRefused) {
  const auto asked = requests(1);
  EXPECT_THROW(search({}, asked, {.beam = 0}), UsageError);
  EXPECT_THROW(search({}, asked, {.beam = 2, .best = 3}), UsageError);
  EXPECT_THROW(search({}, asked, {.penalty = {PenaltyForm::gnmt, -1}}), UsageError);
  EXPECT_THROW(search({}, asked, {}, {.start = kStart, .end = -1}), UsageError);
  EXPECT_THROW(search({}, requests(1, {.least = 4, .most = 3}), {}), UsageError);
  const Table broken{.spread = std::nan("")};
  EXPECT_THROW(search(broken, asked, {}), InputError);
  EXPECT_THROW(draw(broken, asked, {}), InputError);
}

TEST(Candidates, TheLikeliestInOrderAndTheFirstOfEquals) {
  std::vector<float> log_p(1000);
  for (size_t v = 0; v < log_p.size(); ++v) log_p[v] = -static_cast<float>((v * 7919) % 500);  // each value twice
  log_p[3] = std::nanf("");
  log_p[4] = -std::numeric_limits<float>::infinity();
  const Symbols symbols{.end = 1, .barred = {0}};
  const Request request{.least = 2};
  BestCandidates best(5);
  best.offer(log_p.data(), 1000, {symbols, request, 0}, -1, 0);
  best.offer(log_p.data(), 1000, {symbols, request, 0}, -1, 1);
  const auto found = std::move(best).sorted();
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].parent, 0U);
  EXPECT_EQ(found[0].token, 500);  // 0 is barred
  EXPECT_EQ(found[1].parent, 1U);
  EXPECT_EQ(found[1].token, 500);
  EXPECT_EQ(found[2].log_probability, -2);
  EXPECT_EQ(found[2].parent, 0U);
  EXPECT_LT(found[2].token, found[3].token);
  EXPECT_EQ(found[4].parent, 1U);
}

TEST(Sampling, ADrawDoesNotDependOnTheBatch) {
  const SamplingOptions options{.temperature = 0.8, .seed = 3};
  const auto all = requests(30);
  const auto together = draw({}, all, options);
  for (const auto& request : all) expect_same(draw({}, {request}, options).front(), together[request.id]);
  EXPECT_NE(draw({}, all, {.seed = 4})[0].tokens, draw({}, all, {.seed = 5})[0].tokens);
}

TEST(Sampling, FrequenciesAreTheProbabilities) {
  const Table table{.spread = 1};
  const auto log_p = table.behind(0, {kStart});
  const Symbols endless{.start = kStart};
  const NextTokens any(endless, {}, 0);
  const auto frequencies = [&](const SamplingOptions& options) {
    RandomStream random(1, "test");
    std::vector<double> seen(6);
    for (int n = 0; n < 20000; ++n) {
      ++seen[static_cast<size_t>(draw_token(log_p.const_data_ptr<float>(), 6, any, options, random.uniform()))];
    }
    for (double& count : seen) count /= 20000;
    return torch::tensor(seen);
  };
  EXPECT_TRUE(torch::allclose(frequencies({}), log_p.exp(), 0, 0.015));
  EXPECT_TRUE(torch::allclose(frequencies({.temperature = 0.5}), torch::softmax(2 * log_p, 0), 0, 0.015));

  const auto [sorted, order] = log_p.exp().sort(0, /*descending=*/true);
  const auto of_first = [&](int64_t count) {
    auto p = torch::zeros({6});
    p.index_copy_(0, order.slice(0, 0, count), sorted.slice(0, 0, count) / sorted.slice(0, 0, count).sum());
    return p;
  };
  EXPECT_TRUE(torch::allclose(frequencies({.top_k = 2}), of_first(2), 0, 0.015));
  const double two = sorted.slice(0, 0, 2).sum().item<double>(), third = sorted[2].item<double>();
  EXPECT_TRUE(torch::allclose(frequencies({.top_p = two - third / 2}), of_first(2), 0, 0.015));
  EXPECT_TRUE(torch::allclose(frequencies({.top_p = two + third / 2}), of_first(3), 0, 0.015));
  EXPECT_EQ(frequencies({.top_p = 1e-9})[order[0]].item<double>(), 1);
}

TEST(Sampling, WithoutAnEndEachHasItsLength) {
  const Symbols endless{.start = kStart};
  const auto drawn = draw({}, requests(3, {.prefix = {1, 2}, .most = 7}), {}, endless);
  for (const auto& hypothesis : drawn) {
    EXPECT_EQ(hypothesis.tokens.size(), 7U);
    EXPECT_EQ(hypothesis.tokens[1], 2);
  }
  EXPECT_TRUE(draw({}, requests(1, {.most = 0}), {}, endless).front().tokens.empty());
}

TEST(Sampling, WhatMakesNoSenseIsRefused) {
  const auto asked = requests(1);
  EXPECT_THROW(draw({}, asked, {.temperature = -1}), UsageError);
  EXPECT_THROW(draw({}, asked, {.top_k = -1}), UsageError);
  EXPECT_THROW(draw({}, asked, {.top_p = 0}), UsageError);
}

TEST(ForcedDecoding, TargetsOfEveryLength) {
  const std::vector<std::vector<int64_t>> targets{{}, {1, 2, 3}, {4}, {}, {2, 2}};
  TableScorer scorer({}, first_sentences(targets.size()));
  const auto forced = forced_log_probabilities(scorer, kSymbols, targets);
  for (size_t r = 0; r < targets.size(); ++r) {
    EXPECT_NEAR(std::accumulate(forced[r].begin(), forced[r].end(), 0.0),
                Table{}.log_probability(r, targets[r], kStart), 1e-12);
  }
  EXPECT_EQ(scorer.rows_stepped, 1 + 4 + 2 + 1 + 3);
  EXPECT_THROW(forced_log_probabilities(scorer, kSymbols, {{6}}), UsageError);
}

TEST(LengthPenalty, FormulasAndNames) {
  EXPECT_DOUBLE_EQ((LengthPenalty{PenaltyForm::gnmt, 0.6}(7)), std::pow(2, 0.6));
  EXPECT_DOUBLE_EQ((LengthPenalty{PenaltyForm::length, 1}(7)), 7);
  EXPECT_DOUBLE_EQ((LengthPenalty{PenaltyForm::none, 1}(7)), 1);
  EXPECT_EQ(penalty_form_named("length"), PenaltyForm::length);
  EXPECT_THROW(penalty_form_named("wu"), UsageError);
  EXPECT_EQ(beam_stop_named("exact"), BeamStop::exact);
}

}  // namespace
}  // namespace cairn::transformer
