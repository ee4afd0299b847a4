// Hooks on the tensors that autograd saves for the backward: keep them elsewhere, in other form, or not at all.
//
//   const SavedTensorHooks hooks(offload_to(torch::kCPU));
//   auto loss = network(x);   // what autograd saves here lies in host memory until the backward asks for it
#pragma once

#include <functional>

#include <torch/types.h>

namespace cairn::checkpointing {

/// Gives a saved tensor back.
using Unpack = std::function<torch::Tensor()>;
/// Takes a tensor that autograd saves. What it keeps must be detached: a saved output leads to the graph that saves it.
using Pack = std::function<Unpack(const torch::Tensor&)>;

/// While it lives, `pack` gets each tensor that operators of this thread save; the innermost one wins.
///
/// LibTorch asks its autograd engine for such hooks, and only Python's engine has any. So the first SavedTensorHooks
/// puts an engine in place that is LibTorch's own but for them, for the whole process and to its end. Throws
/// EnvironmentError if another engine stands there already (Python's).
class SavedTensorHooks {
 public:
  explicit SavedTensorHooks(Pack pack);
  ~SavedTensorHooks();
  SavedTensorHooks(const SavedTensorHooks&) = delete;
  SavedTensorHooks& operator=(const SavedTensorHooks&) = delete;

  /// The innermost pack of this thread; null if there is none.
  static const Pack* innermost();

 private:
  Pack pack_;
  SavedTensorHooks* outer_;
};

/// Keeps saved tensors on `device` and gives them back to where they were. Parameters and what already lies there stay.
Pack offload_to(torch::Device device);

/// Whether `tensor` is a leaf that requires a gradient, or a view of one: it lives on anyway.
bool is_parameter(const torch::Tensor& tensor);

}  // namespace cairn::checkpointing
