#include "cairn/models/autoregressive/deep_nade.h"

#include <algorithm>

#include <torch/nn/functional.h>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/deep_nade_stepper.h"
#include "cairn/models/autoregressive/frequencies.h"
#include "cairn/nn/init.h"

namespace cairn::autoregressive {

namespace F = torch::nn::functional;

namespace {

constexpr int64_t kStates = 1024;  // hidden states at a time: 2 MB at 500 units

}  // namespace

DeepNade::DeepNade(ops::Variables variables, DeepNadeOptions options, RandomStream random)
    : DensityModel(std::move(variables)), options_(std::move(options)) {
  const int64_t R = this->variables().R(), D = this->variables().D();
  const auto& H = options_.hidden;
  input_ = register_parameter("input", nn::glorot(H[0], R, random.at(0)));
  mask_ = register_parameter("mask", nn::glorot(H[0], D, random.at(1)));
  biases_.push_back(register_parameter("bias1", torch::zeros({H[0]})));
  for (size_t l = 1; l < H.size(); ++l) {
    weights_.push_back(register_parameter(cat("weight", l + 1), nn::he(H[l], H[l - 1], random.at(l + 1))));
    biases_.push_back(register_parameter(cat("bias", l + 1), torch::zeros({H[l]})));
  }
  V = register_parameter("V", nn::glorot(R, H.back(), random.at(H.size() + 1)));
  b = register_parameter("b", torch::zeros({R}));
}

torch::Tensor DeepNade::activate(const torch::Tensor& a) const {
  return options_.activation == "relu" ? torch::relu(a) : torch::sigmoid(a);
}

torch::Tensor DeepNade::hidden(const torch::Tensor& h, size_t l) const {
  return activate(F::linear(h, weights_[l - 1], biases_[l]));
}

torch::Tensor DeepNade::top(const torch::Tensor& a1) const {
  auto h = activate(a1);
  for (size_t l = 1; l < biases_.size(); ++l) h = hidden(h, l);
  return h;
}

namespace {

/// Which variables each example knows: [B, D] of 0 and 1. The number known is uniform on 0 .. D - 1, the set uniform
/// among those of that size. Drawn example by example from its own random stream.
torch::Tensor draw_known(int64_t B, int64_t D, const RandomStream& random) {
  const auto known = torch::zeros({B, D}, torch::kUInt8);
  uint8_t* data = known.data_ptr<uint8_t>();
  at::parallel_for(0, B, 16, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      RandomStream own = random.at(n);
      uint64_t wanted = own.below(D);
      for (int64_t d = 0; d < D && wanted > 0; ++d) {  // selection sampling, Knuth 3.4.2 S
        if (own.below(D - d) < wanted) {
          data[n * D + d] = 1;
          --wanted;
        }
      }
    }
  });
  return known;
}

}  // namespace

std::optional<DensityModel::Staged> DeepNade::staged_objective(const torch::Tensor& x, RandomStream random) {
  const int64_t D = variables().D();
  const auto type = input_.scalar_type();
  const auto known = draw_known(x.size(0), D, random).to(x.device());
  // [B, R]: unknown ones look like level 0
  Staged staged{.chain = {}, .input = ops::one_hot(x * known, variables(), type)};
  staged.chain.add("hidden 1", [this, known, type](const torch::Tensor& e) {
    return activate(F::linear(e, input_, biases_[0]) + F::linear(known.to(type), mask_));  // [B, H_1]
  });
  for (size_t l = 1; l < biases_.size(); ++l) {
    staged.chain.add(cat("hidden ", l + 1), [this, l](const torch::Tensor& h) { return hidden(h, l); });
  }
  staged.chain.add("output", [this, x, known, type, D](const torch::Tensor& h) {
    const auto logits = F::linear(h, V, b).to(type);  // [B, R]
    const auto terms = ops::log_likelihood(logits, x, variables()) * (1 - known.to(type));
    return objective_of(terms) * static_cast<double>(D) / (D - known.to(type).sum(1));
  });
  return staged;
}

torch::Tensor DeepNade::conditionals(const torch::Tensor& x, int64_t member) {
  // a_1 after i known variables is a running sum, so the first layer costs one row a step; the layers above are run
  // for some positions at once, few enough that their states stay in the cache: [B, block, H].
  const Order& o = order(member);
  const int64_t B = x.size(0), D = variables().D(),
                block = std::clamp<int64_t>(kStates / std::max<int64_t>(B, 1), 1, 16);
  const auto e = ops::one_hot(x, variables(), input_.scalar_type());
  const auto columns = input_.t().contiguous(), mask_columns = mask_.t().contiguous();  // [R, H_1], [D, H_1]
  const auto rows_of = [&](const torch::Tensor& t, int64_t dim, int64_t d) {
    return t.narrow(dim, variables().offsets[d], variables().levels[d] - 1);
  };
  auto a1 = biases_[0].expand({B, -1});  // [B, H_1]
  std::vector<torch::Tensor> logits(D);
  for (int64_t begin = 0; begin < D; begin += block) {
    const int64_t end = std::min(begin + block, D);
    std::vector<torch::Tensor> states;
    for (int64_t i = begin; i < end; ++i) {
      states.push_back(a1);
      const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);  // a long sum stays exact
      a1 = torch::addmm(a1 + mask_columns[o[i]], rows_of(e, 1, o[i]), rows_of(columns, 0, o[i]));
    }
    const auto h = top(torch::stack(states, 1));  // [B, block, H_L]
    for (int64_t i = begin; i < end; ++i) {
      logits[o[i]] = F::linear(h.select(1, i - begin), rows_of(V, 0, o[i]), rows_of(b, 0, o[i]));
    }
  }
  return ops::log_likelihood(torch::cat(logits, 1).to(input_.scalar_type()), x, variables());
}

void DeepNade::set_frequencies(const torch::Tensor& frequencies) {
  torch::NoGradGuard no_grad;
  b.copy_(logits_of(frequencies, variables()));
}

std::unique_ptr<Stepper> DeepNade::stepper(const Path& path, int64_t examples) {
  DeepNadeWeights weights;
  weights.input = as_floats(input_.t());
  weights.mask = as_floats(mask_.t());
  weights.V = as_floats(V);
  weights.b = as_floats(b);
  for (const auto& weight : weights_) weights.layers.push_back(as_floats(weight));
  for (const auto& bias : biases_) weights.biases.push_back(as_floats(bias));
  return make_deep_nade_stepper(*this, path.order, examples, {std::move(weights), options_.activation == "relu"});
}

}  // namespace cairn::autoregressive
