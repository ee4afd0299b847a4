// From text to word numbers: counts by any number of threads, limits, phrases, and text that cannot be used.
#include "cairn/models/word2vec/corpus.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/word2vec/continuation.h"

namespace cairn::word2vec {
namespace {

class CorpusTest : public testing::Test {
 protected:
  DataConfig text(const std::string& bytes) const {
    std::ofstream(folder_ / "text.txt", std::ios::binary) << bytes;
    return {.train = (folder_ / "text.txt").string(), .words = "whitespace", .min_count = 1};
  }
  std::vector<int32_t> encoded(const Corpus& corpus, const Vocabulary& vocabulary) const {
    corpus.encode(vocabulary, folder_ / "tokens");
    const TokenFile file(folder_ / "tokens");
    return {file.tokens().begin(), file.tokens().end()};
  }
  static std::string refusal(const DataConfig& config) {
    try {
      Corpus(config, 2).count();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }
  const io::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(CorpusTest, WordsComeByFallingCountThenBySpelling) {
  const Corpus corpus(text("b a c\nb c d b\n"), 2);
  const auto vocabulary = corpus.count();
  EXPECT_EQ(vocabulary.list(), (std::vector<std::string>{"b", "c", "a", "d"}));
  EXPECT_EQ(vocabulary.counts, (std::vector<int64_t>{3, 2, 1, 1}));
  EXPECT_EQ(encoded(corpus, vocabulary), (std::vector<int32_t>{0, 2, 1, -1, 0, 1, 3, 0, -1}));
}

TEST_F(CorpusTest, ThreadsDoNotChangeTheResult) {
  std::string bytes;
  for (int i = 0; i < 400000; ++i) bytes += "w" + std::to_string(i * 7919 % 1009) + (i % 17 == 0 ? "\n" : " ");
  const DataConfig config = text(bytes);
  const Corpus one(config, 1), many(config, 4);
  const auto a = one.count(), b = many.count();
  EXPECT_EQ(a.list(), b.list());
  EXPECT_EQ(a.counts, b.counts);
  EXPECT_EQ(encoded(one, a), encoded(many, b));
}

TEST_F(CorpusTest, LimitsAndRareWords) {
  DataConfig config = text("a b a c\na d e\n");
  config.limit = 5;
  EXPECT_EQ(Corpus(config, 3).count().tokens(), 5);
  config.limit = 0;
  config.min_count = 2;
  EXPECT_EQ(Corpus(config, 3).count().list(), std::vector<std::string>{"a"});
  config.min_count = 1;
  config.max_words = 2;
  EXPECT_EQ(Corpus(config, 1).count().list(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(CorpusTest, TextWithoutUsableWordsIsRefusedWithTheCounts) {
  EXPECT_NE(refusal(text("")).find("no words"), std::string::npos);
  DataConfig rare = text("one two two");
  rare.min_count = 5;
  const std::string message = refusal(rare);
  for (const char* part : {"3 words", "2 different", "seen 2 times", "min_count 5"}) {
    EXPECT_NE(message.find(part), std::string::npos) << message;
  }
  EXPECT_NE(refusal(text("fine\nb\xFF"
                         "d\n"))
                .find("text.txt:2"),
            std::string::npos);
  EXPECT_NE(refusal({.train = (folder_ / "none").string()}).find("no such file"), std::string::npos);
  EXPECT_NE(refusal({}).find("data.train"), std::string::npos);
}

TEST_F(CorpusTest, PhrasesAreJoinedByTheScore) {
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += "i saw new york and w" + std::to_string(i % 50) + "\n";
  DataConfig config = text(bytes);
  config.phrases = 1;
  config.min_count = 5;
  config.phrase_threshold = 5.5;  // (200 - 5) / 200 / 200 * 1200 = 5.85
  std::string joined;
  Corpus(config, 2).write_words([&](const std::string& part) { joined += part; });
  EXPECT_TRUE(joined.starts_with("i_saw new_york and w0\n")) << joined.substr(0, 40);
  config.phrase_threshold = 6;
  joined.clear();
  Corpus(config, 2).write_words([&](const std::string& part) { joined += part; });
  EXPECT_TRUE(joined.starts_with("i saw new york and w0\n"));
}

TEST(Vocabulary, TensorsComeBack) {
  Vocabulary vocabulary;
  vocabulary.add("the", 7);
  vocabulary.add("\xE4\xBA\xBA", 3);
  auto tensors = vocabulary.tensors();
  const auto back = Vocabulary::from_tensors(tensors, "x");
  EXPECT_EQ(back.list(), vocabulary.list());
  EXPECT_EQ(back.counts, vocabulary.counts);
  tensors["counts"] = torch::ones({1}, torch::kInt64);
  EXPECT_THROW(Vocabulary::from_tensors(tensors, "x"), InputError);
  tensors.erase("words");
  EXPECT_THROW(Vocabulary::from_tensors(tensors, "x"), InputError);
}

TEST(Continuation, VocabulariesAreKeptReplacedOrMerged) {
  Vocabulary before, text;
  before.add("a", 10);
  before.add("b", 4);
  text.add("b", 9);
  text.add("c", 8);
  EXPECT_EQ(joined_vocabulary(before, text, "replace").list(), (std::vector<std::string>{"b", "c"}));
  const auto kept = joined_vocabulary(before, text, "keep"), merged = joined_vocabulary(before, text, "merge");
  EXPECT_EQ(kept.list(), (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(kept.counts, (std::vector<int64_t>{9, 0}));
  EXPECT_EQ(merged.list(), (std::vector<std::string>{"b", "a", "c"}));
  EXPECT_EQ(merged.counts, (std::vector<int64_t>{13, 10, 8}));
}

}  // namespace
}  // namespace cairn::word2vec
