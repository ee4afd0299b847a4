#include "cairn/models/autoregressive/deep_nade_stepper.h"

#include "cairn/models/autoregressive/stepper_base.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

class DeepNadeStepper : public StepperBase {
 public:
  DeepNadeStepper(const DensityModel& model, const Order& order, int64_t examples, DeepNadeStepperOptions options)
      : StepperBase(model, order, examples), weights_(std::move(options.weights)), relu_(options.relu) {
    a1_ = weights_.biases[0].repeat({examples, 1});
    for (const auto& bias : weights_.biases) states_.push_back(torch::empty({examples, bias.size(0)}));
  }

  void logits(float* out) override {
    const int64_t rows = row_count(), width = weights_.V.size(1);
    each_example([&](int64_t n) {
      float* logit = out + n * rows;
      ops::dot_rows(row(weights_.V, first_row()), rows, width, run_layers(n), width, logit);
      for (int64_t k = 0; k < rows; ++k) logit[k] += weights_.b.data_ptr<float>()[first_row() + k];
    });
  }

  void observe(const int64_t* values) override {
    each_example([&](int64_t n) {
      if (values[n] > 0) ops::add_row(row(a1_, n), row(weights_.input, row_of(values[n])), a1_.size(1));
      ops::add_row(row(a1_, n), row(weights_.mask, variable()), a1_.size(1));
    });
    advance();
  }

 private:
  static float* row(const torch::Tensor& matrix, int64_t i) { return matrix.data_ptr<float>() + i * matrix.size(1); }

  void activate(const float* a, float* h, int64_t width) const {
    relu_ ? ops::relu(a, h, width) : ops::sigmoid(a, h, width);
  }

  /// The last hidden layer of example n.
  const float* run_layers(int64_t n) {
    float* h = row(states_[0], n);
    activate(row(a1_, n), h, a1_.size(1));
    for (size_t l = 0; l < weights_.layers.size(); ++l) {
      const auto& weight = weights_.layers[l];
      float* next = row(states_[l + 1], n);
      ops::dot_rows(weight.data_ptr<float>(), weight.size(0), weight.size(1), h, weight.size(1), next);
      ops::add_row(next, weights_.biases[l + 1].data_ptr<float>(), weight.size(0));
      activate(next, next, weight.size(0));
      h = next;
    }
    return h;
  }

  DeepNadeWeights weights_;
  bool relu_;
  torch::Tensor a1_;                   // [N, H_1]
  std::vector<torch::Tensor> states_;  // [N, H_l]
};

}  // namespace

std::unique_ptr<Stepper> make_deep_nade_stepper(const DensityModel& model, const Order& order, int64_t examples,
                                                DeepNadeStepperOptions options) {
  return std::make_unique<DeepNadeStepper>(model, order, examples, std::move(options));
}

}  // namespace cairn::autoregressive
