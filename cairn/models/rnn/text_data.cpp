#include "cairn/models/rnn/text_data.h"

#include "cairn/base/error.h"
#include "cairn/data/text_spec.h"

namespace cairn::rnn {

using data::Split;

namespace {

text::LineReader lines_of(const std::string& spec, Split split) {
  return text::LineReader(text::TextSource(data::text_split_files(spec, split)));
}

std::vector<int64_t> tokens_of(const std::string& spec, Split split, const text::Tokenizer& tokenizer, int64_t limit) {
  auto ids = tokenizer.encode(lines_of(spec, split));
  if (limit > 0 && static_cast<int64_t>(ids.size()) > limit) ids.resize(static_cast<size_t>(limit));
  if (ids.empty()) throw InputError(spec, got_expected("no token", "a text"));
  return ids;
}

torch::Tensor with_start(const std::vector<int64_t>& ids, size_t begin, size_t end, int64_t line_end) {
  auto tokens = torch::empty({static_cast<int64_t>(end - begin) + 1}, torch::kInt64);
  auto* to = tokens.data_ptr<int64_t>();
  to[0] = line_end;
  std::copy(ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.begin() + static_cast<std::ptrdiff_t>(end), to + 1);
  return tokens;
}

}  // namespace

text::TokenizerOptions tokenizer_options(const DataConfig& config) {
  return {.kind = text::token_kind_named(config.tokens),
          .unknown = text::unknown_rule_named(config.unknown),
          .least = config.least,
          .most = config.most};
}

text::Tokenizer learn_tokenizer(const DataConfig& config) {
  if (config.train.empty()) throw UsageError("data.train", got_expected("nothing", "a training text"));
  return text::Tokenizer::learn(tokenizer_options(config), lines_of(config.train, Split::train));
}

std::map<Split, torch::Tensor> load_texts(const DataConfig& config, const text::Tokenizer& tokenizer) {
  std::map<Split, torch::Tensor> texts;
  const auto load = [&](const std::string& spec, Split split) {
    if (spec.empty()) return;
    const auto ids = tokens_of(spec, split, tokenizer, config.limit);
    texts[split] = with_start(ids, 0, ids.size(), tokenizer.line_end());
  };
  load(config.valid, Split::valid);
  load(config.test, Split::test);
  if (config.train.empty()) return texts;
  const auto ids = tokens_of(config.train, Split::train, tokenizer, config.limit);
  const bool hold_out = config.valid.empty() && config.holdout > 0;
  const auto kept = hold_out ? static_cast<size_t>(static_cast<double>(ids.size()) * (1 - config.holdout)) : ids.size();
  texts[Split::train] = with_start(ids, 0, kept, tokenizer.line_end());
  if (hold_out && kept < ids.size()) texts[Split::valid] = with_start(ids, kept, ids.size(), tokenizer.line_end());
  return texts;
}

}  // namespace cairn::rnn
