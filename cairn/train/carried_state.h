// What a step of training hands to the next besides the weights: the state of a text that is read on.
#pragma once

#include <map>
#include <string>

#include <torch/types.h>

namespace cairn::train {

/// A Task that derives from this too gets its tensors kept in checkpoints and handed back when the run goes on.
class CarriedState {
 public:
  virtual ~CarriedState() = default;
  virtual std::map<std::string, torch::Tensor> carried() const = 0;
  virtual void carry(const std::map<std::string, torch::Tensor>& tensors) = 0;
};

}  // namespace cairn::train
