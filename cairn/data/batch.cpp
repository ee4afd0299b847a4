#include "cairn/data/batch.h"

#include <array>
#include <vector>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::data {

namespace {
constexpr std::array<const char*, 3> kSplits = {"train", "valid", "test"};
}

const char* name_of(Split split) {
  return kSplits[static_cast<size_t>(split)];
}

Split split_named(const std::string& name) {
  for (size_t i = 0; i < kSplits.size(); ++i) {
    if (name == kSplits[i]) return static_cast<Split>(i);
  }
  const std::vector<std::string> names(kSplits.begin(), kSplits.end());
  throw UsageError("split", got_expected(cat("'", name, "'"), "train, valid or test") + did_you_mean(name, names));
}

const torch::Tensor& Batch::operator[](const std::string& name) const {
  const auto found = tensors.find(name);
  if (found != tensors.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& item : tensors) names.push_back(item.first);
  throw UsageError("batch", got_expected(cat("a request for tensor '", name, "'"), "one of: " + join(names, ", ")));
}

Batch Batch::to(torch::Device device) const {
  Batch moved{.tensors = {}, .index = index};
  for (const auto& [name, tensor] : tensors) moved.tensors[name] = tensor.to(device);
  return moved;
}

}  // namespace cairn::data
