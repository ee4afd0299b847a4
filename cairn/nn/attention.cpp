#include "cairn/nn/attention.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/nn/linear_attention.h"
#include "cairn/nn/softmax_attention.h"

namespace cairn::nn {

namespace {

using Decay = KernelNeeds::Decay;
using ops::Similarity, ops::StateRule;

struct Entry {
  const char* name;
  LinearAttentionKind kind;
};

/// A new linear kernel is a line here.
const std::vector<Entry>& linear_kernels() {
  static const std::vector<Entry> entries{
      {"elu", {.similarity = Similarity::elu}},
      {"relu", {.similarity = Similarity::relu}},
      {"squared_relu", {.similarity = Similarity::squared_relu}},
      {"taylor", {.similarity = Similarity::taylor}},
      {"performer", {.similarity = Similarity::performer, .needs = {.projection = true}}},
      {"cosformer", {.similarity = Similarity::cosformer}},
      {"efficient", {.similarity = Similarity::efficient}},
      {"retention", {.similarity = Similarity::dot, .rule = StateRule::decay, .scaled_heads = true}},
      {"gated_retention",
       {.similarity = Similarity::dot,
        .rule = StateRule::decay,
        .needs = {.decay = Decay::by_head, .output_gate = true},
        .scaled_heads = true}},
      {"gla",
       {.similarity = Similarity::dot,
        .rule = StateRule::decay,
        .needs = {.decay = Decay::by_feature, .output_gate = true},
        .scaled_heads = true}},
      {"delta", {.similarity = Similarity::unit, .rule = StateRule::delta}},
      {"delta_beta", {.similarity = Similarity::unit, .rule = StateRule::delta, .needs = {.beta = true}}},
  };
  return entries;
}

constexpr const char* kSoftmax = "softmax";

}  // namespace

torch::Tensor of_rows(const torch::Tensor& t, const AttentionMask& mask) {
  return mask.memory.defined() && t.defined() ? t.index_select(0, mask.memory) : t;
}

std::vector<std::string> attention_kernel_names() {
  std::vector<std::string> names{kSoftmax};
  for (const auto& entry : linear_kernels()) names.emplace_back(entry.name);
  return names;
}

std::shared_ptr<const AttentionKernel> attention_kernel(const std::string& name,
                                                        const AttentionKernelOptions& options) {
  if (name == kSoftmax) return std::make_shared<SoftmaxAttention>();
  for (const auto& entry : linear_kernels()) {
    if (name == entry.name) return std::make_shared<LinearAttention>(entry.kind, options.longest);
  }
  const auto names = attention_kernel_names();
  throw UsageError("attention", got_expected(name, join(names, ", ")) + did_you_mean(name, names));
}

}  // namespace cairn::nn
