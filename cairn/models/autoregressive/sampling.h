// Drawing from a model, with or without some variables known.
#pragma once

#include "cairn/models/autoregressive/density_model.h"

namespace cairn::autoregressive {

/// Variables that are given: `mask` [D] bool, the same for all examples; `values` [N, D] uint8, read where the mask is
/// set.
struct Known {
  torch::Tensor values;
  torch::Tensor mask;
};

/// Nothing is known of N examples.
Known nothing_known(const DensityModel& model, int64_t N);

/// Exact draws from p(x_unknown | x_known): [N, D] uint8. Example n draws from random.at(n), whatever N is.
///
/// An ordering gives exact conditional draws if it visits the known variables first. An orderless model makes such an
/// order; of an ensemble, each example picks among the members whose order allows it, in proportion to their
/// p(x_known). Throws UsageError, with the reason, if no order allows it.
torch::Tensor complete(DensityModel& model, const Known& known, const RandomStream& random);

/// Exact draws from p(x): [N, D] uint8.
torch::Tensor sample(DensityModel& model, int64_t N, const RandomStream& random);

}  // namespace cairn::autoregressive
