// Analogies as compute-accuracy counts them, Spearman with ties, and files that are malformed.
#include "cairn/metrics/word_tests.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/metrics/rank_correlation.h"

namespace cairn::metrics {
namespace {

class WordTestFiles : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path file(const std::string& text) {
    std::ofstream(path_, std::ios::binary) << text;
    return path_;
  }
  template <class Read>
  std::string refusal(const std::string& text, const Read& read) {
    try {
      read(file(text));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / cat("cairn-words-", ::getpid(), ".txt");
};

TEST_F(WordTestFiles, AnalogiesAreReadBySection) {
  const auto sections = read_analogies(file(": one\na b c d\n\n: two\nE F G H\ni j k l\n"));
  ASSERT_EQ(sections.size(), 2U);
  EXPECT_EQ(sections[1].name, "two");
  EXPECT_EQ(sections[1].questions[1][3], "l");
  EXPECT_TRUE(is_analogy_file(path_));
}

TEST_F(WordTestFiles, MalformedLinesAreNamed) {
  EXPECT_NE(refusal(": s\na b c d\na b c\n", read_analogies).find(".txt:3"), std::string::npos);
  EXPECT_NE(refusal(": s\n", read_analogies).find("no questions"), std::string::npos);
  EXPECT_NE(refusal("a b 1.5\na b x\n", read_word_pairs).find(".txt:2"), std::string::npos);
  EXPECT_NE(refusal("a b\n", read_word_pairs).find(".txt:1"), std::string::npos);
  EXPECT_NE(refusal("", read_word_pairs).find("no pairs"), std::string::npos);
}

TEST_F(WordTestFiles, PairsAreReadWithTabsOrSpaces) {
  const auto pairs = read_word_pairs(file("tiger\tcat\t7.35\nbook paper 7.46\r\n"));
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_EQ(pairs[1].b, "paper");
  EXPECT_DOUBLE_EQ(pairs[1].score, 7.46);
}

// Words in a plane: b - a + c points at d, unless d is beyond the restriction.
class Analogies : public testing::Test {
 protected:
  const std::vector<std::string> words_{"a", "b", "c", "d", "A", "e"};
  const torch::Tensor vectors_ = torch::tensor(
      {{1.0, 0.0, 0.1}, {0.9, 0.5, 0.0}, {0.1, 0.0, 1.0}, {0.0, 0.5, 0.9}, {0.9, 0.1, 0.2}, {0.0, -1.0, 0.0}},
      torch::kFloat32);
  const std::vector<AnalogySection> sections_{
      {"s", {{"A", "B", "c", "d"}, {"a", "b", "c", "zzz"}, {"a", "b", "c", "e"}}}};
};

TEST_F(Analogies, CaseIsFoldedAndUnknownWordsAreNotSeen) {
  for (const bool multiply : {false, true}) {
    const auto scores = score_analogies(sections_, words_, vectors_, {.restrict = 0, .multiply = multiply});
    ASSERT_EQ(scores.size(), 1U);
    EXPECT_EQ(scores[0].total, 3);
    EXPECT_EQ(scores[0].seen, 2);
    EXPECT_EQ(scores[0].correct, 1);
  }
}

TEST_F(Analogies, TheRestrictionHidesRareWords) {
  const auto scores = score_analogies(sections_, words_, vectors_, {.restrict = 3});
  EXPECT_EQ(scores[0].seen, 0);
}

TEST(Spearman, RanksWithTies) {
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3}, {10, 20, 90}), 1);
  EXPECT_DOUBLE_EQ(spearman({1, 2, 3}, {9, 5, 1}), -1);
  EXPECT_NEAR(spearman({1, 2, 2, 3}, {1, 3, 2, 4}), 0.9486832980505138, 1e-15);  // scipy.stats.spearmanr
  EXPECT_TRUE(std::isnan(spearman({1, 1}, {1, 2})));
  EXPECT_TRUE(std::isnan(spearman({}, {})));
  EXPECT_THROW(spearman({1}, {}), UsageError);
}

}  // namespace
}  // namespace cairn::metrics
