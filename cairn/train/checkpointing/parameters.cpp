#include "cairn/train/checkpointing/parameters.h"

#include <algorithm>
#include <unordered_set>

#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/functions/accumulate_grad.h>

#include "cairn/base/error.h"

namespace cairn::checkpointing {

namespace {

using torch::autograd::AccumulateGrad;
using torch::autograd::Node;

bool contains(const Activations& tensors, const torch::Tensor& wanted) {
  return std::any_of(tensors.begin(), tensors.end(), [&](const auto& t) { return t.defined() && t.is_same(wanted); });
}

}  // namespace

std::vector<Use> parameters_behind(const Activations& outputs, const Activations& inputs, uint64_t since,
                                   const std::string& stage) {
  std::vector<Node*> open;
  std::unordered_set<const Node*> seen;
  std::unordered_map<const Node*, size_t> index;
  std::vector<Use> uses;
  const auto visit = [&](Node* node) {
    if (auto* leaf = dynamic_cast<AccumulateGrad*>(node)) {
      if (contains(inputs, leaf->variable)) return;
      const auto [at, is_new] = index.emplace(node, uses.size());
      if (is_new) uses.push_back({leaf->variable, 0});
      ++uses[at->second].times;
    } else if (seen.insert(node).second) {
      if (node->sequence_nr() < since) {
        throw UsageError(stage, cat("uses a tensor with a gradient (", node->name(),
                                    ") that is not among its inputs; "
                                    "pass it through the chain"));
      }
      open.push_back(node);
    }
  };
  for (const auto& output : outputs) {
    if (output.defined() && output.grad_fn()) visit(&*output.grad_fn());
  }
  while (!open.empty()) {
    const Node* node = open.back();
    open.pop_back();
    for (const auto& edge : node->next_edges()) {
      if (edge.is_valid()) visit(&*edge.function);
    }
  }
  return uses;
}

int64_t ParameterGradients::backward(std::vector<torch::Tensor> outputs, std::vector<torch::Tensor> gradients,
                                     const std::vector<Use>& uses) {
  std::vector<torch::Tensor> fresh;
  for (const Use& use : uses) {
    auto& gradient = use.parameter.mutable_grad();
    const auto [at, is_new] = entries_.try_emplace(use.parameter.unsafeGetTensorImpl(), Entry{use.parameter, {}});
    if (is_new) {
      at->second.before = std::exchange(gradient, torch::Tensor());
      fresh.push_back(use.parameter);
    } else if (use.times > 1 && gradient.defined()) {
      // Several gradients meet here: the sum so far must be the first of them, as in one backward over the whole.
      outputs.push_back(use.parameter);
      gradients.push_back(std::exchange(gradient, torch::Tensor()));
    }
  }
  torch::autograd::backward(outputs, gradients);
  int64_t bytes = 0;
  for (const auto& parameter : fresh) {
    if (parameter.grad().defined()) bytes += static_cast<int64_t>(parameter.grad().nbytes());
  }
  return bytes;
}

void ParameterGradients::finish(bool keep) {
  const torch::NoGradGuard no_grad;
  for (auto& [impl, entry] : entries_) {
    auto& gradient = entry.parameter.mutable_grad();
    if (!keep || !gradient.defined()) {
      gradient = entry.before;
    } else if (entry.before.defined()) {
      gradient = entry.before.add_(gradient);
    }
  }
  entries_.clear();
}

}  // namespace cairn::checkpointing
