#include "cairn/models/autoregressive/nade.h"

#include "cairn/models/autoregressive/frequencies.h"
#include "cairn/models/autoregressive/stepper_base.h"
#include "cairn/nn/init.h"
#include "cairn/ops/nade.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

/// Carries a_i = c + sum_{j < i} W_j x_j; h is computed anew only after a variable that was not 0.
class NadeStepper : public StepperBase {
 public:
  NadeStepper(const DensityModel& model, Order order, int64_t examples, const std::array<torch::Tensor, 4>& parameters)
      : StepperBase(model, std::move(order), examples),
        W_(as_floats(parameters[0])),
        V_(as_floats(parameters[1])),
        b_(as_floats(parameters[2])),
        H_(W_.size(1)),
        a_(as_floats(parameters[3]).repeat({examples, 1})),
        h_(torch::empty_like(a_)) {
    each_example([&](int64_t n) { ops::sigmoid(row(a_, n), row(h_, n), H_); });
  }

  void logits(float* out) override {
    each_example([&](int64_t n) {
      float* logit = out + n * row_count();
      ops::dot_rows(row(V_, first_row()), row_count(), H_, row(h_, n), H_, logit);
      for (int64_t k = 0; k < row_count(); ++k) logit[k] += b_.data_ptr<float>()[first_row() + k];
    });
  }

  void observe(const int64_t* values) override {
    each_example([&](int64_t n) {
      if (values[n] == 0) return;
      ops::add_row(row(a_, n), row(W_, row_of(values[n])), H_);
      ops::sigmoid(row(a_, n), row(h_, n), H_);
    });
    advance();
  }

 private:
  float* row(const torch::Tensor& matrix, int64_t i) const { return matrix.data_ptr<float>() + i * H_; }

  torch::Tensor W_, V_, b_;
  int64_t H_;
  torch::Tensor a_, h_;  // [N, H]
};

}  // namespace

Nade::Nade(ops::Variables variables, Order order, int64_t hidden, RandomStream random)
    : DensityModel(std::move(variables)), order_(std::move(order)) {
  const int64_t R = this->variables().R();
  W = register_parameter("W", nn::glorot(R, hidden, random.at(0)));
  V = register_parameter("V", nn::glorot(R, hidden, random.at(1)));
  b = register_parameter("b", torch::zeros({R}));
  c = register_parameter("c", torch::zeros({hidden}));
}

torch::Tensor Nade::conditionals(const torch::Tensor& x, int64_t /*member*/) {
  const auto logits = ops::nade({.x = x, .W = W, .V = V, .b = b, .c = c, .variables = variables(), .order = order_});
  return ops::log_likelihood(logits, x, variables());
}

void Nade::set_frequencies(const torch::Tensor& frequencies) {
  torch::NoGradGuard no_grad;
  b.copy_(logits_of(frequencies, variables()));
}

std::unique_ptr<Stepper> Nade::stepper(const Path& path, int64_t examples) {
  check(path);
  return std::make_unique<NadeStepper>(*this, path.order, examples, std::array<torch::Tensor, 4>{W, V, b, c});
}

}  // namespace cairn::autoregressive
