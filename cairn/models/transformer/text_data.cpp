#include "cairn/models/transformer/text_data.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/log.h"

namespace cairn::transformer {

ParallelTexts load_parallel_texts(const DataConfig& config) {
  const data::SequenceProblem problem{.symbols = config.symbols, .longest = config.length, .count = config.count};
  ParallelTexts texts;
  for (const auto& [spec, split] : data::named_splits(data::text_splits(config))) {
    texts[split] = data::load_parallel_text(spec, {.split = split, .limit = config.limit, .problem = problem});
  }
  return texts;
}

text::Tokenizer learn_joint_tokenizer(const DataConfig& config, const data::ParallelText& train) {
  const auto pairs = static_cast<size_t>(train.size());
  size_t next = 0;
  return text::Tokenizer::learn(data::tokenizer_options(config), [&](std::string& line) {
    if (next == 2 * pairs) return false;
    line = next < pairs ? train.source[next] : train.target[next - pairs];
    ++next;
    return true;
  });
}

namespace {

/// What happens to sentences that are too long.
class LengthRule {
 public:
  LengthRule(const std::string& rule, int64_t longest) : rule_(rule), longest_(longest) {}

  /// Whether the sentence stays; it may be cut.
  bool take(std::vector<int64_t>& ids, const std::string& place) {
    const auto length = static_cast<int64_t>(ids.size());
    if (length <= longest_) return true;
    if (rule_ == "refuse") {
      throw InputError(place, got_expected(cat("a sentence of ", length, " tokens, its end counted"),
                                           cat("at most ", longest_, " (data.longest; data.longer: cut or skip)")));
    }
    if (count_++ == 0) first_ = place;
    if (rule_ == "skip") return false;
    ids.erase(ids.end() - 1 - (length - longest_), ids.end() - 1);  // its end stays
    return true;
  }
  void report() const {
    if (count_ == 0) return;
    log::warn(cat(count_, " sentences of more than ", longest_, " tokens ",
                  rule_ == "cut" ? "were cut" : "were left out", ", the first at ", first_));
  }

 private:
  std::string rule_;
  int64_t longest_;
  int64_t count_ = 0;
  std::string first_;
};

}  // namespace

data::TokenPairs encode_pairs(const data::ParallelText& text, const ModelSpec& spec, const DataConfig& config) {
  data::TokenPairs pairs;
  pairs.start = spec.start();
  pairs.padding = spec.tokenizer.line_end();
  LengthRule rule(config.longer, std::min(config.longest, spec.config.max_length));
  std::vector<int64_t> source, target;
  const auto encode = [&](const text::Tokenizer& tokenizer, const std::string& line, const std::string& place,
                          std::vector<int64_t>& ids) {
    ids.clear();
    tokenizer.encode(line, place, ids);
    ids.push_back(tokenizer.line_end());
    return rule.take(ids, place);
  };
  for (int64_t k = 0; k < text.size(); ++k) {
    const auto at = static_cast<size_t>(k);
    const bool kept = encode(spec.tokenizer, text.source[at], text.source_place(k), source);
    if (!encode(spec.target_tokenizer(), text.target[at], text.target_place(k), target) || !kept) continue;
    pairs.source.add(source);
    pairs.target.add(target);
    pairs.lines.push_back(k);
  }
  rule.report();
  return pairs;
}

PairSets encode_pair_sets(const ParallelTexts& texts, const ModelSpec& spec, const DataConfig& config) {
  PairSets sets;
  for (const auto& [split, text] : texts) {
    sets[split] = std::make_shared<const data::TokenPairs>(encode_pairs(text, spec, config));
  }
  return sets;
}

}  // namespace cairn::transformer
