// Training: the same bits for any number of threads, a falling loss, and a planted corpus whose vectors are known.
#include "cairn/models/word2vec/rounds.h"

#include <gtest/gtest.h>

#include <cmath>

#include "cairn/models/word2vec/corpus.h"
#include "cairn/models/word2vec/overlay_merger.h"

namespace cairn::word2vec {
namespace {

/// Words of `topics` topics: neighbours are of one topic.
struct Planted {
  Vocabulary vocabulary;
  std::vector<int32_t> tokens;
};

Planted planted(int64_t words, int64_t topics, int64_t sentences) {
  Planted made;
  FastRandom random(11);
  std::vector<int64_t> counts(static_cast<size_t>(words));
  for (int64_t s = 0; s < sentences; ++s) {
    const int64_t topic = random.below(static_cast<uint32_t>(topics));
    for (int k = 0; k < 10; ++k) {
      const auto word = topic + topics * static_cast<int64_t>(random.below(static_cast<uint32_t>(words / topics)));
      made.tokens.push_back(
          static_cast<int32_t>(random.below(5) == 0 ? random.below(static_cast<uint32_t>(words)) : word));
      ++counts[static_cast<size_t>(made.tokens.back())];
    }
    made.tokens.push_back(kSentenceEnd);
  }
  for (int64_t w = 0; w < words; ++w) made.vocabulary.add("w" + std::to_string(w), counts[static_cast<size_t>(w)]);
  return made;
}

struct Trained {
  torch::Tensor input, output;
  std::vector<double> losses;
};

struct Setting {
  ModelConfig config;
  bool deterministic = true;
  int threads = 1;
  int64_t epochs = 3;
  double lr = 0.05;
};

Trained train(const Planted& corpus, const Setting& setting) {
  const auto sampling = make_sampling(setting.config, corpus.vocabulary, 0);
  const auto plan = RoundPlan::of(static_cast<int64_t>(corpus.tokens.size()), corpus.vocabulary, sampling);
  Parameters parameters = initial_parameters(
      {.inputs = sampling.inputs, .outputs = sampling.outputs, .dim = setting.config.dim, .seed = 1});
  const auto total = static_cast<double>(setting.epochs * plan.per_epoch);
  RoundRunner runner(
      parameters, sampling, plan,
      {.deterministic = setting.deterministic, .threads = setting.threads, .seed = 1, .lr = [&](int64_t round) {
         return setting.lr * (1 - static_cast<double>(round) / total);
       }});
  Trained result;
  for (int64_t e = 0; e < setting.epochs; ++e) {
    const LossSum sum = runner.run(corpus.tokens, e * plan.per_epoch, (e + 1) * plan.per_epoch);
    result.losses.push_back(sum.loss / static_cast<double>(sum.positives));
  }
  result.input = parameters.input.values().clone();
  result.output = parameters.output.values().clone();
  return result;
}

TEST(RoundPlan, EveryTokenIsInOneChunkOfAnEpoch) {
  const auto corpus = planted(40, 4, 50);
  const auto sampling = make_sampling({.dim = 4}, corpus.vocabulary, 0);
  for (const size_t size : {0, 1, 7, 8, 9, 100, 541}) {
    const auto tokens = std::span<const int32_t>(corpus.tokens).first(size);
    const auto plan = RoundPlan::of(static_cast<int64_t>(size), corpus.vocabulary, sampling);
    std::vector<int> seen(size);
    for (int64_t r = 0; r < plan.per_epoch; ++r) {
      for (int64_t s = 0; s < kShards; ++s) {
        const auto part = plan.slice(tokens, r + 3 * plan.per_epoch, s);
        for (size_t i = 0; i < part.size(); ++i) ++seen[static_cast<size_t>(part.data() - tokens.data()) + i];
      }
    }
    EXPECT_EQ(seen, std::vector<int>(size, 1)) << size;
  }
}

/// Shards that touch rows of one matrix, each row as often as its list says.
struct Shards {
  explicit Shards(Matrix* matrix, std::vector<std::vector<TouchedRow>> touched)
      : lists(std::move(touched)),
        owners(matrix->rows(), static_cast<int64_t>(lists.size())),
        merger(matrix, {.parts = 2}) {
    for (size_t s = 0; s < lists.size(); ++s) {
      shards.push_back(std::make_unique<RowOverlay>(matrix));
      pointers.push_back(shards.back().get());
    }
  }
  void open() {
    owners.begin_round();
    for (size_t s = 0; s < lists.size(); ++s) {
      for (const auto& touched : lists[s]) owners.claim(touched.row, static_cast<int32_t>(s));
    }
    for (size_t s = 0; s < lists.size(); ++s) shards[s]->open(lists[s], owners);
  }
  std::vector<std::vector<TouchedRow>> lists;
  RowOwners owners;
  std::vector<std::unique_ptr<RowOverlay>> shards;
  std::vector<RowOverlay*> pointers;
  OverlayMerger merger;
};

TEST(RowOverlay, FewChangesAddUp) {
  Matrix matrix(torch::arange(20, torch::kFloat32).view({5, 4}));
  const auto before = matrix.values().clone();
  Shards three(&matrix, {{{1, 2}}, {{1, 1}}, {{1, 1}, {4, 1}}});
  for (int round = 1; round <= 3; ++round) {
    three.open();
    three.shards[0]->row(0)[0] += 2;
    three.shards[1]->row(0)[0] += 4;
    three.shards[2]->row(0)[3] += 8;
    three.shards[2]->row(1)[2] -= 3;
    for (const int64_t part : {1, 0}) three.merger.merge(three.pointers, part);
    auto expected = before.clone();
    expected[1][0] += 6 * round;
    expected[1][3] += 8 * round;
    expected[4][2] -= 3 * round;
    EXPECT_TRUE(torch::equal(matrix.values(), expected)) << matrix.values();
  }
}

TEST(RowOverlay, OnlySharedRowsAreCopied) {
  Matrix matrix(torch::zeros({4, 3}));
  Shards two(&matrix, {{{0, 1}, {2, 5}}, {{3, 1}, {2, 1}}});
  two.open();
  EXPECT_EQ(two.shards[0]->row(0), matrix.row(0));
  EXPECT_EQ(two.shards[1]->row(0), matrix.row(3));
  for (const auto& shard : two.shards) {
    ASSERT_EQ(shard->copies().size(), 1U);
    EXPECT_EQ(shard->copies()[0].touched.row, 2);
    EXPECT_NE(shard->row(1), matrix.row(2));
  }
}

TEST(RowOverlay, ManyChangesTakeTheirMean) {
  Matrix matrix(torch::zeros({2, 3}));
  Shards two(&matrix, {{{0, 4}}, {{0, 4}}});
  two.open();
  two.shards[0]->row(0)[1] += 4;
  two.shards[1]->row(0)[1] += 8;
  two.merger.merge(two.pointers, 0);
  EXPECT_EQ(matrix.row(0)[1], 6);  // the mean of 4 and 8; their sum would be 12
}

TEST(Chunk, HoldsTheStreamsExamples) {
  const auto corpus = planted(40, 4, 20);
  const auto sampling = make_sampling({.dim = 4}, corpus.vocabulary, 0);
  const auto stream = [&] { return ExampleStream(sampling, corpus.tokens, FastRandom(3)); };
  Chunk::Numbers numbers{RowNumbers(sampling.inputs), RowNumbers(sampling.outputs)};
  Chunk chunk;
  for (int turn = 0; turn < 2; ++turn) {  // the second finds the first's numbers and must not take them for its own
    chunk.fill(stream(), numbers);
    auto again = stream();
    Example example;
    std::vector<int32_t> touches(static_cast<size_t>(sampling.outputs));
    for (size_t i = 0; i < chunk.size(); ++i) {
      ASSERT_TRUE(again.next(example));
      const ExampleView view = chunk[i];
      ASSERT_EQ(view.B(), example.B());
      ASSERT_EQ(view.positives, example.positives);
      EXPECT_TRUE(std::equal(view.begins.begin(), view.begins.end(), example.begins.begin(), example.begins.end()));
      for (size_t k = 0; k < example.ids.size(); ++k) {
        EXPECT_EQ(chunk.inputs()[static_cast<size_t>(view.ids[k])].row, example.ids[k]);
      }
      for (size_t u = 0; u < example.outputs.size(); ++u) {
        EXPECT_EQ(chunk.outputs()[static_cast<size_t>(view.outputs[u])].row, example.outputs[u]);
        EXPECT_EQ(view.falsely[u], example.falsely[u]);
        ++touches[static_cast<size_t>(example.outputs[u])];
      }
    }
    EXPECT_FALSE(again.next(example));
    for (const auto& touched : chunk.outputs()) EXPECT_EQ(touched.touches, touches[static_cast<size_t>(touched.row)]);
  }
}

class ThreadsTest : public testing::TestWithParam<ModelConfig> {};

TEST_P(ThreadsTest, DeterministicModeGivesTheSameBits) {
  const auto corpus = planted(60, 6, 300);
  Setting setting{.config = GetParam()};
  const auto one = train(corpus, setting);
  for (const int threads : {2, 3, 8}) {
    setting.threads = threads;
    const auto many = train(corpus, setting);
    EXPECT_TRUE(torch::equal(one.input, many.input) && torch::equal(one.output, many.output)) << threads;
    EXPECT_EQ(one.losses, many.losses);
  }
}

TEST_P(ThreadsTest, TheLossFallsInBothModes) {
  const auto corpus = planted(60, 6, 600);
  for (const bool deterministic : {true, false}) {
    const auto trained = train(corpus, {.config = GetParam(), .deterministic = deterministic, .threads = 2});
    EXPECT_LT(trained.losses[1], trained.losses[0]);
    EXPECT_LT(trained.losses[2], trained.losses[1]);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, ThreadsTest,
                         testing::Values(ModelConfig{.dim = 12, .window = 3},
                                         ModelConfig{.kind = "cbow", .dim = 12, .window = 3},
                                         ModelConfig{.loss = "hierarchical", .dim = 12, .window = 3},
                                         ModelConfig{.dim = 12, .window = 3, .min_n = 2, .max_n = 3, .bucket = 2000}),
                         [](const auto& test) {
                           return test.param.kind + "_" + test.param.loss + std::to_string(test.param.max_n);
                         });

/// With as many dimensions as words, w . c tends to PMI(w, c) - ln k (Levy & Goldberg 2014, eq. 7): both are counted
/// here.
TEST(PlantedCorpus, ProductsAreTheShiftedPmi) {
  constexpr int64_t V = 40, k = 2;
  const auto corpus = planted(V, 4, 20000);
  const ModelConfig config{.dim = 48, .window = 2, .shrink = false, .negative = k, .ns_exponent = 1.0};
  const auto trained = train(corpus, {.config = config, .threads = 2, .epochs = 10, .lr = 0.05});
  const auto products = torch::matmul(trained.input, trained.output.t());

  auto pairs = torch::zeros({V, V}, torch::kFloat64);
  auto access = pairs.accessor<double, 2>();
  const auto& t = corpus.tokens;
  for (int64_t i = 0; i < static_cast<int64_t>(t.size()); ++i) {
    for (int64_t j = i - 2; j <= i + 2; ++j) {
      if (j < 0 || j == i || j >= static_cast<int64_t>(t.size()) || t[i] < 0 || t[j] < 0) continue;
      const auto middle = t[(i + j) / 2];
      if (std::abs(i - j) == 2 && middle < 0) continue;  // across a sentence's end
      access[t[j]][t[i]] += 1;
    }
  }
  const auto total = pairs.sum();
  const auto counts = torch::tensor(corpus.vocabulary.counts, torch::kFloat64);
  const auto noise = counts / counts.sum();  // what negatives are drawn from
  const auto expected = torch::log(pairs / pairs.sum(1, true) / noise) - std::log(static_cast<double>(k));
  const auto frequent = pairs > 80;
  ASSERT_GT(frequent.sum().item<int64_t>(), 100);
  const auto x = products.to(torch::kFloat64).masked_select(frequent), y = expected.masked_select(frequent);
  const auto dx = x - x.mean(), dy = y - y.mean();
  const double correlation = ((dx * dy).sum() / (dx.norm() * dy.norm())).item<double>();
  const double error = (x - y).abs().mean().item<double>();
  RecordProperty("correlation", std::to_string(correlation));
  RecordProperty("error", std::to_string(error));
  EXPECT_GT(correlation, 0.98);
  EXPECT_LT(error, 0.1);
}

}  // namespace
}  // namespace cairn::word2vec
