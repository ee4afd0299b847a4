#include "cairn/models/transformer/decoding_rows.h"

#include "cairn/base/error.h"

namespace cairn::transformer {

void DecodingRows::step(const std::vector<int64_t>& tokens) {
  const auto rows = static_cast<int64_t>(tokens.size());
  log_p_ = scorer_.step(torch::tensor(tokens, torch::kInt64));
  if (log_p_.dim() != 2 || log_p_.size(0) != rows || log_p_.size(1) != vocabulary()) {
    throw UsageError("step scorer",
                     got_expected(cat("shape ", log_p_.sizes()), cat("[", rows, ", ", vocabulary(), "]")));
  }
  log_p_ = log_p_.to(torch::kCPU, torch::kFloat32).contiguous();
}

void DecodingRows::keep(const std::vector<int64_t>& rows) {
  bool same = rows.size() == count_;
  for (size_t i = 0; i < rows.size() && same; ++i) same = rows[i] == static_cast<int64_t>(i);
  if (!same) scorer_.select(torch::tensor(rows, torch::kInt64));
  count_ = rows.size();
}

}  // namespace cairn::transformer
