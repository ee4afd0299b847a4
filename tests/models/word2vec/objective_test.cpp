// Every objective: its examples' gradient against finite differences in double precision, the fast update against that
// gradient, the loss at the start, and the laws of the random draws.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "cairn/base/error.h"
#include "cairn/models/word2vec/corpus.h"
#include "cairn/models/word2vec/example_update.h"
#include "cairn/models/word2vec/parameters.h"
#include "cairn/models/word2vec/subwords.h"
#include "cairn/ops/logistic_pairs_reference.h"

namespace cairn::word2vec {
namespace {

Vocabulary small_vocabulary() {
  Vocabulary vocabulary;
  int64_t count = 900;
  for (const char* word : {"the", "of", "king", "queen", "river", "water", "man", "woman", "red", "blue"}) {
    vocabulary.add(word, count);
    count = count * 3 / 4;
  }
  return vocabulary;
}

std::vector<int32_t> small_text() {
  std::vector<int32_t> tokens;
  FastRandom random(5);
  for (int i = 0; i < 60; ++i) tokens.push_back(i % 13 == 12 ? kSentenceEnd : static_cast<int32_t>(random.below(10)));
  return tokens;
}

struct Objective {
  const char* name;
  ModelConfig config;
};

class ObjectiveTest : public testing::TestWithParam<Objective> {
 protected:
  void SetUp() override {
    const Parameters start = initial_parameters(
        {.inputs = sampling_.inputs, .outputs = sampling_.outputs, .dim = GetParam().config.dim, .seed = 3});
    input_ = Matrix(start.input.values() * 20);
    output_ = Matrix(torch::randn({sampling_.outputs, GetParam().config.dim}));
    ExampleStream stream(sampling_, tokens_, FastRandom(7));
    for (Example example; stream.next(example);) examples_.push_back(example);
    ASSERT_GT(examples_.size(), 5U);
  }

  /// The rows of which input b is the mean.
  static torch::Tensor ids(const Example& e, int64_t b) {
    return torch::tensor(std::vector<int64_t>(e.ids.begin() + e.begins[b], e.ids.begin() + e.begins[b + 1]));
  }

  static torch::Tensor means(const Example& e, const torch::Tensor& input) {
    std::vector<torch::Tensor> x;
    for (int64_t b = 0; b < e.B(); ++b) x.push_back(input.index_select(0, ids(e, b)).mean(0));
    return torch::stack(x);
  }

  /// The example's loss in double precision: means x [B, D] of input rows meet output rows.
  static torch::Tensor loss_of_means(const Example& e, const torch::Tensor& x, const torch::Tensor& output) {
    const std::vector<int64_t> outputs(e.outputs.begin(), e.outputs.end());
    const auto [p, n] = counts(e);
    return ops::logistic_pairs_reference(x, output.index_select(0, torch::tensor(outputs)), p, n);
  }

  static torch::Tensor loss(const Example& e, const torch::Tensor& input, const torch::Tensor& output) {
    return loss_of_means(e, means(e, input), output);
  }

  /// word2vec.c's input gradient: each row takes the whole gradient [B, D] of the means that it is in.
  static torch::Tensor undivided(const Example& e, const torch::Tensor& of_means, const torch::Tensor& input) {
    auto gradient = torch::zeros_like(input);
    for (int64_t b = 0; b < e.B(); ++b) {
      const auto rows = ids(e, b);
      gradient.index_add_(0, rows, of_means[b].expand({rows.size(0), -1}));
    }
    return gradient;
  }

  /// How often each pair [B, U] is a true one, and a false one.
  static std::pair<torch::Tensor, torch::Tensor> counts(const Example& e) {
    const int64_t pairs = e.B() * e.U();
    const auto p = torch::full({pairs + ops::kPairLanes}, 1e9f), n = p.clone();
    expand_counts(e, p.data_ptr<float>(), n.data_ptr<float>());
    const auto shaped = [&](const torch::Tensor& t) {
      return t.narrow(0, 0, pairs).view({e.B(), e.U()}).to(torch::kFloat64);
    };
    return {shaped(p), shaped(n)};
  }

  Vocabulary vocabulary_ = small_vocabulary();
  std::vector<int32_t> tokens_ = small_text();
  Sampling sampling_ = make_sampling(GetParam().config, vocabulary_, 0);
  Matrix input_, output_;
  std::vector<Example> examples_;
};

TEST_P(ObjectiveTest, GradientsAreFiniteDifferences) {
  auto input = input_.values().to(torch::kFloat64).clone().requires_grad_();
  auto output = output_.values().to(torch::kFloat64).clone().requires_grad_();
  const Example& e = examples_[2];
  loss(e, input, output).backward();
  const torch::NoGradGuard no_grad;
  const auto check = [&](const torch::Tensor& leaf, int64_t row) {
    for (int64_t k = 0; k < leaf.size(1); ++k) {
      const double h = 1e-5, at = leaf[row][k].item<double>();
      leaf[row][k] = at + h;
      const double up = loss(e, input, output).item<double>();
      leaf[row][k] = at - h;
      const double down = loss(e, input, output).item<double>();
      leaf[row][k] = at;
      EXPECT_NEAR((up - down) / (2 * h), leaf.grad()[row][k].item<double>(), 1e-6);
    }
  };
  check(input, e.ids.front());
  check(output, e.outputs.front());
  check(output, e.outputs.back());
}

TEST_P(ObjectiveTest, TheUpdateFollowsTheGradient) {
  const float lr = 0.01f;
  for (const Example& e : {examples_.front(), examples_[3], examples_.back()}) {
    auto input = input_.values().to(torch::kFloat64).clone().requires_grad_();
    auto output = output_.values().to(torch::kFloat64).clone().requires_grad_();
    const auto x_means = means(e, input);
    x_means.retain_grad();
    const auto expected = loss_of_means(e, x_means, output);
    expected.backward();
    const bool divided = GetParam().config.cbow == "mean";
    const auto input_gradient =
        divided ? input.grad() : undivided(e, x_means.grad(), input_.values().to(torch::kFloat64));
    Matrix x(input_.values()), c(output_.values());
    struct Rows {
      Matrix &in, &out;
      float* input(int64_t i) const { return in.row(i); }
      float* output(int64_t i) const { return out.row(i); }
    } rows{x, c};
    ExampleUpdate update({.width = x.width(), .stride = x.stride(), .divided = divided});
    ExampleRows found;
    found.find(e, rows, x.width());
    const double fast = update.apply(e, lr, found);
    EXPECT_NEAR(fast, expected.item<double>(), 1e-5 * (1 + expected.item<double>()));
    const auto moved_c = (c.values() - output_.values()).to(torch::kFloat64);
    EXPECT_TRUE(torch::allclose(moved_c, -lr * output.grad(), 1e-4, 1e-6));
    const auto moved_x = (x.values() - input_.values()).to(torch::kFloat64);
    EXPECT_TRUE(torch::allclose(moved_x, -lr * input_gradient, 1e-4, 1e-6));
  }
}

TEST_P(ObjectiveTest, TheLossBeginsAtLogTwoAPair) {
  const auto zeros = torch::zeros({sampling_.outputs, GetParam().config.dim}, torch::kFloat64);
  double sum = 0, pairs = 0, positives = 0;
  for (const Example& e : examples_) {
    sum += loss(e, input_.values().to(torch::kFloat64), zeros).item<double>();
    const auto [p, n] = counts(e);
    pairs += (p + n).sum().item<double>();
    positives += static_cast<double>(e.positives);
  }
  EXPECT_NEAR(sum, pairs * std::log(2.0), 1e-4);
  if (!GetParam().config.hierarchical()) {
    const auto k = static_cast<double>(GetParam().config.negative);
    EXPECT_NEAR(sum / positives, (k + 1) * std::log(2.0), 1e-5);
  }
}

TEST_P(ObjectiveTest, OutputsOfAnExampleDiffer) {
  for (const Example& e : examples_) {
    EXPECT_EQ(std::set<int32_t>(e.outputs.begin(), e.outputs.end()).size(), e.outputs.size());
    EXPECT_EQ(e.ids.size(), static_cast<size_t>(e.begins.back()));
  }
}

const ModelConfig kSmall{.dim = 6, .window = 3, .negative = 4, .share = 3, .bucket = 50};

ModelConfig with(const std::string& kind, const std::string& loss, int64_t max_n, const std::string& cbow = "mean") {
  ModelConfig config = kSmall;
  config.kind = kind;
  config.loss = loss;
  config.min_n = max_n > 0 ? 2 : 0;
  config.max_n = max_n;
  config.cbow = cbow;
  return config;
}

INSTANTIATE_TEST_SUITE_P(
    All, ObjectiveTest,
    testing::Values(Objective{"skipgram_negative", with("skipgram", "negative", 0)},
                    Objective{"skipgram_hierarchical", with("skipgram", "hierarchical", 0)},
                    Objective{"skipgram_subwords", with("skipgram", "negative", 4)},
                    Objective{"skipgram_subwords_original", with("skipgram", "negative", 4, "original")},
                    Objective{"skipgram_subwords_hierarchical", with("skipgram", "hierarchical", 4)},
                    Objective{"cbow_negative", with("cbow", "negative", 0)},
                    Objective{"cbow_original", with("cbow", "negative", 0, "original")},
                    Objective{"cbow_hierarchical", with("cbow", "hierarchical", 0)},
                    Objective{"cbow_subwords", with("cbow", "negative", 4)}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(Huffman, ProbabilitiesSumToOneAndFrequentWordsAreShort) {
  const std::vector<int64_t> counts{40, 20, 12, 12, 5, 3, 1, 1};
  const auto tree = huffman_tree(counts);
  EXPECT_EQ(tree.nodes, 7);
  std::vector<double> p(7);
  for (size_t i = 0; i < p.size(); ++i) p[i] = 0.1 + 0.12 * static_cast<double>(i);
  double sum = 0, bits = 0;
  for (size_t w = 0; w < counts.size(); ++w) {
    double product = 1;
    for (const auto& step : tree.paths[w])
      product *= step.turn ? 1 - p[static_cast<size_t>(step.node)] : p[static_cast<size_t>(step.node)];
    sum += product;
    bits += static_cast<double>(counts[w]) * static_cast<double>(tree.paths[w].size());
    if (w > 0) {
      EXPECT_GE(tree.paths[w].size(), tree.paths[w - 1].size());
    }
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(bits, 219);  // the least that any prefix code needs for these counts
  EXPECT_TRUE(huffman_tree({5}).paths[0].empty());
}

TEST(Noise, DrawsByCountToThePower) {
  const std::vector<int64_t> counts{1000, 300, 50, 1};
  const Noise noise(counts, 0.75);
  FastRandom random(1);
  std::vector<double> seen(4);
  constexpr int kDraws = 400000;
  for (int i = 0; i < kDraws; ++i) ++seen[static_cast<size_t>(noise.draw(random))];
  double total = 0;
  for (const int64_t c : counts) total += std::pow(static_cast<double>(c), 0.75);
  for (size_t i = 0; i < 4; ++i) {
    const double p = std::pow(static_cast<double>(counts[i]), 0.75) / total;
    EXPECT_NEAR(seen[i] / kDraws, p, 4 * std::sqrt(p / kDraws)) << i;
  }
  for (int i = 0; i < 1000; ++i) EXPECT_NE(noise.draw_except(0, random), 0);
}

TEST(Subwords, AreThoseOfFastText) {
  EXPECT_EQ(fasttext_hash(""), 2166136261u);
  EXPECT_EQ(fasttext_hash("a"), 0xe40c292cu);  // the published FNV-1a values
  EXPECT_EQ(fasttext_hash("foobar"), 0xbf9cf968u);
  EXPECT_EQ(subwords("ab", {.min_n = 3, .max_n = 6, .bucket = 1000}).size(), 3U);  // <ab, <ab>, ab>
  EXPECT_EQ(subwords("a", {.min_n = 1, .max_n = 1, .bucket = 1000}).size(), 1U);   // marks alone are none
  EXPECT_EQ(subwords("\xE4\xBA\xBA", {.min_n = 1, .max_n = 2, .bucket = 1000}).size(), 3U);
}

/// The numbers that tests/golden/fasttext_subwords.py prints, of 1000 buckets.
TEST(Subwords, AreNumberedAsByFastText) {
  const struct {
    const char* word;
    int64_t min_n, max_n;
    std::vector<int32_t> numbers;
  } golden[] = {
      {"king", 3, 6, {675, 367, 152, 298, 837, 598, 536, 707, 751, 300}},
      {"été", 3, 6, {133, 617, 949, 927, 363, 535}},
      {"人", 3, 6, {721}},
      {"人民", 3, 6, {742, 32, 446}},
      {"king", 1, 2, {560, 410, 17, 172, 446, 553, 826, 982, 616}},
      {"été", 1, 2, {627, 777, 975, 267, 387, 777, 781}},
      {"人", 1, 2, {925, 275, 63}},
      {"人民", 1, 2, {925, 275, 644, 894, 736}},
  };
  for (const auto& g : golden) {
    EXPECT_EQ(subwords(g.word, {.min_n = g.min_n, .max_n = g.max_n, .bucket = 1000}), g.numbers) << g.word << g.max_n;
  }
}

TEST(Sampling, KeepsByTheFormulaOfTheCode) {
  const auto vocabulary = small_vocabulary();
  const auto sampling = make_sampling(kSmall, vocabulary, 1e-2);
  const double f = 900.0 / static_cast<double>(vocabulary.tokens());
  EXPECT_NEAR(sampling.keep[0] * 0x1p-32, (std::sqrt(f / 1e-2) + 1) * 1e-2 / f, 1e-6);
  EXPECT_EQ(make_sampling(kSmall, vocabulary, 0).keep[0], UINT32_MAX);
}

}  // namespace
}  // namespace cairn::word2vec
