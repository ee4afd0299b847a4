// The texts that a recipe names, as tokens.
#pragma once

#include <map>
#include <memory>

#include "cairn/data/pair_stream.h"
#include "cairn/data/parallel_text.h"
#include "cairn/data/text_section.h"
#include "cairn/models/transformer/model_factory.h"

namespace cairn::transformer {

using ParallelTexts = std::map<data::Split, data::ParallelText>;
using PairSets = std::map<data::Split, std::shared_ptr<const data::TokenPairs>>;

/// The splits that `config` names.
ParallelTexts load_parallel_texts(const DataConfig& config);
/// One vocabulary for both sides.
text::Tokenizer learn_joint_tokenizer(const DataConfig& config, const data::ParallelText& train);

/// Each sentence with its end. Sentences of more than `config.longest` tokens, or than the model has positions for, are
/// refused (InputError naming file and line), cut, or left out with their pair, as `config.longer` says; how many, and
/// the first line, is logged.
data::TokenPairs encode_pairs(const data::ParallelText& text, const ModelSpec& spec, const DataConfig& config);
PairSets encode_pair_sets(const ParallelTexts& texts, const ModelSpec& spec, const DataConfig& config);

}  // namespace cairn::transformer
