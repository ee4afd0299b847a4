#include "cairn/ops/linear_attention_features.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "cairn/ops/feature_maps.h"
#include "cairn/ops/linear_attention_efficient.h"
#include "cairn/ops/packed_linear.h"

namespace cairn::ops {

namespace {

/// x / |x|, and 0 for 0.
torch::Tensor unit(const torch::Tensor& x) {
  constexpr double kTiny = 1e-6;  // also bounds the gradient at 0
  return x / x.norm(2, -1, /*keepdim=*/true).clamp_min(kTiny);
}

torch::Tensor with_one(const torch::Tensor& x) {
  return torch::cat({torch::ones_like(x.narrow(-1, 0, 1)), x}, -1);
}

torch::Tensor efficient(const torch::Tensor& x, const FeatureOptions& o) {
  if (o.role == Role::query) return torch::softmax(x, -1);
  return torch::softmax(log_weights(x, o.mask), -2);
}

/// exp(w . x - |x|^2 / 2) / sqrt(m) with x / d^(1/4) for x. Of a query every feature may be multiplied by one number,
/// which normalisation takes out again: so |q|^2 is left out and the largest exponent made 0. A key's exponent is at
/// most |w|^2 / 2; beyond kHighest, where only d > 100 can get, it is cut off.
torch::Tensor performer(const torch::Tensor& x, const FeatureOptions& o) {
  constexpr double kHighest = 60;
  const auto scaled = x * std::pow(static_cast<double>(x.size(-1)), -0.25), projection = o.projection.to(x.options());
  const auto w = x.is_cpu() ? packed_linear(scaled, projection) : torch::linear(scaled, projection);
  const double share = 1 / std::sqrt(static_cast<double>(o.projection.size(0)));
  const auto exponents = o.role == Role::query
                             ? w - w.detach().amax(-1, /*keepdim=*/true)
                             : (w - scaled.square().sum(-1, /*keepdim=*/true) / 2).clamp_max(kHighest);
  return feature_map(exponents, FeatureMap::exp) * share;
}

/// cos(a - b) = cos a cos b + sin a sin b; angles in double, so that positions of millions are told apart.
torch::Tensor cosformer(const torch::Tensor& x, const FeatureOptions& o) {
  const auto angle =
      (o.positions.to(torch::kFloat64) * (std::numbers::pi / 2 / static_cast<double>(o.longest))).unsqueeze(-1);
  const auto positive = feature_map(x, FeatureMap::relu), cos = angle.cos().to(x.options()),
             sin = angle.sin().to(x.options());
  return torch::cat({positive * cos, positive * sin}, -1);
}

torch::Tensor unmasked_features(const torch::Tensor& x, const FeatureOptions& o) {
  switch (o.similarity) {
    case Similarity::dot:
      return x;
    case Similarity::unit:
      return unit(x);
    case Similarity::elu:
      return feature_map(x, FeatureMap::elu);
    case Similarity::relu:
      return feature_map(x, FeatureMap::relu);
    case Similarity::squared_relu:
      return feature_map(x, FeatureMap::squared_relu);
    case Similarity::taylor:
      return with_one(unit(x));
    case Similarity::efficient:
      return efficient(x, o);
    case Similarity::performer:
      return performer(x, o);
    case Similarity::cosformer:
      break;
  }
  return cosformer(x, o);
}

/// Rows orthogonal to each other: [count, d], count <= d.
torch::Tensor orthogonal_rows(int64_t count, int64_t d, RandomStream& stream) {
  auto normal = torch::empty({d, d}, torch::kFloat64);
  std::generate_n(normal.data_ptr<double>(), d * d, [&] { return stream.normal(); });
  const auto [Q, R] = at::linalg_qr(normal);
  return (Q * R.diagonal().sign()).t().narrow(0, 0, count);
}

}  // namespace

const char* name_of(Similarity similarity) {
  constexpr const char* kNames[] = {"dot",    "unit",      "elu",       "relu",     "squared_relu",
                                    "taylor", "efficient", "performer", "cosformer"};
  return kNames[static_cast<int>(similarity)];
}

int64_t features_of(Similarity similarity, int64_t d, const torch::Tensor& projection) {
  switch (similarity) {
    case Similarity::taylor:
      return d + 1;
    case Similarity::performer:
      return projection.size(0);
    case Similarity::cosformer:
      return 2 * d;
    default:
      return d;
  }
}

torch::Tensor features(const torch::Tensor& x, const FeatureOptions& options) {
  const auto phi = unmasked_features(x, options);
  return options.mask.defined() ? phi.masked_fill(options.mask.logical_not().unsqueeze(-1), 0) : phi;
}

torch::Tensor performer_projection(int64_t m, int64_t d, const RandomStream& stream) {
  RandomStream own = stream;
  std::vector<torch::Tensor> blocks;
  for (int64_t from = 0; from < m; from += d) blocks.push_back(orthogonal_rows(std::min(d, m - from), d, own));
  auto lengths = torch::empty({m, d}, torch::kFloat64);
  std::generate_n(lengths.data_ptr<double>(), m * d, [&] { return own.normal(); });
  return torch::cat(blocks) * lengths.norm(2, 1, /*keepdim=*/true);
}

}  // namespace cairn::ops
