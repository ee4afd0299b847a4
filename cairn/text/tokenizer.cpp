#include "cairn/text/tokenizer.h"

#include <algorithm>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/text/characters.h"

namespace cairn::text {

namespace {

constexpr int64_t kBytes = 256;
constexpr const char* kPiecesFile = "sentencepiece.model";
constexpr const char* kPiecesEnd = "</s>";

/// Calls visit(token) for the words between spaces, or for the characters, of a line.
template <class Visit>
void for_each_token(const TokenizerOptions& options, std::string_view as_written, const Visit& visit) {
  const std::string small = options.lowercase ? lowered(as_written) : std::string();
  const std::string_view line = options.lowercase ? small : as_written;
  for (size_t at = 0; at < line.size();) {
    const size_t begin = at;
    if (options.kind == TokenKind::character) {
      next_character(line, at);
      visit(line.substr(begin, at - begin));
    } else {
      at = std::min(line.find_first_of(" \t", begin), line.size());
      if (at > begin) visit(line.substr(begin, at - begin));
      at = std::min(at + 1, line.size());
    }
  }
}

std::string line_end_of(const TokenizerOptions& options) {
  if (options.kind != TokenKind::word) return "\n";
  return options.line_end.empty() ? kLineEndToken : options.line_end;
}

void check_pieces(const TokenizerOptions& options) {
  constexpr int64_t kFewest = 8;
  if (options.most < kFewest) {
    throw UsageError("tokenizer", got_expected(cat("a vocabulary of ", options.most, " pieces"),
                                               cat("sentencepiece with ", kFewest, " or more (data.most)")));
  }
  if (options.least > 1) throw UsageError("tokenizer", "sentencepiece chooses by its own rule; leave `least` at 1");
}

void check(const TokenizerOptions& options) {
  if (options.lowercase && options.kind == TokenKind::byte) {
    throw UsageError("tokenizer", got_expected("lowercase of bytes", "it of words, characters or pieces"));
  }
  if (options.kind == TokenKind::sentencepiece) return check_pieces(options);
  const bool cut = options.least > 1 || options.most > 0;
  if (cut && options.unknown != UnknownRule::map) {
    throw UsageError("tokenizer", got_expected("a vocabulary cut short with the rule 'refuse'", "the rule 'map'"));
  }
}

}  // namespace

namespace {

/// In the order of TokenKind.
std::vector<std::string> every_kind() {
  auto names = token_kind_names();
  names.emplace_back("byte_pairs");
  return names;
}

}  // namespace

std::vector<std::string> token_kind_names() {
  return {"word", "character", "byte", "sentencepiece"};
}
TokenKind token_kind_named(const std::string& name) {
  return static_cast<TokenKind>(place_among(every_kind(), name, "tokens"));
}
std::vector<std::string> unknown_rule_names() {
  return {"refuse", "map"};
}
UnknownRule unknown_rule_named(const std::string& name) {
  return static_cast<UnknownRule>(place_among(unknown_rule_names(), name, "unknown"));
}

Tokenizer::Tokenizer(TokenizerOptions options, Vocabulary vocabulary)
    : options_(options), vocabulary_(std::move(vocabulary)) {
  if (options_.kind == TokenKind::byte) return;
  line_end_ = vocabulary_.find(line_end_of(options_));
  unknown_ = vocabulary_.find(kUnknownToken);
  if (line_end_ < 0) throw UsageError("vocabulary", got_expected("no token for the end of a line", "one"));
  if (options_.unknown == UnknownRule::map && unknown_ < 0) {
    throw UsageError("vocabulary", got_expected("no '<unk>' to map unknown tokens to", "one"));
  }
}

Tokenizer::Tokenizer(TokenizerOptions options, SentencePiece pieces)
    : options_(options), pieces_(std::move(pieces)), unknown_(pieces_->unknown()), line_end_(pieces_->line_end()) {}

Tokenizer::Tokenizer(TokenizerOptions options, SentencePiece pieces, Vocabulary numbers)
    : options_(options),
      vocabulary_(std::move(numbers)),
      pieces_(std::move(pieces)),
      unknown_(vocabulary_.find(kUnknownToken)),
      line_end_(vocabulary_.find(kPiecesEnd)) {
  if (unknown_ < 0 || line_end_ < 0) {
    throw UsageError("vocabulary", got_expected("numbers of pieces without '<unk>' or '</s>'", "both"));
  }
}

Tokenizer::Tokenizer(BytePairs byte_pairs)
    : options_{.kind = TokenKind::byte_pairs}, byte_pairs_(std::move(byte_pairs)), line_end_(byte_pairs_->newline()) {}

Tokenizer Tokenizer::learn(const TokenizerOptions& options, LineReader lines) {
  return learn(options, [&](std::string& line) { return lines.next(line); });
}

Tokenizer Tokenizer::learn(const TokenizerOptions& options, const NextLine& next_line) {
  check(options);
  if (options.kind == TokenKind::byte) return Tokenizer(options, Vocabulary());
  if (options.kind == TokenKind::sentencepiece) {
    return Tokenizer(options, SentencePiece::learn(next_line, {.size = options.most, .lowercase = options.lowercase}));
  }
  TokenCounts counts;
  for (std::string line; next_line(line);) {
    for_each_token(options, line, [&](std::string_view token) { counts.add(token); });
    counts.add(line_end_of(options));
  }
  if (counts.empty()) throw InputError("training text", got_expected("no line", "at least one"));
  auto tokens = counts.frequent(options.least, options.most);
  const auto need = [&](const std::string& token) {
    if (std::find(tokens.begin(), tokens.end(), token) == tokens.end()) tokens.push_back(token);
  };
  need(line_end_of(options));
  if (options.unknown == UnknownRule::map) need(kUnknownToken);
  if (options.kind == TokenKind::character) std::sort(tokens.begin(), tokens.end());
  return Tokenizer(options, Vocabulary(std::move(tokens)));
}

int64_t Tokenizer::size() const {
  if (byte_pairs_) return byte_pairs_->size();
  if (pieces_ && !numbered()) return pieces_->size();
  return options_.kind == TokenKind::byte ? kBytes : vocabulary_.size();
}

int64_t Tokenizer::id_of(std::string_view token, const std::string& place) const {
  const int64_t id = vocabulary_.find(token);
  if (id >= 0) return id;
  if (options_.unknown == UnknownRule::map) return unknown_;
  const char* what = options_.kind == TokenKind::word ? "word" : "character";
  throw InputError(place, cat("the ", what, " '", token, "' is not in the model's vocabulary of ", size(),
                              " (rule 'refuse'; a model trained with data.unknown=map takes it as <unk>)"));
}

void Tokenizer::encode_numbered(std::string_view line, std::vector<int64_t>& ids) const {
  if (const size_t end = line.find("<<"); line.starts_with(">>") && end != std::string_view::npos) {
    if (const int64_t code = vocabulary_.find(line.substr(0, end + 2)); code >= 0) {
      ids.push_back(code);
      line.remove_prefix(end + 2);
    }
  }
  const size_t begin = ids.size();
  pieces_->encode(line, ids);
  for (size_t k = begin; k < ids.size(); ++k) {
    const int64_t number = vocabulary_.find(pieces_->piece(ids[k]));
    ids[k] = number < 0 ? unknown_ : number;
  }
}

void Tokenizer::encode_pieces(std::string_view line, const std::string& place, std::vector<int64_t>& ids) const {
  const size_t begin = ids.size();
  numbered() ? encode_numbered(line, ids) : pieces_->encode(line, ids);
  if (options_.unknown == UnknownRule::map) return;
  if (std::find(ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.end(), unknown_) == ids.end()) return;
  throw InputError(place, cat("a character of '", line, "' is in none of the model's ", size(),
                              " pieces (rule 'refuse'; a model trained with data.unknown=map takes it as <unk>)"));
}

void Tokenizer::encode(std::string_view line, const std::string& place, std::vector<int64_t>& ids) const {
  if (pieces_) return encode_pieces(line, place, ids);
  if (byte_pairs_) return byte_pairs_->encode(line, ids);
  if (options_.kind == TokenKind::byte) {
    for (const char c : line) ids.push_back(static_cast<unsigned char>(c));
    return;
  }
  for_each_token(options_, line, [&](std::string_view token) { ids.push_back(id_of(token, place)); });
}

void Tokenizer::encode_text(const std::string& text, const std::string& place, std::vector<int64_t>& ids) const {
  const auto lines = split(text, '\n');
  for (size_t k = 0; k < lines.size(); ++k) {
    if (k > 0) ids.push_back(line_end_);
    encode(lines[k], lines.size() == 1 ? place : cat(place, ", line ", k + 1), ids);
  }
}

std::vector<int64_t> Tokenizer::encode(LineReader lines) const {
  std::vector<int64_t> ids;
  for (std::string line; lines.next(line);) {
    encode(line, lines.place().text(), ids);
    ids.push_back(line_end_);
  }
  return ids;
}

std::string Tokenizer::decode_line(const int64_t* begin, const int64_t* end) const {
  if (byte_pairs_) return byte_pairs_->decode(begin, end);
  if (pieces_ && !numbered()) return pieces_->decode(begin, end);
  if (pieces_) {
    std::vector<std::string> pieces;
    for (const int64_t* id = begin; id != end; ++id) pieces.push_back(vocabulary_[*id]);
    return pieces_->decode(pieces);
  }
  std::string text;
  for (const int64_t* id = begin; id != end; ++id) {
    if (options_.kind == TokenKind::word && id != begin) text += ' ';
    if (options_.kind == TokenKind::byte) {
      text += static_cast<char>(*id);
    } else {
      text += vocabulary_[*id];
    }
  }
  return text;
}

std::string Tokenizer::decode(const std::vector<int64_t>& ids) const {
  std::string text;
  const int64_t* const end = ids.data() + ids.size();
  for (const int64_t* at = ids.data(); at != end;) {
    const int64_t* const line_end = std::find(at, end, line_end_);
    text += decode_line(at, line_end);
    if (line_end != end) text += '\n';
    at = line_end == end ? end : line_end + 1;
  }
  return text;
}

std::string Tokenizer::display(int64_t id) const {
  if (byte_pairs_) return byte_pairs_->tokens()[id];
  if (pieces_) return numbered() ? vocabulary_[id] : pieces_->piece(id);
  if (id == line_end_ && options_.kind != TokenKind::word) return "\\n";
  if (options_.kind != TokenKind::byte) return vocabulary_[id];
  if (id >= ' ' && id < 127) return std::string(1, static_cast<char>(id));
  const char* digits = "0123456789abcdef";
  return cat("\\x", digits[id / 16], digits[id % 16]);
}

void Tokenizer::write(const std::filesystem::path& folder) const {
  Json json = {{"kind", every_kind().at(static_cast<size_t>(options_.kind))},
               {"unknown", unknown_rule_names().at(static_cast<size_t>(options_.unknown))},
               {"tokens", byte_pairs_ ? byte_pairs_->tokens().tokens() : vocabulary_.tokens()}};
  if (byte_pairs_) json["merges"] = byte_pairs_->merges();
  if (options_.lowercase) json["lowercase"] = true;
  if (!options_.line_end.empty()) json["line_end"] = options_.line_end;
  io::write_file(folder / "tokenizer.json", json.dump(1) + "\n");
  if (pieces_) io::write_file(folder / kPiecesFile, pieces_->model());
}

Tokenizer Tokenizer::read(const std::filesystem::path& folder) {
  const auto path = folder / "tokenizer.json";
  constexpr uint64_t kMaxBytes = 256 << 20;
  const auto bytes = io::read_file(path, kMaxBytes);
  try {
    const auto json = Json::parse(bytes);
    const TokenizerOptions options{.kind = token_kind_named(json.at("kind").get<std::string>()),
                                   .unknown = unknown_rule_named(json.at("unknown").get<std::string>()),
                                   .lowercase = json.value("lowercase", false),
                                   .line_end = json.value("line_end", std::string())};
    Vocabulary tokens(json.at("tokens").get<std::vector<std::string>>());
    if (options.kind == TokenKind::byte_pairs) {
      return Tokenizer(BytePairs(std::move(tokens), json.at("merges").get<std::vector<std::string>>(), path.string()));
    }
    if (options.kind != TokenKind::sentencepiece) return Tokenizer(options, std::move(tokens));
    auto pieces = SentencePiece::read(folder / kPiecesFile);
    return tokens.size() > 0 ? Tokenizer(options, std::move(pieces), std::move(tokens))
                             : Tokenizer(options, std::move(pieces));
  } catch (const Json::exception& error) {
    throw InputError(path.string(), error.what());
  } catch (const UsageError& error) {
    throw InputError(path.string(), error.what());
  }
}

Tokenizer Tokenizer::read(const std::filesystem::path& folder, int64_t tokens) {
  auto tokenizer = read(folder);
  if (tokenizer.size() != tokens) {
    throw InputError((folder / "tokenizer.json").string(),
                     got_expected(cat(tokenizer.size(), " tokens"), cat(tokens, " as in config.json")));
  }
  return tokenizer;
}

}  // namespace cairn::text
