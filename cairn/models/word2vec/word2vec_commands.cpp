// The tasks of `cairn run MODEL` for word vectors.
#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/metrics/word_tests.h"
#include "cairn/models/word2vec/word2vec_pipeline.h"
#include "cairn/text/text_source.h"

namespace cairn {

namespace {

struct SearchFlags {
  int64_t k = 10;
  void fields(Fields& f) { f("k", k, "words to find", at_least(1)); }
};

struct QuestionFlags {
  int64_t restrict = 30000;
  std::string method = "3cosadd";
  void fields(Fields& f) {
    f("restrict", restrict, "search the N most frequent words; 0 for all", at_least(0));
    f("method", method, "3cosadd or 3cosmul", one_of({"3cosadd", "3cosmul"}));
  }
};

/// The words typed and those of --in, one a line.
std::vector<std::string> words_of(const Invocation& call, const char* task) {
  std::vector<std::string> words = call.words;
  if (!call.in.empty()) {
    text::LineReader lines(text::TextSource({call.in}));
    for (std::string line; lines.next(line);) {
      if (!line.empty()) words.push_back(line);
    }
  }
  if (words.empty()) throw UsageError(task, got_expected("no words", "words, or a file of them with --in"));
  return words;
}

void require_words(const Invocation& call, size_t count, const char* expected) {
  if (call.words.size() != count)
    throw UsageError(expected, got_expected(cat(call.words.size(), " words"), cat(count)));
}

void write_neighbours(const WordVectors& vectors, const Invocation& call, int64_t k) {
  const auto words = words_of(call, "neighbors");
  for (const auto& word : words) {
    for (const auto& [neighbour, score] : vectors.nearest(word, k)) {
      call.rows->row({{"word", word}, {"neighbor", neighbour}, {"similarity", score}});
    }
  }
}

void write_vectors(const WordVectors& vectors, const Invocation& call) {
  const auto words = words_of(call, "vector");
  for (const auto& word : words) {
    const auto vector = vectors.vector(word).to(torch::kFloat64).contiguous();
    const double* values = vector.const_data_ptr<double>();
    Json row = call.out.ends_with(".npy") ? Json::object() : Json{{"word", word}};  // an array holds numbers alone
    row["vector"] = std::vector<double>(values, values + vector.numel());
    call.rows->row(row);
  }
}

void write_questions(const WordVectors& vectors, const Invocation& call, const QuestionFlags& flags) {
  if (call.in.empty()) throw UsageError("questions", got_expected("no --in", "a file of analogy questions"));
  const auto sections = metrics::read_analogies(call.in);
  const auto scores =
      metrics::score_analogies(sections, vectors.table().vocabulary.list(), vectors.table().rows(0, vectors.size()),
                               {.restrict = flags.restrict, .multiply = flags.method == "3cosmul"});
  for (const auto& score : scores) {
    call.rows->row(
        {{"section", score.section}, {"correct", score.correct}, {"seen", score.seen}, {"total", score.total}});
  }
}

}  // namespace

std::vector<Command> WordVectors::commands() {
  const auto near = std::make_shared<SearchFlags>();
  const auto analog = std::make_shared<SearchFlags>();
  const auto asked = std::make_shared<QuestionFlags>();
  return {
      {.name = "neighbors",
       .help = "the words of largest cosine to each WORD",
       .options = fields_of(*near),
       .run = [this, near](const Invocation& call) { write_neighbours(*this, call, near->k); }},
      {.name = "analogy",
       .help = "A B C: what is to C as B is to A",
       .options = fields_of(*analog),
       .run =
           [this, analog](const Invocation& call) {
             require_words(call, 3, "analogy A B C");
             for (const auto& [word, score] : analogy(call.words[0], call.words[1], call.words[2], analog->k)) {
               call.rows->row({{"word", word}, {"score", score}});
             }
           }},
      {.name = "similarity",
       .help = "A B: the cosine of two words' vectors",
       .options = {},
       .run =
           [this](const Invocation& call) {
             require_words(call, 2, "similarity A B");
             call.rows->row({{"similarity", similarity(call.words[0], call.words[1])}});
           }},
      {.name = "vector",
       .help = "each WORD's vector",
       .options = {},
       .run = [this](const Invocation& call) { write_vectors(*this, call); }},
      {.name = "questions",
       .help = "score the analogy questions of --in, section by section",
       .options = fields_of(*asked),
       .run = [this, asked](const Invocation& call) { write_questions(*this, call, *asked); }},
  };
}

}  // namespace cairn
