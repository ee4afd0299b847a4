#include "cairn/models/autoregressive/fvsbn.h"

#include <torch/nn/functional.h>

#include "cairn/models/autoregressive/frequencies.h"
#include "cairn/models/autoregressive/masks.h"
#include "cairn/models/autoregressive/stepper_base.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

/// Keeps every logit up to date: a variable that is not 0 adds its column of A.
class FvsbnStepper : public StepperBase {
 public:
  FvsbnStepper(const DensityModel& model, Order order, int64_t examples, const torch::Tensor& A, const torch::Tensor& b)
      : StepperBase(model, std::move(order), examples),
        rows_(b.size(0)),
        columns_(as_floats(A.t())),
        state_(as_floats(b).repeat({examples, 1})) {}

  void logits(float* out) override {
    each_example([&](int64_t n) { std::copy_n(state(n) + first_row(), row_count(), out + n * row_count()); });
  }

  void observe(const int64_t* values) override {
    each_example([&](int64_t n) {
      if (values[n] > 0) ops::add_row(state(n), columns_.data_ptr<float>() + row_of(values[n]) * rows_, rows_);
    });
    advance();
  }

 private:
  float* state(int64_t n) { return state_.data_ptr<float>() + n * rows_; }

  int64_t rows_;
  torch::Tensor columns_;  // [R, R]: column j of A as a row
  torch::Tensor state_;    // [N, R]
};

}  // namespace

Fvsbn::Fvsbn(ops::Variables variables, Order order) : DensityModel(std::move(variables)), order_(std::move(order)) {
  const int64_t R = this->variables().R();
  A = register_parameter("A", torch::zeros({R, R}));
  b = register_parameter("b", torch::zeros({R}));
  mask_ = direct_mask(this->variables(), order_);
}

torch::Tensor Fvsbn::conditionals(const torch::Tensor& x, int64_t /*member*/) {
  const auto e = ops::one_hot(x, variables(), A.scalar_type());  // [B, R]
  const auto logits = torch::nn::functional::linear(e, A * mask_.to(A.options()), b);
  return ops::log_likelihood(logits, x, variables());
}

void Fvsbn::set_frequencies(const torch::Tensor& frequencies) {
  torch::NoGradGuard no_grad;
  b.copy_(logits_of(frequencies, variables()));
}

std::unique_ptr<Stepper> Fvsbn::stepper(const Path& path, int64_t examples) {
  check(path);
  return std::make_unique<FvsbnStepper>(*this, path.order, examples, A * mask_.to(A.options()), b);
}

}  // namespace cairn::autoregressive
