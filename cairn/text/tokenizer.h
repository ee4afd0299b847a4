// Lines of text to token ids and back: words between spaces, characters, or bytes.
//
// A line is followed by a token of its own: "<eos>" of words, the newline of characters and bytes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/text/text_source.h"
#include "cairn/text/vocabulary.h"

namespace cairn::text {

enum class TokenKind { word, character, byte };
enum class UnknownRule {
  refuse,  ///< a token outside the vocabulary is an error
  map,     ///< it becomes "<unk>" (of bytes none is unknown)
};

std::vector<std::string> token_kind_names();  ///< "word", "character", "byte"
TokenKind token_kind_named(const std::string& name);
std::vector<std::string> unknown_rule_names();  ///< "refuse", "map"
UnknownRule unknown_rule_named(const std::string& name);

struct TokenizerOptions {
  TokenKind kind = TokenKind::word;
  UnknownRule unknown = UnknownRule::refuse;
  int64_t least = 1;  ///< words and characters seen less often are unknown; needs `map`
  int64_t most = 0;   ///< words and characters kept at most, the most frequent ones (0: all); needs `map`
};

class Tokenizer {
 public:
  Tokenizer() = default;
  Tokenizer(TokenizerOptions options, Vocabulary vocabulary);
  /// The vocabulary of a text: words by falling count, characters in the order of Unicode. Throws InputError for a text
  /// without tokens, UsageError for options that do not go together.
  static Tokenizer learn(const TokenizerOptions& options, LineReader lines);

  /// tokenizer.json of a model folder. Throws InputError for a damaged one.
  static Tokenizer read(const std::filesystem::path& folder);
  void write(const std::filesystem::path& folder) const;

  TokenKind kind() const { return options_.kind; }
  int64_t size() const;
  int64_t line_end() const { return line_end_; }

  /// Appends the ids of one line, without its end. Throws InputError naming `place` for a token that the rule refuses.
  void encode(std::string_view line, const std::string& place, std::vector<int64_t>& ids) const;
  /// All lines, each with its end.
  std::vector<int64_t> encode(LineReader lines) const;
  /// The text of the tokens: words joined by spaces, ends of lines as newlines.
  std::string decode(const std::vector<int64_t>& ids) const;
  /// One token as a person reads it: a newline as "\n", a byte that is no letter as "\x9f".
  std::string display(int64_t id) const;

 private:
  int64_t id_of(std::string_view token, const std::string& place) const;

  TokenizerOptions options_;
  Vocabulary vocabulary_;
  int64_t unknown_ = -1;
  int64_t line_end_ = '\n';
};

}  // namespace cairn::text
