#include "cairn/nn/attention.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/nn/linear_attention.h"
#include "cairn/nn/softmax_attention.h"

namespace cairn::nn {

namespace {

struct Entry {
  const char* name;
  std::shared_ptr<const AttentionKernel> (*make)();
};

using Kernel = std::shared_ptr<const AttentionKernel>;

Kernel weighted(ops::Similarity similarity) {
  return std::make_shared<LinearAttention>(LinearKind::weighted, similarity);
}

/// A new kernel is a line here.
const std::vector<Entry>& table() {
  static const std::vector<Entry> entries{
      {"softmax", []() -> Kernel { return std::make_shared<SoftmaxAttention>(); }},
      {"elu", [] { return weighted(ops::Similarity::elu); }},
      {"relu", [] { return weighted(ops::Similarity::relu); }},
      {"squared_relu", [] { return weighted(ops::Similarity::squared_relu); }},
      {"taylor", [] { return weighted(ops::Similarity::taylor); }},
      {"efficient", [] { return weighted(ops::Similarity::efficient); }},
      {"retention", []() -> Kernel { return std::make_shared<LinearAttention>(LinearKind::retention); }},
      {"delta", []() -> Kernel { return std::make_shared<LinearAttention>(LinearKind::delta); }},
  };
  return entries;
}

}  // namespace

torch::Tensor of_rows(const torch::Tensor& t, const AttentionMask& mask) {
  return mask.memory.defined() && t.defined() ? t.index_select(0, mask.memory) : t;
}

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
