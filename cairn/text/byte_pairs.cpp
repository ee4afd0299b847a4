#include "cairn/text/byte_pairs.h"

#include "cairn/base/error.h"
#include "cairn/text/characters.h"
#include "cairn/text/unicode.h"

namespace cairn::text {

namespace {

/// The character that stands for each byte.
struct ByteCharacters {
  std::array<char32_t, 256> of_byte{};
  std::unordered_map<char32_t, unsigned char> byte_of;

  ByteCharacters() {
    char32_t next = 0x100;
    for (unsigned byte = 0; byte < 256; ++byte) {
      const bool prints = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
      of_byte[byte] = prints ? byte : next++;
      byte_of[of_byte[byte]] = static_cast<unsigned char>(byte);
    }
  }
};

const ByteCharacters& characters() {
  static const ByteCharacters table;
  return table;
}

uint64_t pair_of(int64_t a, int64_t b) {
  return static_cast<uint64_t>(a) << 32 | static_cast<uint64_t>(b);
}

enum class Kind { letter, number, space, other };

Kind kind_of(char32_t c) {
  if (is_letter(c)) return Kind::letter;
  if (is_number(c)) return Kind::number;
  return is_white_space(c) ? Kind::space : Kind::other;
}

/// Bytes of the contraction that `text` begins with, 0 if with none.
size_t contraction(std::string_view text) {
  for (const std::string_view ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.starts_with(ending)) return ending.size();
  }
  return 0;
}

Kind kind_at(std::string_view text, size_t at) {
  return kind_of(next_character(text, at));
}

/// Where the characters of the kind of the one at `begin` end.
size_t run_end(std::string_view text, size_t begin) {
  const Kind kind = kind_at(text, begin);
  size_t at = begin;
  while (at < text.size() && kind_at(text, at) == kind) next_character(text, at);
  return at;
}

/// Where the word that begins at `begin` ends: GPT-2's 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|
/// \s+(?!\S)|\s+
size_t word_end(std::string_view text, size_t begin) {
  if (const size_t length = contraction(text.substr(begin)); length > 0) return begin + length;
  if (text[begin] == ' ' && begin + 1 < text.size() && kind_at(text, begin + 1) != Kind::space) {
    return run_end(text, begin + 1);
  }
  const size_t end = run_end(text, begin);
  if (kind_at(text, begin) != Kind::space || end == text.size()) return end;
  const size_t last = character_start(text, end - 1);  // the last space goes to what follows
  return last > begin ? last : end;
}

}  // namespace

BytePairs::BytePairs(Vocabulary tokens, std::vector<std::string> merges, const std::string& source)
    : tokens_(std::move(tokens)), merges_(std::move(merges)) {
  for (size_t byte = 0; byte < of_byte_.size(); ++byte) {
    std::string name;
    append_character(name, characters().of_byte[byte]);
    of_byte_[byte] = tokens_.find(name);
    if (of_byte_[byte] < 0) throw InputError(source, cat("no token for byte ", byte, ", '", name, "'"));
  }
  for (size_t rank = 0; rank < merges_.size(); ++rank) {
    const std::string_view merge = merges_[rank];
    const size_t space = std::min(merge.find(' '), merge.size() - 1);
    const auto left = merge.substr(0, space), right = merge.substr(space + 1);
    const int64_t a = tokens_.find(left), b = tokens_.find(right), result = tokens_.find(cat(left, right));
    if (a < 0 || b < 0 || result < 0) {
      throw InputError(
          source, cat("merge ", rank + 1, ": ", got_expected(cat("'", merge, "'"), "two tokens that give a third")));
    }
    pairs_.try_emplace(pair_of(a, b), Merge{rank, result});
  }
}

void BytePairs::encode_word(std::string_view word, std::vector<int64_t>& ids) const {
  const auto begin = static_cast<std::ptrdiff_t>(ids.size());
  for (const char byte : word) ids.push_back(of_byte_[static_cast<unsigned char>(byte)]);
  for (;;) {
    const Merge* best = nullptr;
    auto place = ids.begin();
    for (auto at = ids.begin() + begin; at + 1 < ids.end(); ++at) {
      const auto found = pairs_.find(pair_of(at[0], at[1]));
      if (found == pairs_.end() || (best != nullptr && best->rank <= found->second.rank)) continue;
      best = &found->second;
      place = at;
    }
    if (best == nullptr) return;
    *place = best->result;
    ids.erase(place + 1);
  }
}

void BytePairs::encode(std::string_view text, std::vector<int64_t>& ids) const {
  for (size_t at = 0; at < text.size();) {
    const size_t end = word_end(text, at);
    encode_word(text.substr(at, end - at), ids);
    at = end;
  }
}

std::string BytePairs::decode(const int64_t* begin, const int64_t* end) const {
  std::string bytes;
  for (const int64_t* id = begin; id != end; ++id) {
    const std::string& token = tokens_[*id];
    for (size_t at = 0; at < token.size();) {
      const size_t from = at;
      const auto byte = characters().byte_of.find(next_character(token, at));
      if (byte == characters().byte_of.end()) {
        bytes.append(token, from, at - from);  // of a token that is no bytes: <|endoftext|> in another script
      } else {
        bytes += static_cast<char>(byte->second);
      }
    }
  }
  return bytes;
}

}  // namespace cairn::text
