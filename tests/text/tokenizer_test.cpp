// Text to ids and back, vocabularies and the rules for what is not in them.
#include "cairn/text/tokenizer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/io/temporary_folder.h"

namespace cairn::text {
namespace {

namespace fs = std::filesystem;

class TokenizerTest : public testing::Test {
 protected:
  LineReader lines(const std::string& text) const {
    std::ofstream(folder_ / "text") << text;
    return LineReader(TextSource({folder_ / "text"}));
  }
  Tokenizer learn(const TokenizerOptions& options, const std::string& text) const {
    return Tokenizer::learn(options, lines(text));
  }

  const io::TemporaryFolder temporary_;
  const std::filesystem::path folder_ = temporary_.path();
};

TEST_F(TokenizerTest, WordsByFallingCountWithTheEndOfALine) {
  const auto words = learn({.kind = TokenKind::word}, "the cat saw the  dog\nthe dog ran\n");
  EXPECT_EQ(words.size(), 6);
  const auto ids = words.encode(lines("the dog\n\nran\n"));
  EXPECT_EQ(words.decode(ids), "the dog\n\nran\n");
  EXPECT_EQ(ids.size(), 6u);
  EXPECT_EQ(ids[0], 0);
  EXPECT_EQ(ids[2], words.line_end());
}

TEST_F(TokenizerTest, CharactersOfAnyScriptInUnicodeOrder) {
  const auto characters = learn({.kind = TokenKind::character}, "bä红\nab\n");
  EXPECT_EQ(characters.size(), 5);
  EXPECT_EQ(characters.line_end(), 0);
  EXPECT_EQ(characters.display(0), "\\n");
  EXPECT_EQ(characters.display(1), "a");
  EXPECT_EQ(characters.display(4), "红");
  EXPECT_EQ(characters.decode(characters.encode(lines("红ä\n"))), "红ä\n");
}

TEST_F(TokenizerTest, BytesNeedNoVocabulary) {
  const auto bytes = learn({.kind = TokenKind::byte}, "");
  EXPECT_EQ(bytes.size(), 256);
  EXPECT_EQ(bytes.decode(bytes.encode(lines("ä!\n"))), "ä!\n");
  EXPECT_EQ(bytes.display(0xc3), "\\xc3");
}

TEST_F(TokenizerTest, UnknownTokensAreRefusedWithTheirPlace) {
  const auto characters = learn({.kind = TokenKind::character}, "ab\n");
  try {
    characters.encode(lines("ab\naqb\n"));
    ADD_FAILURE() << "took an unknown character";
  } catch (const InputError& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("text:2"), std::string::npos) << what;
    EXPECT_NE(what.find("'q'"), std::string::npos) << what;
  }
}

TEST_F(TokenizerTest, OrMapped) {
  const auto words = learn({.kind = TokenKind::word, .unknown = UnknownRule::map, .most = 2}, "a a a b b c\n");
  EXPECT_EQ(words.size(), 4);  // a, b, <eos>, <unk>
  EXPECT_EQ(words.decode(words.encode(lines("a c d\n"))), "a <unk> <unk>\n");
  const auto given = learn({.kind = TokenKind::word, .unknown = UnknownRule::map}, "a <unk> b\n");
  EXPECT_EQ(given.size(), 4) << "a text that has <unk> already gets no second one";
}

TEST_F(TokenizerTest, WrittenAndReadAgain) {
  const auto characters = learn({.kind = TokenKind::character, .unknown = UnknownRule::map}, "x\"y\\ü\n");
  characters.write(folder_);
  const auto again = Tokenizer::read(folder_);
  EXPECT_EQ(again.size(), characters.size());
  for (int64_t id = 0; id < again.size(); ++id) EXPECT_EQ(again.display(id), characters.display(id));
  EXPECT_EQ(again.decode(again.encode(lines("ü?\n"))), "ü<unk>\n");
}

TEST_F(TokenizerTest, DamagedFilesAreNamed) {
  for (const char* text : {"", "{", "[]", R"({"kind":"word","unknown":"map","tokens":["a","a"]})",
                           R"({"kind":"letter","unknown":"map","tokens":[]})",
                           R"({"kind":"word","unknown":"map","tokens":["a","<eos>"]})"}) {
    std::ofstream(folder_ / "tokenizer.json") << text;
    try {
      Tokenizer::read(folder_);
      ADD_FAILURE() << "read " << text;
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("tokenizer.json"), std::string::npos) << error.what();
    }
  }
}

TEST_F(TokenizerTest, RefusesWhatDoesNotGoTogether) {
  EXPECT_THROW(learn({.kind = TokenKind::word, .most = 3}, "a b\n"), UsageError);
  EXPECT_THROW(learn({.kind = TokenKind::word}, ""), InputError);
  EXPECT_THROW(token_kind_named("wrod"), UsageError);
}

}  // namespace
}  // namespace cairn::text
