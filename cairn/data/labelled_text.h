// Sentences with a label at each word, as files of two columns: a line holds a word, spaces or a tab, and its label; an
// empty line ends a sentence.
//
//   the     DET
//   cat     NOUN
//
//   it      PRON
#pragma once

#include <string>
#include <vector>

#include "cairn/data/batch.h"
#include "cairn/text/text_source.h"

namespace cairn::data {

struct LabelledSentence {
  std::vector<std::string> words, labels;  ///< as many of each, at least one
  text::Place first;                       ///< of the first word; the others stand in the lines behind it
  std::string place(size_t word) const;    ///< "train.txt:12"
};

/// The sentences of a SPEC (text_spec.h); `limit` > 0 keeps the first ones. Throws what text_split_files throws, and
/// InputError, naming file and line, for a line of more or fewer columns and for a text without sentences.
std::vector<LabelledSentence> load_labelled_text(const std::string& spec, Split split, int64_t limit = 0);

}  // namespace cairn::data
