#include "cairn/models/word2vec/corpus.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/data/text_spec.h"
#include "cairn/io/atomic_file.h"
#include "cairn/text/block_map.h"
#include "cairn/text/word_rule.h"

namespace cairn::word2vec {
namespace fs = std::filesystem;

namespace {

/// The first `left` words of normalised text; `left` falls by those taken.
std::string first_words(std::string text, int64_t& left) {
  size_t end = 0;
  for (; end < text.size() && left > 0; ++end) {
    const bool word_ends = text[end] != ' ' && text[end] != '\n' &&
                           (end + 1 == text.size() || text[end + 1] == ' ' || text[end + 1] == '\n');
    left -= word_ends;
  }
  text.resize(end);
  return text;
}

}  // namespace

Corpus::Corpus(const DataConfig& config, int threads)
    : config_(config), threads_(threads), rule_(text::word_rule_named(config.words)) {
  if (config.train.empty()) throw UsageError("data.train", got_expected("nothing", "text to train on"));
  if (config.train == "-") {
    files_ = {spool_.stdin_as_file()};
  } else {
    files_ = data::text_split_files(config.train, data::Split::train);
  }
  learn_phrases();
}

/// work(worker, words) on each block's words by all threads; its results go to
/// consume in the order of the text.
template <class Work, class Consume>
void Corpus::map_parts(const Work& work, const Consume& consume) const {
  int64_t left = config_.limit;
  const auto words = [&](int worker, const text::Block& block) {
    std::string part = text::normalised(block.text, rule_);
    if (config_.limit > 0) part = first_words(std::move(part), left);
    for (const PhraseTable& table : phrases_) part = table.joined(part);
    return work(worker, part);
  };
  text::TextSource text(files_, {.markup = config_.markup == "wiki" ? text::Markup::wiki : text::Markup::none});
  text::map_blocks(text, config_.limit > 0 ? 1 : threads_, words,
                   consume);  // one worker takes blocks in order
}

/// Words counted by each of the threads.
template <class Count>
std::vector<Counts> Corpus::counted(const Count& count) const {
  std::vector<Counts> parts(static_cast<size_t>(threads_));
  const auto work = [&](int worker, const std::string& words) {
    return count(words, parts[static_cast<size_t>(worker)]), 0;
  };
  map_parts(work, [](int) {});
  return parts;
}

void Corpus::learn_phrases() {
  for (int64_t pass = 0; pass < config_.phrases; ++pass) {
    const Counts counts = merged(counted(count_pairs));
    phrases_.emplace_back(counts, PhraseOptions{.min_count = config_.min_count, .threshold = config_.phrase_threshold});
    log::info(cat("phrases, pass ", pass + 1, ": ", phrases_.back().size(), " pairs"));
  }
}

Vocabulary Corpus::count() const {
  const auto count = [](const std::string& words, Counts& counts) {
    text::for_each_word(words, [&](std::string_view word) { counts.add(word); }, [] {});
  };
  return make_vocabulary(merged(counted(count)), {.min_count = config_.min_count, .max_words = config_.max_words},
                         config_.train);
}

void Corpus::write_words(const std::function<void(const std::string&)>& write) const {
  map_parts([](int, const std::string& words) { return words; }, write);
}

int64_t Corpus::encode(const Vocabulary& vocabulary, const fs::path& path) const {
  int64_t words = 0;
  io::AtomicFile file(path);
  const auto numbers = [&](int, const std::string& part) {
    std::vector<int32_t> tokens;
    const auto word = [&](std::string_view w) {
      if (const int32_t number = vocabulary.find(w); number >= 0) tokens.push_back(number);
    };
    text::for_each_word(part, word, [&] {
      if (!tokens.empty() && tokens.back() != kSentenceEnd) tokens.push_back(kSentenceEnd);
    });
    return tokens;
  };
  map_parts(numbers, [&](const std::vector<int32_t>& tokens) {
    words += std::count_if(tokens.begin(), tokens.end(), [](int32_t token) { return token >= 0; });
    file.write(tokens.data(), tokens.size() * sizeof(int32_t));
  });
  file.commit();
  return words;
}

TokenFile::TokenFile(const fs::path& path) : file_(io::MappedFile::open(path)) {
  const auto bytes = file_->bytes();
  tokens_ = {reinterpret_cast<const int32_t*>(bytes.data()), bytes.size() / sizeof(int32_t)};
}

}  // namespace cairn::word2vec
