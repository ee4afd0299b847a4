// Pairs of lines from two files, one file of columns and generated problems; what is refused and what it says.
#include "cairn/data/parallel_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/temporary_folder.h"

namespace cairn::data {
namespace {

class ParallelTextTest : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& bytes) const {
    const auto path = folder_.path() / name;
    io::write_file(path, bytes);
    return path.string();
  }
  template <class Kind>
  static void expect_refusal(const std::string& spec, const std::vector<std::string>& parts) {
    try {
      load_parallel_text(spec, {});
      FAIL() << spec;
    } catch (const Kind& error) {
      for (const auto& part : parts) EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
  io::TemporaryFolder folder_;
};

TEST_F(ParallelTextTest, TwoFilesLineByLine) {
  const auto spec = file("a.en", "one\n\nthree\n") + "," + file("a.de", "eins\nzwei\ndrei");
  const auto text = load_parallel_text(spec, {});
  EXPECT_EQ(text.source, (std::vector<std::string>{"one", "", "three"}));
  EXPECT_EQ(text.target, (std::vector<std::string>{"eins", "zwei", "drei"}));
  EXPECT_TRUE(text.source_place(2).ends_with("a.en:3"));
  EXPECT_EQ(load_parallel_text(spec, {.limit = 2}).size(), 2);
}

TEST_F(ParallelTextTest, OneFileOfColumns) {
  const auto text = load_parallel_text(file("a.tsv", "one\teins\ntwo\t\n"), {});
  EXPECT_EQ(text.source, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(text.target, (std::vector<std::string>{"eins", ""}));
}

TEST_F(ParallelTextTest, SaysWhatIsWrong) {
  expect_refusal<InputError>(file("b.en", "1\n2\n3\n") + "," + file("b.de", "1\n2\n"), {"3 and 2 lines"});
  expect_refusal<InputError>(file("b.tsv", "a\tb\na b\n"), {"b.tsv:2", "0 tabs"});
  expect_refusal<InputError>(file("c.en", "1\n\xff\n") + "," + file("c.de", "1\n2\n"), {"c.en:2", "UTF-8"});
  expect_refusal<UsageError>("multi30k:en-fr", {"fr", "en or de"});
  expect_refusal<UsageError>("multi30", {"multi30", "SOURCE,TARGET"});
}

TEST(SequenceProblems, AreWhatTheirNamesSay) {
  const ParallelOptions options{.problem = {.symbols = 5, .longest = 7, .count = 200}};
  const auto backwards = load_parallel_text("reverse", options), same = load_parallel_text("copy", options);
  EXPECT_EQ(same.source, same.target);
  size_t longest = 0;
  for (int64_t k = 0; k < backwards.size(); ++k) {
    auto symbols = split(backwards.source[static_cast<size_t>(k)], ' ');
    longest = std::max(longest, symbols.size());
    std::reverse(symbols.begin(), symbols.end());
    EXPECT_EQ(join(symbols, " "), backwards.target[static_cast<size_t>(k)]);
  }
  EXPECT_EQ(longest, 7u);
  const auto valid = load_parallel_text("reverse", {.split = Split::valid, .problem = options.problem});
  EXPECT_EQ(valid.size(), 20);
  EXPECT_NE(valid.source[0], backwards.source[0]);
  EXPECT_EQ(load_parallel_text("reverse", options).source, backwards.source);
}

}  // namespace
}  // namespace cairn::data
