// Vector files: round trips, stored types, and every kind of damage by line or byte.
#include "cairn/models/word2vec/vector_files.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "cairn/metrics/word_tests.h"
#include "cairn/models/word2vec/word2vec_pipeline.h"

namespace cairn::word2vec {
namespace {

VectorTable small_table() {
  VectorTable table{.vectors = torch::tensor({{1.0f, 0.25f, -3e-7f}, {0.1f, 2.0f, 0.0f}, {-1.5f, 0.5f, 1e8f}})};
  for (const char* word : {"the", "\xC3\xA9t\xC3\xA9", "of"}) table.vocabulary.add(word, 0);
  return table;
}

class VectorFiles : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::filesystem::path file(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return path_;
  }
  std::string bytes() const {
    std::ostringstream text;
    text << std::ifstream(path_, std::ios::binary).rdbuf();
    return text.str();
  }
  template <class Read>
  std::string refusal(const std::string& content, const Read& read) {
    try {
      read(file(content), ReadOptions{});
    } catch (const InputError& error) {
      return error.what();
    }
    return "not refused";
  }
  static void expect_equal(const VectorTable& a, const VectorTable& b) {
    EXPECT_EQ(a.vocabulary.list(), b.vocabulary.list());
    EXPECT_TRUE(torch::equal(a.vectors, b.vectors));
  }
  std::filesystem::path path_ = std::filesystem::temp_directory_path() / cat("cairn-vectors-", ::getpid());
};

TEST_F(VectorFiles, EveryFormatComesBackToTheBit) {
  const auto table = small_table();
  write_word2vec_binary(table, path_);
  expect_equal(read_word2vec_binary(path_), table);
  write_word2vec_text(table, path_);
  expect_equal(read_word2vec_text(path_), table);
  write_fasttext_vec(table, path_);
  expect_equal(read_word2vec_text(path_), table);
  EXPECT_TRUE(bytes().starts_with("3 3\nthe 1 0.25 -3e-07 \n"));
  EXPECT_EQ(read_word2vec_text(path_, {.limit = 2}).size(), 2);
}

TEST_F(VectorFiles, BinaryWithoutNewlinesIsReadToo) {
  const float values[] = {1, 2};
  const std::string row(reinterpret_cast<const char*>(values), sizeof values);
  const auto table = read_word2vec_binary(file("2 2\na " + row + "b " + row), {});
  EXPECT_EQ(table.vocabulary.list(), (std::vector<std::string>{"a", "b"}));
}

TEST_F(VectorFiles, DamagedTextIsReportedByLine) {
  const std::string name = path_.filename().string();
  for (const auto& [content, message] :
       std::vector<std::pair<std::string, std::string>>{{"", "empty"},
                                                        {"x 3\n", ":1"},
                                                        {"0 3\n", ":1"},
                                                        {"2 99999999\n", ":1"},
                                                        {"2 2\na 1 2\nb 1\n", ":3"},
                                                        {"2 2\na 1 2\nb 1 2 3\n", ":3"},
                                                        {"2 2\na 1 2\na 1 2\n", ":3"},
                                                        {"2 2\na 1 nan\n", ":2"},
                                                        {"2 2\na 1 2\n", "got 1 words"},
                                                        {"1 2\na 1 2\nb 1 2\n", ":3"},
                                                        {"1 2\n\xFF 1 2\n", ":2"}}) {
    EXPECT_NE(refusal(content, read_word2vec_text).find(message), std::string::npos)
        << content << " -> " << refusal(content, read_word2vec_text);
  }
}

TEST_F(VectorFiles, DamagedBinaryIsReportedByByte) {
  write_word2vec_binary(small_table(), path_);
  const std::string whole = bytes();
  EXPECT_NE(refusal(whole.substr(0, whole.size() - 5), read_word2vec_binary).find("byte"), std::string::npos);
  EXPECT_NE(refusal(whole + "x", read_word2vec_binary).find("goes on"), std::string::npos);
  EXPECT_NE(refusal("99 3" + whole.substr(3), read_word2vec_binary).find("byte"), std::string::npos);
  std::string bad = whole;
  bad[4] = '\xFF';
  EXPECT_NE(refusal(bad, read_word2vec_binary).find("not UTF-8"), std::string::npos);
  for (size_t cut = 0; cut < whole.size() - 1; ++cut) {
    EXPECT_NE(refusal(whole.substr(0, cut), read_word2vec_binary), "not refused") << cut;
  }
}

TEST_F(VectorFiles, OnlyFastTextModelsAreRead) {
  const auto read = [](const std::filesystem::path& path, ReadOptions) { return read_fasttext_bin(path); };
  EXPECT_NE(refusal("no model at all", read).find("no fastText model"), std::string::npos);
  EXPECT_NE(refusal(std::string("\xBA\x16\x4F\x2F\x0B\0\0\0", 8), read).find("version 11"), std::string::npos);
}

/// What tests/golden/make_word_vectors.py had gensim, fastText and compute-accuracy write and say.
class Golden : public testing::Test {
 protected:
  static std::filesystem::path file(const std::string& name) {
    return std::filesystem::path(CAIRN_SOURCE_DIR) / "tests/golden/word_vectors" / name;
  }
  static void expect_said(const WordVectors& vectors, const Json& said, double tolerance) {
    for (const auto& [word, values] : said.items()) {
      const auto expected = torch::tensor(values.get<std::vector<double>>(), torch::kFloat64);
      const auto vector = vectors.vector(word).to(torch::kFloat64);
      EXPECT_TRUE(torch::allclose(vector, expected, 0, tolerance)) << word << vector << expected;
    }
  }
  const Json said_ = Document::read_yaml(file("said.json")).values();
};

TEST_F(Golden, GensimsFilesAreReadToTheBit) {
  expect_said(WordVectors(read_word2vec_binary(file("gensim.bin"))), said_["gensim"], 0);
  expect_said(WordVectors(read_word2vec_text(file("gensim.txt"))), said_["gensim"], 1e-7);  // gensim prints 8 digits
}

TEST_F(Golden, FastTextsModelGivesItsVectorsAlsoOfUnseenWords) {
  const WordVectors vectors(read_fasttext_bin(file("fasttext.bin")));
  EXPECT_FALSE(vectors.contains("queenly"));
  expect_said(vectors, said_["fasttext"], 1e-6);
}

TEST_F(Golden, AnalogiesAreCountedAsByComputeAccuracy) {
  const auto table = read_word2vec_binary(file("analogies.bin"));
  const auto sections = metrics::read_analogies(file("questions.txt"));
  for (const auto& [top, expected] : said_["accuracy"].items()) {
    Json counted = Json::array();
    for (const auto& score :
         metrics::score_analogies(sections, table.vocabulary.list(), table.vectors, {.restrict = std::stoll(top)})) {
      counted.push_back({score.section, score.correct, score.seen});
    }
    EXPECT_EQ(counted, expected) << top;
  }
}

TEST(StoredAs, RoundsEachRowByItsOwnScale) {
  const auto table = small_table();
  const auto half = stored_as(table, "float16"), byte = stored_as(small_table(), "int8");
  EXPECT_TRUE(torch::allclose(half.rows(0, 2), table.rows(0, 2), 1e-3, 1e-6));
  EXPECT_EQ(byte.vectors.scalar_type(), torch::kInt8);
  const auto error = (byte.rows(0, 3) - table.vectors).abs() / table.vectors.abs().amax(1, true);
  EXPECT_LE(error.max().item<float>(), 0.5f / 127 + 1e-6f);
  EXPECT_THROW(stored_as(small_table(), "int4"), UsageError);
}

class WordVectorsTest : public testing::Test {
 protected:
  static VectorTable table() {
    VectorTable t{.vectors = torch::tensor({{1.0f, 0.0f}, {0.9f, 0.1f}, {0.0f, 2.0f}, {0.1f, 3.0f}, {0.0f, 0.0f}})};
    for (const char* word : {"king", "queen", "river", "water", "nothing"}) t.vocabulary.add(word, 5);
    return t;
  }
  const WordVectors vectors_{table()};
};

TEST_F(WordVectorsTest, NeighboursLeaveOutTheWord) {
  const auto near = vectors_.nearest("king", 2);
  ASSERT_EQ(near.size(), 2U);
  EXPECT_EQ(near[0].word, "queen");
  EXPECT_NEAR(near[0].score, vectors_.similarity("king", "queen"), 1e-6);
  EXPECT_EQ(vectors_.nearest("king", 100).size(), 4U);
  EXPECT_THROW(vectors_.nearest("king", 0), UsageError);
}

TEST_F(WordVectorsTest, ABatchIsItsRows) {
  const auto queries = torch::randn({200, 2});
  const auto all = vectors_.nearest_rows(queries, 3);
  for (const int64_t n : {0, 63, 64, 199}) {
    EXPECT_TRUE(torch::equal(vectors_.nearest_rows(queries.narrow(0, n, 1), 3).index[0], all.index[n]));
  }
}

TEST_F(WordVectorsTest, AZeroVectorIsNobodysNeighbour) {
  EXPECT_EQ(vectors_.similarity("king", "nothing"), 0);
}

TEST_F(WordVectorsTest, UnknownWordsAreNamedWithNearSpellings) {
  try {
    vectors_.vector("quen");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean 'queen'?"), std::string::npos);
  }
}

TEST_F(WordVectorsTest, AnAnalogyIsNoneOfItsWords) {
  for (const auto& [word, score] : vectors_.analogy("king", "queen", "river", 5)) {
    EXPECT_TRUE(word == "water" || word == "nothing") << word;
  }
}

TEST_F(WordVectorsTest, UnseenWordsComeFromTheirNgrams) {
  VectorTable t = table();
  t.subwords = SubwordOptions{.min_n = 2, .max_n = 3, .bucket = 7};
  t.ngrams = torch::randn({7, 2});
  const WordVectors vectors(std::move(t));
  auto expected = torch::zeros({2});
  const auto grams = subwords("kings", {.min_n = 2, .max_n = 3, .bucket = 7});
  for (const int32_t gram : grams) expected += vectors.table().ngrams[gram];
  EXPECT_TRUE(torch::allclose(vectors.vector("kings"), expected / static_cast<double>(grams.size()), 1e-5, 1e-6));
}

}  // namespace
}  // namespace cairn::word2vec
