#include "cairn/models/rnn/word_data.h"

#include <algorithm>
#include <set>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/data/text_section.h"

namespace cairn::rnn {

using data::LabelledSentence;
using data::Split;

SentenceSets load_sentences(const DataConfig& config) {
  if (config.tokens != "word")
    throw UsageError("data.tokens", got_expected(config.tokens, "word: they have the labels"));
  SentenceSets sets;
  for (const auto& [spec, split] : data::named_splits(data::text_splits(config))) {
    sets[split] = data::load_labelled_text(spec, split, config.limit);
  }
  return sets;
}

text::Tokenizer learn_words(const DataConfig& config, const std::vector<LabelledSentence>& train,
                            std::vector<std::string>& labels) {
  std::set<std::string> names;
  for (const auto& sentence : train) names.insert(sentence.labels.begin(), sentence.labels.end());
  labels.assign(names.begin(), names.end());
  size_t next = 0;
  return text::Tokenizer::learn(data::tokenizer_options(config), [&](std::string& line) {
    if (next == train.size()) return false;
    line = join(train[next++].words, " ");
    return true;
  });
}

namespace {

int64_t label_id(const std::string& label, const std::vector<std::string>& labels, const std::string& place) {
  const auto found = std::lower_bound(labels.begin(), labels.end(), label);
  if (found != labels.end() && *found == label) return found - labels.begin();
  throw InputError(place,
                   cat(got_expected(cat("label '", label, "'"), cat("one of the ", labels.size(), " of the model")),
                       did_you_mean(label, labels)));
}

data::LabelledSequence encode_sentence(const LabelledSentence& sentence, const text::Tokenizer& tokenizer,
                                       const std::vector<std::string>& labels) {
  std::vector<int64_t> words, ids;
  for (size_t k = 0; k < sentence.words.size(); ++k) {
    tokenizer.encode(sentence.words[k], sentence.place(k), words);
    ids.push_back(label_id(sentence.labels[k], labels, sentence.place(k)));
  }
  return {sentence.place(0), torch::tensor(words, torch::kInt64), torch::tensor(ids, torch::kInt64)};
}

}  // namespace

SequenceSets encode_sentences(const SentenceSets& sets, const text::Tokenizer& tokenizer,
                              const std::vector<std::string>& labels) {
  SequenceSets encoded;
  for (const auto& [split, sentences] : sets) {
    for (const auto& sentence : sentences) encoded[split].push_back(encode_sentence(sentence, tokenizer, labels));
  }
  return encoded;
}

}  // namespace cairn::rnn
