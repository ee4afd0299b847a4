#include "cairn/data/text_splits.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/data/text_spec.h"

namespace cairn::data {

namespace {

text::LineReader lines_of(const std::string& spec, Split split) {
  return text::LineReader(text::TextSource(text_split_files(spec, split)));
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

std::vector<std::pair<std::string, Split>> named_splits(const TextSplits& splits) {
  std::vector<std::pair<std::string, Split>> named{
      {splits.train, Split::train}, {splits.valid, Split::valid}, {splits.test, Split::test}};
  std::erase_if(named, [](const auto& one) { return one.first.empty(); });
  return named;
}

text::Tokenizer learn_tokenizer(const text::TokenizerOptions& options, const TextSplits& splits) {
  if (splits.train.empty()) throw UsageError("data.train", got_expected("nothing", "a training text"));
  return text::Tokenizer::learn(options, lines_of(splits.train, Split::train));
}

std::map<Split, torch::Tensor> load_texts(const TextSplits& splits, const text::Tokenizer& tokenizer) {
  std::map<Split, torch::Tensor> texts;
  for (const auto& [spec, split] : named_splits(splits)) {
    const auto ids = tokens_of(spec, split, tokenizer, splits.limit);
    const bool hold_out = split == Split::train && splits.valid.empty() && splits.holdout > 0;
    const auto kept =
        hold_out ? static_cast<size_t>(static_cast<double>(ids.size()) * (1 - splits.holdout)) : ids.size();
    texts[split] = with_start(ids, 0, kept, tokenizer.line_end());
    if (kept < ids.size()) texts[Split::valid] = with_start(ids, kept, ids.size(), tokenizer.line_end());
  }
  return texts;
}

}  // namespace cairn::data
