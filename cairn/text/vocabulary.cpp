#include "cairn/text/vocabulary.h"

#include <algorithm>

#include "cairn/base/error.h"

namespace cairn::text {

Vocabulary::Vocabulary(std::vector<std::string> tokens) : tokens_(std::move(tokens)) {
  for (size_t id = 0; id < tokens_.size(); ++id) {
    if (tokens_[id].empty()) throw UsageError("vocabulary", cat("token ", id, " is empty"));
    if (!ids_.emplace(tokens_[id], static_cast<int64_t>(id)).second) {
      throw UsageError("vocabulary", cat("token '", tokens_[id], "' is there twice"));
    }
  }
}

int64_t Vocabulary::find(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? -1 : found->second;
}

const std::string& Vocabulary::operator[](int64_t id) const {
  if (id < 0 || id >= size()) throw UsageError("vocabulary", got_expected(cat("token ", id), cat("0 .. ", size() - 1)));
  return tokens_[static_cast<size_t>(id)];
}

void TokenCounts::add(std::string_view token) {
  const auto found = counts_.find(token);
  if (found == counts_.end()) {
    counts_.emplace(token, 1);
  } else {
    ++found->second;
  }
}

std::vector<std::string> TokenCounts::frequent(int64_t least, int64_t most) const {
  std::vector<std::pair<int64_t, std::string>> order;
  for (const auto& [token, count] : counts_) {
    if (count >= least) order.emplace_back(-count, token);
  }
  std::sort(order.begin(), order.end());
  if (most > 0 && static_cast<int64_t>(order.size()) > most) order.resize(static_cast<size_t>(most));
  std::vector<std::string> tokens;
  for (auto& [count, token] : order) tokens.push_back(std::move(token));
  return tokens;
}

std::vector<std::string> TokenCounts::sorted() const {
  std::vector<std::string> tokens;
  for (const auto& [token, count] : counts_) tokens.push_back(token);
  return tokens;
}

}  // namespace cairn::text
