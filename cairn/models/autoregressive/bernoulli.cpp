#include "cairn/models/autoregressive/bernoulli.h"

#include <cmath>
#include <cstring>

#include <ATen/autocast_mode.h>

#include "cairn/models/autoregressive/frequencies.h"
#include "cairn/models/autoregressive/stepper_base.h"
#include "cairn/nn/init.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

class IndependentStepper : public StepperBase {
 public:
  IndependentStepper(const DensityModel& model, Order order, int64_t examples, const torch::Tensor& b)
      : StepperBase(model, std::move(order), examples), b_(as_floats(b)) {}

  void logits(float* out) override {
    const float* b = b_.data_ptr<float>() + first_row();
    for (int64_t n = 0; n < examples(); ++n) std::copy_n(b, row_count(), out + n * row_count());
  }
  void observe(const int64_t* /*values*/) override { advance(); }

 private:
  torch::Tensor b_;
};

/// Keeps log pi_m + log p_m(x so far) of each component; the next variable's distribution is their posterior mean.
class MixtureStepper : public StepperBase {
 public:
  MixtureStepper(const DensityModel& model, Order order, int64_t examples, const torch::Tensor& log_weights,
                 const torch::Tensor& b)
      : StepperBase(model, std::move(order), examples),
        components_(b.size(0)),
        rows_(b.size(1)),
        b_(as_floats(b)),
        evidence_(as_floats(log_weights.log_softmax(0)).repeat({examples, 1})) {}

  void logits(float* out) override {
    each_example([&](int64_t n) { posterior_logits(n, out + n * row_count()); });
  }

  void observe(const int64_t* values) override {
    each_example([&](int64_t n) {
      for (int64_t m = 0; m < components_; ++m) evidence(n)[m] += log_probability(m, values[n]);
    });
    advance();
  }

 private:
  float* evidence(int64_t n) { return evidence_.data_ptr<float>() + n * components_; }
  const float* component_logits(int64_t m) const { return b_.data_ptr<float>() + m * rows_ + first_row(); }
  float log_probability(int64_t m, int64_t value) const {
    return static_cast<float>(ops::log_probability(component_logits(m), row_count(), value));
  }

  void posterior_logits(int64_t n, float* out) {
    const float top = *std::max_element(evidence(n), evidence(n) + components_);
    std::vector<float> mass(row_count() + 1, 0.0f);
    for (int64_t m = 0; m < components_; ++m) {
      const float weight = evidence(n)[m] - top;
      for (int64_t k = 0; k <= row_count(); ++k) mass[k] += ops::exp(weight + log_probability(m, k));
    }
    const float floor = 1e-30f;
    for (int64_t k = 0; k < row_count(); ++k) {
      out[k] = ops::log(std::max(mass[k + 1], floor)) - ops::log(std::max(mass[0], floor));
    }
  }

  int64_t components_;
  int64_t rows_;
  torch::Tensor b_;
  torch::Tensor evidence_;  // [N, M]
};

}  // namespace

IndependentBernoulli::IndependentBernoulli(ops::Variables variables, Order order)
    : DensityModel(std::move(variables)), order_(std::move(order)) {
  b = register_parameter("b", torch::zeros({this->variables().R()}));
}

torch::Tensor IndependentBernoulli::conditionals(const torch::Tensor& x, int64_t /*member*/) {
  return ops::log_likelihood(b.expand({x.size(0), -1}), x, variables());
}

void IndependentBernoulli::set_frequencies(const torch::Tensor& frequencies) {
  torch::NoGradGuard no_grad;
  b.copy_(logits_of(frequencies, variables()));
}

std::unique_ptr<Stepper> IndependentBernoulli::stepper(const Path& path, int64_t examples) {
  return std::make_unique<IndependentStepper>(*this, path.order, examples, b);
}

BernoulliMixture::BernoulliMixture(ops::Variables variables, Order order, int64_t components, RandomStream random)
    : DensityModel(std::move(variables)), order_(std::move(order)) {
  log_weights = register_parameter("log_weights", torch::zeros({components}));
  b = register_parameter("b", nn::normal({components, this->variables().R()}, 0.5, random));
}

torch::Tensor BernoulliMixture::component_terms(const torch::Tensor& x) const {
  const int64_t B = x.size(0), M = b.size(0), R = b.size(1), D = x.size(1);
  const auto logits = b.unsqueeze(0).expand({B, M, R}).reshape({B * M, R});
  const auto repeated = x.unsqueeze(1).expand({B, M, D}).reshape({B * M, D});
  return ops::log_likelihood(logits, repeated, variables()).view({B, M, D});
}

torch::Tensor BernoulliMixture::log_p(const torch::Tensor& x, int64_t /*member*/) {
  // log p_m(x) for all m at once: e b^T - sum_d log Z_md, without the [B, M, D] terms. A shorter type's product would
  // not match log Z.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto e = ops::one_hot(x, variables(), b.scalar_type());  // [B, R]
  const auto empty = torch::zeros({1, x.size(1)}, x.options()).expand({b.size(0), -1});
  const auto log_z = ops::log_likelihood(b, empty, variables()).sum(1);  // [M]
  return (torch::matmul(e, b.t()) + log_z + log_weights.log_softmax(0)).logsumexp(1);
}

torch::Tensor BernoulliMixture::conditionals(const torch::Tensor& x, int64_t /*member*/) {
  const auto visited = torch::tensor(order_, torch::TensorOptions().dtype(torch::kInt64).device(x.device()));
  const auto terms = component_terms(x).index_select(2, visited);  // [B, M, D] by position
  const auto joint = log_weights.log_softmax(0).view({1, -1, 1}) + terms.cumsum(2);
  const auto prefix = joint.logsumexp(1);  // log p(x_o1 .. x_oi)
  const auto before = torch::cat({torch::zeros({x.size(0), 1}, prefix.options()), prefix.slice(1, 0, -1)}, 1);
  return torch::zeros_like(prefix).index_copy(1, visited, prefix - before);
}

void BernoulliMixture::set_frequencies(const torch::Tensor& frequencies) {
  torch::NoGradGuard no_grad;
  b.add_(logits_of(frequencies, variables()));
}

std::unique_ptr<Stepper> BernoulliMixture::stepper(const Path& path, int64_t examples) {
  return std::make_unique<MixtureStepper>(*this, path.order, examples, log_weights, b);
}

}  // namespace cairn::autoregressive
