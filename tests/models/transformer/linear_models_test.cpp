// Models of every causal linear kernel: read in pieces of any length as at once, trained, saved and resumed like
// others, and a text of a million tokens in memory that does not grow.
#include <gtest/gtest.h>
#include <torch/types.h>

#include "cairn/base/error.h"
#include "cairn/base/memory.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/transformer/text_generator.h"
#include "cairn/models/transformer/transformer_runner.h"
#include "tests/models/transformer/small_model.h"

namespace cairn::transformer {
namespace {

class LanguageModels : public testing::TestWithParam<std::string> {
 protected:
  static LoadedModel model(const std::string& positions = "rotary", int64_t max_length = 40) {
    return small_model({.task = "language_model",
                        .positions = positions,
                        .max_length = max_length,
                        .attention = GetParam(),
                        .random_features = 12});
  }
};
INSTANTIATE_TEST_SUITE_P(All, LanguageModels, testing::ValuesIn(nn::attention_kernel_names()),
                         [](const auto& test) { return test.param; });

TEST_P(LanguageModels, ReadInPiecesAsAtOnce) {
  const torch::InferenceMode inference;
  const auto network = model().network;
  const TransformerRunner runner(network);
  torch::manual_seed(1);
  const auto x = torch::randint(11, {3, 40}, torch::kInt64);
  const auto whole = runner.log_probabilities(network->decode(x).flatten(0, 1)).view({3, 40, -1});
  auto state = network->start();
  int64_t begin = 0;
  for (const int64_t piece : {1, 1, 20, 1, 17}) {
    const auto got = runner.read(x.slice(1, begin, begin + piece), state);
    EXPECT_LT((got - whole.slice(1, begin, begin + piece)).abs().max().item<double>(), 1e-4) << begin;
    begin += piece;
  }
  EXPECT_THROW(runner.read(x.slice(1, 0, 1), state), InputError);
}

/// The end's log-probability is the line end's: a text of one line is that line.
TEST_P(LanguageModels, AWholeTextOfOneLineIsThatLine) {
  const TextGenerator generator(model());
  const io::TemporaryFolder folder;
  const auto file = folder.path() / "text.txt";
  const auto line = word_lines(13)[12];
  io::write_file(file, line + "\n");
  const auto whole = generator.score_whole(text::LineReader(text::TextSource({file})));
  const auto alone = generator.score({line})[0];
  EXPECT_EQ(whole.tokens, alone.tokens);
  EXPECT_NEAR(whole.log_probability, alone.log_probability, 1e-4 * std::abs(alone.log_probability));
}

/// `lines` lines of ten words and their end.
void write_words(const std::filesystem::path& file, int64_t lines) {
  auto random = RandomStream(5, "words");
  std::string text;
  for (int64_t n = 0; n < lines; ++n) {
    for (int k = 0; k < 10; ++k) text += cat(k == 0 ? "s" : " s", random.below(9));
    text += '\n';
  }
  io::write_file(file, text);
}

TEST(Streams, AMillionTokensAreReadInMemoryThatDoesNotGrow) {
  const TextGenerator generator(small_model(
      {.task = "language_model", .positions = "none", .max_length = 2'000'000, .attention = "gated_retention"}));
  const io::TemporaryFolder folder;
  const auto score = [&](const char* name, int64_t lines) {
    write_words(folder.path() / name, lines);
    return generator.score_whole(text::LineReader(text::TextSource({folder.path() / name})));
  };
  const auto shorter = score("short.txt", 100);
  TextGenerator::WholeScore longer;
  const auto grown = peak_growth([&] { longer = score("long.txt", 90'910); });
  EXPECT_EQ(shorter.tokens, 1'100);
  EXPECT_EQ(longer.tokens, 1'000'010);
  EXPECT_EQ(shorter.state_bytes, 2 * 16 * 8 * 4);  // layers, heads times their width, width, bytes of a float
  EXPECT_EQ(longer.state_bytes, shorter.state_bytes);
  EXPECT_LT(grown, 64 << 20);
  EXPECT_TRUE(std::isfinite(longer.log_probability));
}

TEST(Streams, SoftmaxHoldsEveryPosition) {
  const TextGenerator generator(small_model({.task = "language_model", .positions = "none", .max_length = 2'000}));
  const io::TemporaryFolder folder;
  write_words(folder.path() / "text.txt", 100);
  const auto score = generator.score_whole(text::LineReader(text::TextSource({folder.path() / "text.txt"})));
  EXPECT_EQ(score.state_bytes, 2 * 1'100 * 2 * 16 * 4);  // layers, tokens, keys and values, width, bytes
  write_words(folder.path() / "text.txt", 200);
  EXPECT_THROW(generator.score_whole(text::LineReader(text::TextSource({folder.path() / "text.txt"}))), InputError);
}

}  // namespace
}  // namespace cairn::transformer
