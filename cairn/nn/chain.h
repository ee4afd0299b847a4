// A network as a chain of stages: a^0 -> stage 1 -> a^1 -> ... -> stage L -> a^L.
//
//   Chain chain;
//   chain.add("conv1", [conv1](const torch::Tensor& x) { return torch::relu(conv1(x)); });
//   torch::Tensor y = chain.forward(x);
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <torch/types.h>

namespace cairn::nn {

/// What flows from one stage to the next, a^l: one tensor for most networks, the state of a recurrent one.
using Activations = std::vector<torch::Tensor>;

/// One step of a chain. Its outputs are a function of its inputs, its parameters, LibTorch's random numbers and
/// autocast alone, and it changes none of its inputs in place; batch normalisation may update its running statistics.
struct Stage {
  std::string name;
  std::function<Activations(const Activations&)> forward;
};

class Chain {
 public:
  /// `forward` takes and gives a tensor, or takes and gives Activations.
  template <class Forward>
  Chain& add(std::string name, Forward forward);

  size_t size() const { return stages_.size(); }
  /// l = 1 .. size(), as in the papers.
  const Stage& stage(size_t l) const { return stages_[l - 1]; }

  /// All stages in order, each recorded by autograd as any other code.
  Activations forward(const Activations& input) const;
  /// The same for a chain that begins and ends with one tensor.
  torch::Tensor forward(const torch::Tensor& input) const { return forward(Activations{input}).at(0); }

 private:
  std::vector<Stage> stages_;
};

template <class Forward>
Chain& Chain::add(std::string name, Forward forward) {
  if constexpr (std::is_invocable_r_v<torch::Tensor, Forward&, const torch::Tensor&>) {
    stages_.push_back({std::move(name), [forward = std::move(forward)](const Activations& a) mutable {
                         return Activations{forward(a.at(0))};
                       }});
  } else {
    stages_.push_back({std::move(name), std::move(forward)});
  }
  return *this;
}

}  // namespace cairn::nn
