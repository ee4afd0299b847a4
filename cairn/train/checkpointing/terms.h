// The words of the floor below that gradient checkpointing is about.
#pragma once

#include "cairn/nn/chain.h"

namespace cairn::checkpointing {

using nn::Activations;
using nn::Chain;
using nn::Stage;

}  // namespace cairn::checkpointing
