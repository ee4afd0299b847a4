#include "cairn/models/word2vec/vocabulary.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/base/utf8.h"

namespace cairn::word2vec {

int64_t Vocabulary::tokens() const {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

std::vector<std::string> Vocabulary::list() const {
  std::vector<std::string> all;
  for (int32_t i = 0; i < size(); ++i) all.emplace_back(words[i]);
  return all;
}

int32_t Vocabulary::number(const std::string& word) const {
  const int32_t found = find(word);
  if (found >= 0) return found;
  throw UsageError(cat("'", word, "'"),
                   cat("this word is not in the vocabulary of ", size(), " words", did_you_mean(word, list())));
}

void Vocabulary::add(std::string_view word, int64_t count) {
  words.add(word);
  counts.push_back(count);
}

io::TensorMap Vocabulary::tensors() const {
  std::string joined;
  for (int32_t i = 0; i < size(); ++i) {
    joined += words[i];
    joined += '\n';
  }
  const auto bytes = torch::empty({static_cast<int64_t>(joined.size())}, torch::kUInt8);
  std::memcpy(bytes.data_ptr(), joined.data(), joined.size());
  return {{"words", bytes}, {"counts", torch::tensor(counts, torch::kInt64)}};
}

Vocabulary Vocabulary::from_tensors(const io::TensorMap& tensors, const std::string& source) {
  const auto words = tensors.find("words"), counts = tensors.find("counts");
  if (words == tensors.end() || counts == tensors.end()) {
    throw InputError(source, got_expected("no words or no counts", "tensors 'vectors', 'words' and 'counts'"));
  }
  if (words->second.scalar_type() != torch::kUInt8 || counts->second.scalar_type() != torch::kInt64 ||
      words->second.dim() != 1 || counts->second.dim() != 1) {
    throw InputError(source, "expected 'words' [bytes] of uint8 and 'counts' [V] of int64");
  }
  const auto bytes = words->second.contiguous();
  const std::string_view text(static_cast<const char*>(bytes.data_ptr()), static_cast<size_t>(bytes.numel()));
  if (const size_t bad = invalid_utf8(text); bad != std::string_view::npos) {
    throw InputError(source, cat("tensor 'words': byte ", bad, " is not UTF-8"));
  }
  Vocabulary vocabulary;
  const auto numbers = counts->second.contiguous();
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string_view::npos; begin = end + 1) {
    const int64_t i = vocabulary.size();
    if (i >= numbers.size(0)) throw InputError(source, got_expected("more words than counts", "as many"));
    vocabulary.add(text.substr(begin, end - begin), numbers.data_ptr<int64_t>()[i]);
    if (vocabulary.size() == i) throw InputError(source, cat("word ", i, " is there twice"));
  }
  if (vocabulary.size() != numbers.size(0)) {
    throw InputError(source, got_expected(cat(vocabulary.size(), " words"), cat(numbers.size(0), ", one a count")));
  }
  return vocabulary;
}

void Counts::add(std::string_view word, int64_t times) {
  const auto number = static_cast<size_t>(words.add(word));
  if (number == counts.size()) counts.push_back(0);
  counts[number] += times;
  tokens += times;
}

Counts merged(const std::vector<Counts>& parts) {
  Counts all;
  int64_t tokens = 0;
  for (const Counts& part : parts) {
    for (int32_t i = 0; i < part.words.size(); ++i) all.add(part.words[i], part.counts[static_cast<size_t>(i)]);
    tokens += part.tokens;
  }
  all.tokens = tokens;  // pairs of words, counted beside words, are none
  return all;
}

Vocabulary make_vocabulary(const Counts& all, const VocabularyOptions& options, const std::string& source) {
  if (all.tokens == 0) throw InputError(source, got_expected("no words in it", "text"));
  const auto count = [&](int32_t i) { return all.counts[static_cast<size_t>(i)]; };
  std::vector<int32_t> order;
  for (int32_t i = 0; i < all.words.size(); ++i) {
    if (count(i) >= options.min_count) order.push_back(i);
  }
  if (order.empty()) {
    const int64_t most = *std::max_element(all.counts.begin(), all.counts.end());
    throw InputError(source, cat(all.tokens, " words, ", all.words.size(), " different ones, the most frequent seen ",
                                 most, " times: none reaches data.min_count ", options.min_count));
  }
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return count(a) != count(b) ? count(a) > count(b) : all.words[a] < all.words[b];
  });
  if (options.max_words > 0 && static_cast<int64_t>(order.size()) > options.max_words) {
    order.resize(static_cast<size_t>(options.max_words));
  }
  Vocabulary vocabulary;
  for (const int32_t i : order) vocabulary.add(all.words[i], count(i));
  return vocabulary;
}

}  // namespace cairn::word2vec
