// Numbers of tokens, and lines that are none.
#include "cairn/text/fairseq_dictionary.h"

#include <gtest/gtest.h>

#include "cairn/base/error.h"

namespace cairn::text {
namespace {

using Tokens = std::vector<std::string>;

TEST(FairseqDictionary, FourTokensComeFirst) {
  EXPECT_EQ(parse_fairseq_dictionary("", "d").tokens(), (Tokens{"<s>", "<pad>", "</s>", "<unk>"}));
  const auto words = parse_fairseq_dictionary("über@@ 7\r\nthe 3\nmadeupword0000 0", "d");
  EXPECT_EQ(words.tokens(), (Tokens{"<s>", "<pad>", "</s>", "<unk>", "über@@", "the", "madeupword0000"}));
}

TEST(FairseqDictionary, AnOverwrittenTokenHasItsLaterNumber) {
  const auto words = parse_fairseq_dictionary("a 3\nb 2\na 1 #fairseq:overwrite\n", "d");
  EXPECT_EQ(words.find("a"), 6);
  EXPECT_EQ(words.find("b"), 5);
  EXPECT_NE(words[4].find(' '), std::string::npos);
}

TEST(FairseqDictionary, FillingUpAddsWhatNoTextHolds) {
  const auto words = filled_up(parse_fairseq_dictionary("a 3\n", "d"), 7);
  ASSERT_EQ(words.size(), 7);
  for (const int64_t id : {5, 6}) EXPECT_NE(words[id].find(' '), std::string::npos);
}

TEST(FairseqDictionary, OtherLinesAreRefusedWithTheirPlace) {
  const auto refused = [](const std::string& text, const std::string& part) {
    try {
      parse_fairseq_dictionary(text, "dict.de.txt");
      ADD_FAILURE() << "took " << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused("a 1\nb\n", "[dict.de.txt:2] got 'b', expected 'TOKEN COUNT'");
  refused("a one\n", "[dict.de.txt:1] got 'a one'");
  refused("a 1\n\nb 1\n", "[dict.de.txt:2] got ''");
  refused(" 1\n", "got ' 1'");
  refused("a b 1\n", "got 'a b 1'");
  refused("a 1 #fairseq:overwrit\n", "#fairseq:overwrite");
  refused("a 1\na 1\n", "[dict.de.txt:2] got 'a' again, expected each token once");
  refused("</s> 1 #fairseq:overwrite\n", "got '</s>' again");
  refused("a\xff 1\n", "[dict.de.txt:1] is not UTF-8 at byte 1");
}

}  // namespace
}  // namespace cairn::text
