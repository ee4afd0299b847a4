#include "cairn/nn/chain.h"

namespace cairn::nn {

Activations Chain::forward(const Activations& input) const {
  Activations a = input;
  for (const Stage& stage : stages_) a = stage.forward(a);
  return a;
}

}  // namespace cairn::nn
