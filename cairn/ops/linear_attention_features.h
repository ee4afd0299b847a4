// Similarities sim(q, k) = phi(q) . phi(k) as feature maps, differentiable, on any device.
#pragma once

#include <torch/types.h>

#include "cairn/base/random.h"

namespace cairn::ops {

enum class Similarity {
  dot,           ///< q . k itself, which may be negative: for decay, gates, the delta rule; not normalised
  unit,          ///< q . k of unit vectors: the keys of DeltaNet; not normalised
  elu,           ///< phi(x) = elu(x) + 1 (Katharopoulos et al. 2020)
  relu,          ///< phi(x) = max(0, x)
  squared_relu,  ///< phi(x) = max(0, x)^2
  taylor,        ///< 1 + q . k of unit vectors: exp to first order; phi(x) = (1, x / |x|)
  efficient,     ///< softmax of q over features, of k over positions: rows sum to 1 (Shen et al. 2018)
  performer,     ///< positive random features of exp(q . k / sqrt(d)) (Choromanski et al. 2021)
  cosformer      ///< max(0, q) . max(0, k) cos(pi (i - j) / 2 M) (Qin et al. 2022); |i - j| <= M
};
/// "elu", as written above.
const char* name_of(Similarity similarity);

enum class Role { query, key };

struct FeatureOptions {
  Similarity similarity = Similarity::elu;
  Role role = Role::query;
  torch::Tensor projection;  ///< [m, d]: performer_projection
  torch::Tensor positions;   ///< broadcasts with [.., T]: cosformer
  int64_t longest = 0;       ///< M: cosformer
  torch::Tensor mask;        ///< broadcasts with [.., T], true where a key takes part; or undefined
};

/// x [.., T, d], float or double -> phi(x) [.., T, D]; rows of masked keys are 0. Keys of `efficient` are seen by all
/// queries; for those so far see linear_attention_efficient.h.
torch::Tensor features(const torch::Tensor& x, const FeatureOptions& options);
/// D for a head of d numbers.
int64_t features_of(Similarity similarity, int64_t d, const torch::Tensor& projection);

/// m rows [m, d], double: directions in orthogonal blocks of d, each as long as a vector of d standard normals. A
/// function of the stream alone: `stream.at(step)` redraws.
torch::Tensor performer_projection(int64_t m, int64_t d, const RandomStream& stream);

}  // namespace cairn::ops
