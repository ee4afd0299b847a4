#include "cairn/nn/attention.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/nn/softmax_attention.h"

namespace cairn::nn {

namespace {

struct Entry {
  const char* name;
  std::shared_ptr<const AttentionKernel> (*make)();
};

/// A new kernel is a line here.
const std::vector<Entry>& table() {
  static const std::vector<Entry> entries{
      {"softmax", [] { return std::shared_ptr<const AttentionKernel>(std::make_shared<SoftmaxAttention>()); }},
  };
  return entries;
}

}  // namespace

std::vector<std::string> attention_kernel_names() {
  std::vector<std::string> names;
  for (const auto& entry : table()) names.emplace_back(entry.name);
  return names;
}

std::shared_ptr<const AttentionKernel> attention_kernel(const std::string& name) {
  for (const auto& entry : table()) {
    if (name == entry.name) return entry.make();
  }
  const auto names = attention_kernel_names();
  throw UsageError("attention", got_expected(name, join(names, ", ")) + did_you_mean(name, names));
}

}  // namespace cairn::nn
