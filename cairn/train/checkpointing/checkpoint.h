// checkpoint(f, inputs): f's value, of which autograd keeps the inputs alone; the backward makes f again
// (Chen, Xu, Zhang & Guestrin 2016, "Training deep nets with sublinear memory cost").
//
//   auto y = checkpoint([&](const torch::Tensor& x) { return block(x); }, x);
//
// f may be any closure over modules: several inputs and outputs, parameters shared with other code or frozen, further
// checkpoints inside, exceptions. The second forward has the random numbers and autocast of the first, does not update
// the statistics of batch normalisation again, and so gives the same bits.
//
// Selective saving keeps what is dear and computes the cheap again:
//
//   auto y = checkpoint(f, {x}, {.keep = products()});
#pragma once

#include <functional>
#include <string>
#include <type_traits>

#include "cairn/train/checkpointing/kept_outputs.h"
#include "cairn/train/checkpointing/terms.h"

namespace cairn::checkpointing {

/// How the backward gets at what it needs. Values, gradients and their bits are the same.
enum class Engine {
  /// Hooks on the tensors that autograd saves: each is dropped, and all are computed again when the first is asked for.
  /// Gradients flow through the one graph, so grad(), gradients of gradients and accumulation order are as without.
  /// Takes the place of LibTorch's autograd engine in this process; cannot share it with Python.
  saved_tensors,
  /// An autograd function whose backward runs a backward of its own. Works with any engine, but: backward() only, and
  /// the
  /// outputs require a gradient whenever grad mode is on. Where parameters are used both inside and outside and already
  /// hold gradients, the sums are formed in another order.
  reentrant,
};

struct CheckpointOptions {
  std::string name = "checkpoint";  ///< of the region, in messages
  Engine engine = Engine::saved_tensors;
  bool verify = false;     ///< debug mode: compare the values of both forwards, bit by bit
  bool early_stop = true;  ///< saved_tensors: leave the second forward once all is there that was saved
  Operators keep = {};     ///< their outputs are kept instead of computed again; `products()` are the dear ones
};

using Region = std::function<Activations(const Activations&)>;

/// Without grad mode simply f(inputs). The backward throws UsageError, naming the region, if an input was changed in
/// place after the forward or if the second forward does not give what the first one gave.
Activations checkpoint(const Region& f, const Activations& inputs, const CheckpointOptions& options = {});

/// The same for an f of one tensor or several that gives one tensor.
template <class Function, class... Tensors>
  requires(std::is_convertible_v<Tensors, torch::Tensor> && ...)
torch::Tensor checkpoint(Function f, const torch::Tensor& first, const Tensors&... rest) {
  const Region region = [f = std::move(f)](const Activations& a) mutable {
    return [&]<size_t... i>(std::index_sequence<i...>) {
      return Activations{f(a.at(i)...)};
    }(std::make_index_sequence<1 + sizeof...(rest)>());
  };
  return checkpoint(region, Activations{first, rest...}).at(0);
}

}  // namespace cairn::checkpointing
