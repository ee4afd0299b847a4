// Labelled words as sequences of numbers.
#pragma once

#include "cairn/data/labelled_text.h"
#include "cairn/models/rnn/labelling_task.h"

namespace cairn::rnn {

using SentenceSets = std::map<data::Split, std::vector<data::LabelledSentence>>;

/// The splits that `config` names. Throws UsageError for tokens that are no words.
SentenceSets load_sentences(const DataConfig& config);
/// The vocabulary of the training words, and into `labels` their labels' names, sorted.
text::Tokenizer learn_words(const DataConfig& config, const std::vector<data::LabelledSentence>& train,
                            std::vector<std::string>& labels);
/// x [T] and y [T] int64 each. Throws InputError, naming file and line, for a word that the tokenizer refuses and a
/// label that is not among `labels`.
SequenceSets encode_sentences(const SentenceSets& sets, const text::Tokenizer& tokenizer,
                              const std::vector<std::string>& labels);

}  // namespace cairn::rnn
