// The words of a corpus by falling frequency, and how often each was seen.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <torch/types.h>

#include "cairn/io/tensor_map.h"
#include "cairn/text/word_index.h"

namespace cairn::word2vec {

struct Vocabulary {
  text::WordIndex words;
  std::vector<int64_t> counts;  ///< by word number; 0 where not known

  int64_t size() const { return words.size(); }
  int64_t tokens() const;  ///< the sum of counts

  /// Word numbers and frequencies: -1 for what is not in it, with near
  /// spellings of a word in the message of `number`.
  int32_t find(std::string_view word) const { return words.find(word); }
  /// Throws UsageError, with near spellings, if `word` is not in it.
  int32_t number(const std::string& word) const;
  void add(std::string_view word, int64_t count);
  std::vector<std::string> list() const;

  /// "words" [bytes] uint8 (each followed by a newline) and "counts" [V] int64.
  io::TensorMap tensors() const;
  /// Throws InputError naming `source` if they are missing, repeated or do not
  /// fit each other.
  static Vocabulary from_tensors(const io::TensorMap& tensors, const std::string& source);
};

/// Counts collected by one of many threads.
struct Counts {
  text::WordIndex words;
  std::vector<int64_t> counts;
  int64_t tokens = 0;
  void add(std::string_view word, int64_t times = 1);
};

/// All parts in one.
Counts merged(const std::vector<Counts>& parts);

struct VocabularyOptions {
  int64_t min_count = 1;
  int64_t max_words = 0;  ///< 0: no limit
};

/// By falling count, equal counts by spelling. Throws InputError with the
/// counts if no word is left.
Vocabulary make_vocabulary(const Counts& all, const VocabularyOptions& options, const std::string& source);

}  // namespace cairn::word2vec
