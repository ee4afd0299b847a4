// Translating and scoring through the tool: rows in the order of the lines, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>

#include "tool.h"

namespace cairn::testing {
namespace {

class ToolDecoding : public ::testing::Test {
 protected:
  void SetUp() override {
    const Outcome trained =
        sandbox_.cairn({"train", "transformer/tiny", "--run", "r", "--quiet", "train.steps=1", "data.count=50"});
    ASSERT_EQ(trained.exit_code, 0) << trained.err;
    sandbox_.write("in.txt", "s0 s1\n\n  \ns2\n");
    sandbox_.write("one.txt", "s0\n");
  }
  std::vector<std::string> translate(const std::vector<std::string>& more) const {
    std::vector<std::string> all{"run", "r", "translate"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  void refused(const std::vector<std::string>& arguments, const Refusal& refusal) const {
    expect_refusal(sandbox_, arguments, refusal);
  }
  const Sandbox sandbox_;
};

TEST_F(ToolDecoding, EveryLineHasItsRow) {
  const Outcome plain = sandbox_.cairn(translate({"--in", "in.txt"}));
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(std::ranges::count(plain.out, '\n'), 4);
  EXPECT_NE(plain.out.find("\n\n\n"), std::string::npos) << "the empty and the blank line stay, empty";

  const Outcome best = sandbox_.cairn(translate({"--in", "in.txt", "--nbest", "2", "--json"}));
  ASSERT_EQ(best.exit_code, 0) << best.err;
  EXPECT_EQ(std::ranges::count(best.out, '\n'), 6) << "two of each line, one of an empty one";
  EXPECT_NE(best.out.find("\"rank\":2"), std::string::npos);

  sandbox_.write("out.txt", plain.out);
  const Outcome scores = sandbox_.cairn({"run", "r", "score", "--in", "in.txt", "--target", "out.txt", "--json"});
  ASSERT_EQ(scores.exit_code, 0) << scores.err;
  EXPECT_EQ(std::ranges::count(scores.out, '\n'), 4);
}

TEST_F(ToolDecoding, AttentionIsShownForEachPairOfTokens) {
  sandbox_.write("two.txt", "s3 s4 s5\ns1\n");
  const Outcome outcome = sandbox_.cairn({"run", "r", "attention", "--in", "one.txt", "--json", "--page", "a.html"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.json()["source"], (std::vector<std::string>{"s0", "<eos>"}));
  EXPECT_EQ(outcome.json()["weights"].size(), outcome.json()["target"].size());
  EXPECT_NE(sandbox_.read("a.html").find("class=\"cell\""), std::string::npos);
  const Outcome given = sandbox_.cairn(
      {"run", "r", "attention", "--in", "two.txt", "--target", "two.txt", "--layer", "1", "--head", "2", "--json"});
  ASSERT_EQ(given.exit_code, 0) << given.err;
  EXPECT_EQ(std::ranges::count(given.out, '\n'), 2);
  ASSERT_EQ(sandbox_.cairn({"run", "r", "attention", "--in", "one.txt", "--page", "a.svg"}).exit_code, 0);
  EXPECT_TRUE(sandbox_.read("a.svg").starts_with("<svg xmlns="));
  refused({"run", "r", "attention", "--in", "two.txt", "--page", "b.svg"},
          {.exit_code = 2, .messages = {"2 sentences"}});
  refused({"run", "r", "attention", "--in", "two.txt", "--target", "one.txt"}, {.messages = {"one.txt", "1 lines"}});
  refused({"run", "r", "attention", "--in", "one.txt", "--layer", "9"}, {.exit_code = 2, .messages = {"1 .. "}});
}

TEST_F(ToolDecoding, AModelOfFairseqsTranslates) {
  const std::filesystem::path golden = std::filesystem::path(CAIRN_SOURCE_DIR) / "tests/golden/fairseq/separate";
  const std::string file = golden / "checkpoint_best.pt", of_source = golden / "dict.de.txt",
                    of_target = golden / "dict.en.txt";
  const Outcome imported = sandbox_.cairn({"import", "fairseq", file, of_source, of_target, "--out", "m"});
  ASSERT_EQ(imported.exit_code, 0) << imported.err;
  sandbox_.write("de.txt", "und Hund grüne Katze ein und über\n");
  const Outcome written = sandbox_.cairn({"run", "m", "translate", "--in", "de.txt", "--scores", "--json"});
  ASSERT_EQ(written.exit_code, 0) << written.err;
  sandbox_.write("en.txt", written.json()["text"].get<std::string>() + "\n");
  const Outcome scored = sandbox_.cairn({"run", "m", "score", "--in", "de.txt", "--target", "en.txt", "--json"});
  ASSERT_EQ(scored.exit_code, 0) << scored.err;
  EXPECT_EQ(scored.json()["log_probability"], written.json()["log_probability"]);
  refused({"import", "fairseq", file, "--out", "n"}, {.exit_code = 2, .messages = {"got 1 file"}});
  refused({"import", "fairseq", file, of_target, of_source, "--out", "n"}, {.messages = {"dict.en.txt", "15 tokens"}});
}

TEST_F(ToolDecoding, AnotherSystemsModelAndAnotherVocabularyAreRefused) {
  refused({"run", "nade-digits", "translate", "--in", "in.txt"}, {.exit_code = 2, .messages = {"this model has: "}});
  Json words = Json::parse(sandbox_.read("r/model/tokenizer.json"));
  words["tokens"].push_back("one more");
  sandbox_.write("r/model/tokenizer.json", words.dump());
  refused(translate({"--in", "in.txt"}), {.messages = {"tokenizer.json", "tokens"}});
}

TEST_F(ToolDecoding, BadInputIsRefusedWithItsPlace) {
  sandbox_.write("bad.txt", "s1\n\xff\n");
  sandbox_.write("long.txt", "s1\n\ns0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0 s0\n");
  refused(translate({}), {.exit_code = 2, .messages = {"no --in"}});
  refused(translate({"--in", "bad.txt"}), {.messages = {"bad.txt:2", "UTF-8"}});
  refused(translate({"--in", "long.txt"}), {.messages = {"line 3", "18 tokens", "at most 16"}});
  refused(translate({"--in", "in.txt", "--nbest", "5"}), {.exit_code = 2, .messages = {"5 best of a beam of 4"}});
  refused(translate({"--in", "in.txt", "--penalty", "gnnt"}), {.exit_code = 2, .messages = {"gnmt"}});
  refused(translate({"--in", "in.txt", "--most", "1"}), {.exit_code = 2, .messages = {"two, A and B"}});
  refused({"run", "r", "score", "--in", "in.txt", "--target", "one.txt"}, {.messages = {"4 sources and 1 targets"}});
  refused({"run", "r", "score", "--in", "in.txt"}, {.exit_code = 2, .messages = {"no --target"}});
  refused({"run", "r", "sample"}, {.exit_code = 2, .messages = {"this model has: translate, score"}});
  refused({"export", "r", "hf-marian", "--out", "m"}, {.exit_code = 2, .messages = {"sentencepiece"}});
  refused({"import", "hf-marian", "in.txt", "--out", "m"}, {.messages = {"no folder"}});
  const Outcome cut = sandbox_.cairn(translate({"--in", "long.txt", "--longer", "cut"}));
  EXPECT_EQ(cut.exit_code, 0) << cut.err;
}

}  // namespace
}  // namespace cairn::testing
