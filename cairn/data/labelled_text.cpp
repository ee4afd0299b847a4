#include "cairn/data/labelled_text.h"

#include "cairn/base/error.h"
#include "cairn/data/text_spec.h"
#include "cairn/text/columns.h"

namespace cairn::data {

std::string LabelledSentence::place(size_t word) const {
  text::Place of_word = first;
  of_word.line += static_cast<int64_t>(word);
  return of_word.text();
}

std::vector<LabelledSentence> load_labelled_text(const std::string& spec, Split split, int64_t limit) {
  text::LineReader lines(text::TextSource(text_split_files(spec, split)));
  std::vector<LabelledSentence> sentences;
  bool open = false;  // whether the last sentence goes on
  for (std::string line; lines.next(line);) {
    const auto columns = text::columns_of(line);
    open = open && !columns.empty() && sentences.back().first.file == lines.place().file;
    if (columns.empty()) continue;
    if (columns.size() != 2) {
      throw InputError(lines.place().text(), got_expected(cat(columns.size(), " columns"), "a word and its label"));
    }
    if (!open) {
      if (limit > 0 && static_cast<int64_t>(sentences.size()) == limit) break;
      sentences.push_back({{}, {}, lines.place()});
      open = true;
    }
    sentences.back().words.push_back(columns[0]);
    sentences.back().labels.push_back(columns[1]);
  }
  if (sentences.empty()) throw InputError(spec, got_expected("no word", "lines of a word and its label"));
  return sentences;
}

}  // namespace cairn::data
