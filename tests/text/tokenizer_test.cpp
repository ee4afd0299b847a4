// Text to ids and back, vocabularies and the rules for what is not in them.
#include "cairn/text/tokenizer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
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

/// Words of two syllables, some more often than others.
std::string rhyme() {
  std::string text;
  int count = 0;
  for (const char* first : {"pe", "pi", "Hä", "ta", "lu", "mon", "sel"}) {
    for (const char* last : {"ter", "ck", "user", "led", "day", "per"}) {
      for (int k = 0; k < 2 + ++count % 5; ++k) text += std::string(first) + last + (k % 2 ? "  " : " und die ");
      text += "\n";
    }
  }
  return text;
}

TEST_F(TokenizerTest, PiecesGiveEveryLineBack) {
  const auto pieces = learn({.kind = TokenKind::sentencepiece, .most = 34}, rhyme());
  EXPECT_EQ(pieces.size(), 34);
  for (const char* text : {"peter und luper\n", "  die  Häuser \n", "\n\nit\n", "kcperetep\n"}) {
    const auto ids = pieces.encode(lines(text));
    EXPECT_EQ(pieces.decode(ids), text);
    EXPECT_EQ(ids.back(), pieces.line_end());
  }
  EXPECT_LT(pieces.encode(lines("peter und die monday\n")).size(), 20u) << "frequent words are few pieces";
}

TEST_F(TokenizerTest, PiecesAreTheSameForTheSameText) {
  const auto bytes = [&](const char* folder) {
    fs::create_directory(folder_ / folder);
    learn({.kind = TokenKind::sentencepiece, .most = 34}, rhyme()).write(folder_ / folder);
    return io::read_file(folder_ / folder / "sentencepiece.model", 1 << 20);
  };
  EXPECT_EQ(bytes("a"), bytes("b"));
}

TEST_F(TokenizerTest, LowercaseReadsCapitalsAsSmallLetters) {
  for (const auto kind : {TokenKind::word, TokenKind::character, TokenKind::sentencepiece}) {
    const int64_t most = kind == TokenKind::sentencepiece ? 34 : 0;
    learn({.kind = kind, .most = most, .lowercase = true}, rhyme()).write(folder_);
    const auto tokenizer = Tokenizer::read(folder_);
    const auto ids = tokenizer.encode(lines("PETER und die HÄUSER\n"));
    EXPECT_EQ(ids, tokenizer.encode(lines("peter und die häuser\n")));
    EXPECT_EQ(tokenizer.decode(ids), "peter und die häuser\n");
  }
  EXPECT_THROW(learn({.kind = TokenKind::byte, .lowercase = true}, rhyme()), UsageError);
}

TEST_F(TokenizerTest, PiecesAreWrittenAndReadAgain) {
  const auto pieces = learn({.kind = TokenKind::sentencepiece, .most = 34}, rhyme());
  pieces.write(folder_);
  const auto again = Tokenizer::read(folder_);
  EXPECT_EQ(again.kind(), TokenKind::sentencepiece);
  ASSERT_EQ(again.size(), 34);
  for (int64_t id = 0; id < 34; ++id) EXPECT_EQ(again.display(id), pieces.display(id));
  again.write(folder_);
  EXPECT_EQ(again.encode(lines("peter\n")), pieces.encode(lines("peter\n")));
}

TEST_F(TokenizerTest, CharactersInNoPieceAreRefusedOrMapped) {
  TokenizerOptions options{.kind = TokenKind::sentencepiece, .most = 34};
  const auto refusing = learn(options, rhyme());
  try {
    refusing.encode(lines("peter\npeter 红\n"));
    ADD_FAILURE() << "took an unknown character";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("text:2"), std::string::npos) << error.what();
  }
  options.unknown = UnknownRule::map;
  const auto mapping = learn(options, rhyme());
  EXPECT_NE(mapping.decode(mapping.encode(lines("peter 红\n"))).find("⁇"), std::string::npos);
}

TEST_F(TokenizerTest, PiecesMayHaveNumbersOfTheirOwn) {
  const auto learned = learn({.kind = TokenKind::sentencepiece, .most = 34}, rhyme());
  std::vector<std::string> numbers{"</s>", ">>de<<", "<unk>", "never"};  // the model's, backwards, without "e"
  for (int64_t id = learned.size() - 1; id >= 3; --id) {
    if (learned.display(id) != "e") numbers.push_back(learned.display(id));
  }
  const Tokenizer tokenizer({.kind = TokenKind::sentencepiece, .unknown = UnknownRule::map}, *learned.pieces(),
                            Vocabulary(numbers));
  EXPECT_EQ(tokenizer.size(), static_cast<int64_t>(numbers.size()));
  EXPECT_EQ(tokenizer.line_end(), 0);
  std::vector<int64_t> ids, plain;
  tokenizer.encode(">>de<<peter und die", "test", ids);
  learned.encode("peter und die", "test", plain);
  ASSERT_EQ(ids.size(), plain.size() + 1);
  EXPECT_EQ(ids[0], 1);
  for (size_t k = 0; k < plain.size(); ++k) {
    const auto piece = learned.display(plain[k]);
    EXPECT_EQ(tokenizer.display(ids[k + 1]), piece == "e" ? "<unk>" : piece);
  }
  EXPECT_EQ(tokenizer.decode({3}), "never");

  tokenizer.write(folder_);
  const auto again = Tokenizer::read(folder_);
  std::vector<int64_t> same;
  again.encode(">>de<<peter und die", "test", same);
  EXPECT_EQ(same, ids);
  EXPECT_THROW(Tokenizer({.kind = TokenKind::sentencepiece}, *learned.pieces(), Vocabulary({"a", "</s>"})), UsageError);
}

TEST_F(TokenizerTest, PieceModelsThatCannotBeAreRefused) {
  const auto refused = [&](int64_t most, const std::string& text, const char* part) {
    try {
      learn({.kind = TokenKind::sentencepiece, .most = most}, text);
      ADD_FAILURE() << "learned " << most;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  };
  refused(0, rhyme(), "a vocabulary of 0 pieces");
  refused(10, rhyme(), "10 pieces");
  refused(50000, rhyme(), "50000 pieces");
  refused(60, "", "no line");
  refused(60, std::string((1 << 20) + 1, 'a') + "\n", "at most 1048576");
  EXPECT_THROW(learn({.kind = TokenKind::sentencepiece, .least = 2, .most = 34}, rhyme()), UsageError);
}

TEST_F(TokenizerTest, DamagedPieceModelsAreNamed) {
  learn({.kind = TokenKind::sentencepiece, .most = 34}, rhyme()).write(folder_);
  const auto good = io::read_file(folder_ / "sentencepiece.model", 1 << 20);
  for (const std::string& bytes :
       {std::string(), std::string("no model"), good.substr(0, good.size() / 2), std::string((16 << 20) + 1, '\0')}) {
    std::ofstream(folder_ / "sentencepiece.model", std::ios::binary) << bytes;
    try {
      Tokenizer::read(folder_);
      ADD_FAILURE() << "read " << bytes.size() << " bytes";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find("sentencepiece.model"), std::string::npos) << error.what();
    }
  }
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
