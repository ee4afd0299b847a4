// Gradients of parameters when a graph goes backward in pieces.
#pragma once

#include <unordered_map>
#include <vector>

#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

/// A parameter that a piece of graph uses, and how often.
struct Use {
  torch::Tensor parameter;
  int64_t times = 0;
};

/// The leaves that the graph behind `outputs` adds gradients to, but for `inputs`. Nodes older than `since` (autograd's
/// sequence number when the graph was begun) are of another graph: throws UsageError naming `stage`.
std::vector<Use> parameters_behind(const Activations& outputs, const Activations& inputs, uint64_t since,
                                   const std::string& stage);

/// A piece at a time, forms the sums that one backward over the whole graph forms, in its order: first over all pieces,
/// then added to the gradient that was there before.
class ParameterGradients {
 public:
  /// Goes backward through a piece. Returns the bytes of gradients that are new.
  int64_t backward(std::vector<torch::Tensor> outputs, std::vector<torch::Tensor> gradients,
                   const std::vector<Use>& uses);
  /// After the last piece. Without `keep`, all parameters have the gradients they had before.
  void finish(bool keep);

 private:
  struct Entry {
    torch::Tensor parameter, before;
  };
  std::unordered_map<const c10::TensorImpl*, Entry> entries_;
};

}  // namespace cairn::checkpointing
