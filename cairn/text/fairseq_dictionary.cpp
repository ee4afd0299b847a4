#include "cairn/text/fairseq_dictionary.h"

#include <charconv>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/base/utf8.h"
#include "cairn/io/atomic_file.h"

namespace cairn::text {

namespace {

constexpr std::string_view kOverwrite = "#fairseq:overwrite";
constexpr const char* kSpecial[] = {"<s>", kFairseqPadding, kFairseqLineEnd, kUnknownToken};

/// Tokens of a text hold no spaces.
std::string unreachable_name(size_t number) {
  return cat("<unused ", number, ">");
}

bool is_count(const std::string& text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  return error == std::errc() && end == text.data() + text.size();
}

struct Entry {
  std::string token;
  bool overwrites;
};

Entry entry_of(std::string line, const std::string& place) {
  if (const size_t bad = invalid_utf8(line); bad != std::string::npos) {
    throw InputError(place, cat("is not UTF-8 at byte ", bad));
  }
  line.erase(line.find_last_not_of(" \t\r") + 1);
  const auto parts = split(line, ' ');
  const bool overwrites = parts.size() == 3 && parts[2] == kOverwrite;
  if ((parts.size() != 2 && !overwrites) || parts[0].empty() || !is_count(parts[1])) {
    throw InputError(place, got_expected(cat("'", line, "'"), cat("'TOKEN COUNT', perhaps with ", kOverwrite)));
  }
  return {parts[0], overwrites};
}

class Numbering {
 public:
  Numbering() {
    for (const char* token : kSpecial) add(token);
  }

  void take(const Entry& entry, const std::string& place) {
    if (const auto earlier = numbers_.find(entry.token); earlier != numbers_.end()) {
      const bool special = earlier->second < std::size(kSpecial);
      if (!entry.overwrites || special) {
        throw InputError(place, got_expected(cat("'", entry.token, "' again"),
                                             special ? "a token that is none of the first four" : "each token once"));
      }
      tokens_[earlier->second] = unreachable_name(earlier->second);
    }
    add(entry.token);
  }

  Vocabulary vocabulary() && { return Vocabulary(std::move(tokens_)); }

 private:
  void add(const std::string& token) {
    numbers_[token] = tokens_.size();
    tokens_.push_back(token);
  }

  std::vector<std::string> tokens_;
  std::unordered_map<std::string, size_t> numbers_;
};

}  // namespace

Vocabulary parse_fairseq_dictionary(std::string_view bytes, const std::string& name) {
  Numbering numbering;
  int64_t number = 0;
  for (size_t at = 0; at < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', at), bytes.size());
    const auto place = cat(name, ":", ++number);
    numbering.take(entry_of(std::string(bytes.substr(at, end - at)), place), place);
    at = end + 1;
  }
  return std::move(numbering).vocabulary();
}

Vocabulary read_fairseq_dictionary(const std::filesystem::path& file) {
  constexpr uint64_t kMaxBytes = 256 << 20;
  return parse_fairseq_dictionary(io::read_file(file, kMaxBytes), file.string());
}

Vocabulary filled_up(const Vocabulary& vocabulary, int64_t size) {
  auto tokens = vocabulary.tokens();
  while (static_cast<int64_t>(tokens.size()) < size) tokens.push_back(unreachable_name(tokens.size()));
  return Vocabulary(std::move(tokens));
}

}  // namespace cairn::text
