// From text to numbers: the vocabulary's pass, then the corpus as word numbers
// in a file that training maps.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "cairn/io/mapped_file.h"
#include "cairn/io/spool.h"
#include "cairn/models/word2vec/phrases.h"
#include "cairn/models/word2vec/vocabulary.h"
#include "cairn/models/word2vec/word2vec_config.h"
#include "cairn/text/text_source.h"

namespace cairn::word2vec {

constexpr int32_t kSentenceEnd = -1;

/// A text as training reads it. Memory does not grow with it, but for its
/// different words.
class Corpus {
 public:
  /// Finds the files and learns the phrases, where asked for. Throws
  /// EnvironmentError for text that is not there.
  Corpus(const DataConfig& config, int threads);

  const std::string& name() const { return config_.train; }
  /// One pass over the text by all threads. Throws InputError, with the counts,
  /// if no word is left.
  Vocabulary count() const;
  /// The words as training sees them, a space between two, a sentence a line,
  /// some lines at a time.
  void write_words(const std::function<void(const std::string&)>& write) const;
  /// Writes the numbers of the words that `vocabulary` has; kSentenceEnd ends a
  /// sentence. Returns how many words.
  int64_t encode(const Vocabulary& vocabulary, const std::filesystem::path& file) const;

 private:
  void learn_phrases();
  template <class Work, class Consume>
  void map_parts(const Work& work, const Consume& consume) const;
  template <class Count>
  std::vector<Counts> counted(const Count& count) const;

  DataConfig config_;
  int threads_;
  text::WordRule rule_;
  std::vector<std::filesystem::path> files_;
  io::Spool spool_;  // the text is read more than once
  std::vector<PhraseTable> phrases_;
};

/// Word numbers of a corpus, mapped.
class TokenFile {
 public:
  explicit TokenFile(const std::filesystem::path& file);
  std::span<const int32_t> tokens() const { return tokens_; }
  /// Frees the memory of the tokens read so far; they stay in the file.
  void forget() const { file_->forget(); }

 private:
  std::shared_ptr<io::MappedFile> file_;
  std::span<const int32_t> tokens_;
};

}  // namespace cairn::word2vec
