// Lines of text to token ids and back: words between spaces, characters, bytes, or pieces of words (SentencePiece's or
// GPT-2's).
//
// A line is followed by a token of its own: "<eos>" of words (or another one), the newline of characters and bytes,
// "</s>" of pieces.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/text/byte_pairs.h"
#include "cairn/text/sentencepiece.h"
#include "cairn/text/text_source.h"
#include "cairn/text/vocabulary.h"

namespace cairn::text {

enum class TokenKind { word, character, byte, sentencepiece, byte_pairs };
enum class UnknownRule {
  refuse,  ///< a token outside the vocabulary is an error
  map,     ///< it becomes "<unk>" (of bytes none is unknown)
};

/// Of those that a text can teach.
std::vector<std::string> token_kind_names();  ///< "word", "character", "byte", "sentencepiece"
/// One of these, or "byte_pairs".
TokenKind token_kind_named(const std::string& name);
std::vector<std::string> unknown_rule_names();  ///< "refuse", "map"
UnknownRule unknown_rule_named(const std::string& name);

struct TokenizerOptions {
  TokenKind kind = TokenKind::word;
  UnknownRule unknown = UnknownRule::refuse;
  int64_t least = 1;          ///< words and characters seen less often are unknown; needs `map`
  int64_t most = 0;           ///< words and characters kept at most, the most frequent ones (0: all); needs `map`. Of
                              ///< sentencepiece the size of the vocabulary, 8 or more
  bool lowercase = false;     ///< capitals are read as small letters (text::lower); not of bytes
  std::string line_end = {};  ///< of words: the token that a line is followed by, if it is not "<eos>"
};

class Tokenizer {
 public:
  Tokenizer() = default;
  Tokenizer(TokenizerOptions options, Vocabulary vocabulary);
  Tokenizer(TokenizerOptions options, SentencePiece pieces);
  /// Pieces with numbers of their own, as Marian's models have: `numbers` holds "</s>" and "<unk>", and may lack
  /// pieces, which are unknown, or have more. A line's leading ">>xx<<", if it is among them, is one token.
  Tokenizer(TokenizerOptions options, SentencePiece pieces, Vocabulary numbers);
  /// GPT-2's; a line ends in a newline.
  explicit Tokenizer(BytePairs byte_pairs);
  /// The vocabulary of a text: words by falling count, characters in the order of Unicode, pieces as their model has
  /// them. Throws InputError for a text without tokens, UsageError for options that do not go together.
  static Tokenizer learn(const TokenizerOptions& options, const NextLine& next_line);
  static Tokenizer learn(const TokenizerOptions& options, LineReader lines);

  /// tokenizer.json of a model folder, and sentencepiece.model beside it. Throws InputError for a damaged one.
  static Tokenizer read(const std::filesystem::path& folder);
  /// The same of a model for `tokens` tokens; throws InputError for another number.
  static Tokenizer read(const std::filesystem::path& folder, int64_t tokens);
  void write(const std::filesystem::path& folder) const;

  TokenKind kind() const { return options_.kind; }
  const std::optional<SentencePiece>& pieces() const { return pieces_; }
  const std::optional<BytePairs>& byte_pairs() const { return byte_pairs_; }
  int64_t size() const;
  int64_t line_end() const { return line_end_; }

  /// Appends the ids of one line, without its end. Throws InputError naming `place` for a token that the rule refuses.
  void encode(std::string_view line, const std::string& place, std::vector<int64_t>& ids) const;
  /// Appends the ids of a text of several lines, which "\n" ends; what stands behind the last "\n" has no end. `place`
  /// names the text, to which the line's number is added where there are several.
  void encode_text(const std::string& text, const std::string& place, std::vector<int64_t>& ids) const;
  /// All lines, each with its end.
  std::vector<int64_t> encode(LineReader lines) const;
  /// The text of the tokens: words joined by spaces, ends of lines as newlines.
  std::string decode(const std::vector<int64_t>& ids) const;
  /// One token as a person reads it: a newline as "\n", a byte that is no letter as "\x9f", a piece as its model has
  /// it.
  std::string display(int64_t id) const;

 private:
  int64_t id_of(std::string_view token, const std::string& place) const;
  void encode_pieces(std::string_view line, const std::string& place, std::vector<int64_t>& ids) const;
  void encode_numbered(std::string_view line, std::vector<int64_t>& ids) const;
  bool numbered() const { return pieces_ && vocabulary_.size() > 0; }
  std::string decode_line(const int64_t* begin, const int64_t* end) const;

  TokenizerOptions options_;
  Vocabulary vocabulary_;  // of pieces: the numbers that are not their model's
  std::optional<SentencePiece> pieces_;
  std::optional<BytePairs> byte_pairs_;
  int64_t unknown_ = -1;
  int64_t line_end_ = '\n';
};

}  // namespace cairn::text
