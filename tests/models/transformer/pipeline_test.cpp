// Translating and scoring with small networks: the same in every batch, what decoding reports, and what is refused.
#include <gtest/gtest.h>
#include <torch/nn/functional.h>

#include <thread>

#include "cairn/base/error.h"
#include "cairn/models/transformer/attention_map.h"
#include "cairn/models/transformer/forced_decoding.h"
#include "cairn/models/transformer/transformer_pipeline.h"
#include "cairn/models/transformer/transformer_runner.h"
#include "tests/models/transformer/small_model.h"

namespace cairn::transformer {
namespace {

const TranslateOptions kOptions{.search = {.beam = 4, .best = 3}, .most = {1, 10}};

void expect_same(const std::vector<Translation>& a, const std::vector<Translation>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].text, b[k].text);
    EXPECT_EQ(a[k].score, b[k].score);  // to the bit
    EXPECT_EQ(a[k].tokens, b[k].tokens);
  }
}

TEST(Translator, ALineIsTheSameInEveryBatchAndOrder) {
  const Translator translator(small_model());
  const auto lines = word_lines(130);
  const auto whole = translator.translate(lines, kOptions);
  for (const int64_t batch : {1, 7, 64}) {
    auto options = kOptions;
    options.batch = batch;
    const auto found = translator.translate(lines, options);
    for (size_t k = 0; k < lines.size(); ++k) expect_same(found[k], whole[k]);
  }
  const Permutation mixed(lines.size(), RandomStream(2, "order"));
  std::vector<std::string> shuffled;
  for (size_t k = 0; k < lines.size(); ++k) shuffled.push_back(lines[mixed[k]]);
  const auto found = translator.translate(shuffled, kOptions);
  for (size_t k = 0; k < lines.size(); ++k) expect_same(found[k], whole[mixed[k]]);
}

TEST(Translator, ScoresAreThoseOfForcedDecoding) {
  const Translator translator(small_model());
  const auto lines = word_lines(40);
  const auto found = translator.translate(lines, kOptions);
  std::vector<std::string> texts;
  for (const auto& translations : found) texts.push_back(translations[0].text);
  const auto scores = translator.score(lines, texts);
  for (size_t k = 0; k < lines.size(); ++k) {
    EXPECT_NEAR(scores[k].log_probability, found[k][0].log_probability, 1e-5);
    EXPECT_EQ(scores[k].tokens, found[k][0].tokens);
  }
}

TEST(Translator, ABeamOfOneIsGreedy) {
  const Translator translator(small_model());
  const auto lines = word_lines(40);
  const auto beams = translator.translate(lines, {.search = {.beam = 1}});
  const auto greedy = translator.translate(lines, {.drawn = SamplingOptions{.temperature = 0}});
  for (size_t k = 0; k < lines.size(); ++k) {
    EXPECT_EQ(beams[k][0].text, greedy[k][0].text);
    EXPECT_EQ(beams[k][0].log_probability, greedy[k][0].log_probability);
  }
}

TEST(Translator, StepsAreTheWholeNetworks) {
  auto loaded = small_model();
  const TransformerRunner runner(loaded.network);
  const std::vector<std::vector<int64_t>> sources{{2, 3, 4, 0}, {5, 0}}, targets{{3, 4, 5, 6, 7}, {8, 8}};
  const auto steps = forced_log_probabilities(*runner.start(runner.encode(sources)), {.start = 0, .end = 0}, targets);
  for (size_t r = 0; r < sources.size(); ++r) {
    auto read = targets[r];
    read.insert(read.begin(), 0);
    const auto source = torch::tensor(sources[r]).unsqueeze(0);
    const auto h = loaded.network->decode(torch::tensor(read).unsqueeze(0), loaded.network->encode(source, {}));
    const auto log_p = torch::log_softmax(loaded.network->logits(h)[0], 1);
    for (size_t t = 0; t < read.size(); ++t) {
      const int64_t token = t < targets[r].size() ? targets[r][t] : 0;
      EXPECT_NEAR(steps[r][t], log_p[static_cast<int64_t>(t)][token].item<float>(), 1e-5);
    }
  }
}

TEST(Translator, AttentionIsAMapFromEachTokenToItsSource) {
  const Translator translator(small_model());
  const auto map = translator.attention("s1 s2 s3", "s4 s5");
  EXPECT_EQ(map.source, (std::vector<std::string>{"s1", "s2", "s3", "<eos>"}));
  EXPECT_EQ(map.target, (std::vector<std::string>{"s4", "s5", "<eos>"}));
  EXPECT_EQ(map.weights.sizes(), torch::IntArrayRef({2, 2, 3, 4}));
  EXPECT_TRUE(torch::allclose(map.weights.sum(3), torch::ones({2, 2, 3})));
  const auto head = heat_map_of(map, {.layer = 2, .head = 1}, "t");
  EXPECT_EQ(head.shares[1][3], map.weights[1][0][1][3].item<float>());
  const auto mean = heat_map_of(map, {}, "t");
  EXPECT_NEAR(mean.shares[2][0], map.weights.select(2, 2).select(2, 0).mean().item<double>(), 1e-6);
  EXPECT_THROW(heat_map_of(map, {.layer = 3}, "t"), UsageError);
  EXPECT_THROW(translator.attention("  ", "s4"), InputError);
}

TEST(Translator, EmptyLinesStayWhereTheyAre) {
  const Translator translator(small_model());
  const auto found = translator.translate({"", "s1 s2", " \t", ""}, kOptions);
  ASSERT_EQ(found.size(), 4U);
  for (const size_t k : {0, 2, 3}) {
    ASSERT_EQ(found[k].size(), 1U);
    EXPECT_EQ(found[k][0].text, "");
    EXPECT_EQ(found[k][0].tokens, 0);
  }
  EXPECT_EQ(found[1].size(), 3U);
  EXPECT_TRUE(translator.translate(std::vector<std::string>()).empty());
  EXPECT_EQ(translator.score({""}, {""}).front().tokens, 0);
}

TEST(Translator, LengthsAndPrefixesHold) {
  const Translator translator(small_model());
  const auto lines = word_lines(20);
  auto options = kOptions;
  options.least = options.most = {2, 1};
  options.prefix = "s8 s8 s7";
  const auto found = translator.translate(lines, options);
  for (size_t k = 1; k < 13; ++k) {
    EXPECT_EQ(found[k][0].tokens, 2 * (static_cast<int64_t>(k) + 1) + 1 + 1);
    EXPECT_TRUE(found[k][0].text.starts_with("s8 s8 s7")) << found[k][0].text;
  }
}

std::string refusal(const Translator& translator, const std::vector<std::string>& lines,
                    const TranslateOptions& options = {}) {
  try {
    translator.translate(lines, options);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(Translator, BadLinesAreNamed) {
  const Translator translator(small_model({.max_length = 6}));
  EXPECT_EQ(refusal(translator, {"s1", "s1 \xff"}), "[line 2] is not UTF-8 at byte 3");
  const auto longer = refusal(translator, {"s1", "", "s1 s2 s3 s4 s5 s6"});
  EXPECT_NE(longer.find("[line 3] got a sentence of 7 tokens, its end counted, expected at most 6"), std::string::npos)
      << longer;
  EXPECT_NE(refusal(translator, {"s1 s2 s3"}, {.limit = 3}), "");
  EXPECT_THROW(translator.score({"s1", "s2"}, {"s1"}), InputError);
  EXPECT_THROW(translator.translate({"s1"}, {.batch = 0}), UsageError);
}

TEST(Translator, LongLinesCanBeCut) {
  const Translator translator(small_model({.max_length = 6}));
  const auto cut = translator.translate({"s1 s2 s3 s4 s5 s6 s7", "s1 s2 s3 s4 s5"}, {.longer = LongSentence::cut});
  expect_same(cut[0], cut[1]);
}

TEST(Translator, AModelOfTextIsNone) {
  EXPECT_THROW(Translator{small_model({.task = "language_model"})}, UsageError);
  EXPECT_THROW(TextGenerator{small_model()}, UsageError);
}

TEST(TranslationQueue, ThreadsGetWhatTranslateGives) {
  const Translator translator(small_model());
  const auto lines = word_lines(60);
  const TranslateOptions options{.batch = 8};
  const auto expected = translator.translate(lines, options);
  TranslationQueue queue(translator, options, 16);
  std::vector<std::string> texts(lines.size());
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (size_t k = t; k < lines.size(); k += 4) texts[k] = queue.submit(lines[k]).get().text;
    });
  }
  for (auto& thread : threads) thread.join();
  for (size_t k = 0; k < lines.size(); ++k) EXPECT_EQ(texts[k], expected[k][0].text);
  EXPECT_THROW(queue.submit("\xff"), InputError);
}

class TextGenerators : public testing::TestWithParam<const char*> {
 protected:
  static LoadedModel model() {
    return small_model({.task = "language_model", .positions = GetParam(), .max_length = 14});
  }
};

TEST_P(TextGenerators, ScoresAreTheWholeNetworks) {
  auto loaded = model();
  const auto network = loaded.network;
  const auto& tokenizer = loaded.spec.tokenizer;
  const auto lines = word_lines(30);
  std::vector<double> expected;
  for (const auto& line : lines) {
    std::vector<int64_t> ids;
    tokenizer.encode(line, "test", ids);
    ids.push_back(tokenizer.line_end());
    const auto y = torch::tensor(ids);
    const auto x = torch::cat({torch::tensor({tokenizer.line_end()}), y.slice(0, 0, -1)});
    const auto log_p = torch::log_softmax(network->logits(network->decode(x.unsqueeze(0)))[0], 1);
    expected.push_back(log_p.gather(1, y.unsqueeze(1)).sum().item<double>());
  }
  const TextGenerator generator(std::move(loaded));
  const auto scores = generator.score(lines, {.batch = 7});
  const auto alone = generator.score(lines, {.batch = 1});
  for (size_t k = 0; k < lines.size(); ++k) {
    EXPECT_NEAR(scores[k].log_probability, expected[k], 1e-5);
    EXPECT_EQ(scores[k].log_probability, alone[k].log_probability);
    EXPECT_EQ(scores[k].tokens, static_cast<int64_t>(k % 13) + 1);
  }
  EXPECT_THROW(generator.score({join(std::vector<std::string>(14, "s1"), " ")}), InputError);
}

TEST_P(TextGenerators, TextsGoOnBeyondThePositions) {
  const TextGenerator generator(model());
  const auto text = generator.sample({.prefix = "s1 s2\ns3", .length = 60, .drawn = {.seed = 4}});
  EXPECT_TRUE(text.starts_with("s1 s2\ns3")) << text;
  EXPECT_EQ(text, generator.sample({.prefix = "s1 s2\ns3", .length = 60, .drawn = {.seed = 4}}));
  EXPECT_NE(text, generator.sample({.prefix = "s1 s2\ns3", .length = 60, .drawn = {.seed = 5}}));
  const auto begun = generator.sample({.prefix = "s1 s2\ns3", .length = 8, .drawn = {.seed = 4}});
  EXPECT_EQ(text.substr(0, begun.size()), begun);
  EXPECT_EQ(generator.sample({.length = 0}), "");
  EXPECT_THROW(generator.sample({.length = -1}), UsageError);
}

INSTANTIATE_TEST_SUITE_P(Positions, TextGenerators, testing::Values("sinusoidal", "learned", "rotary"));

}  // namespace
}  // namespace cairn::transformer
