#include "cairn/models/autoregressive/made_stepper.h"

#include <algorithm>

#include "cairn/models/autoregressive/stepper_base.h"
#include "cairn/ops/row_kernels.h"

namespace cairn::autoregressive {

namespace {

class MadeStepper : public StepperBase {
 public:
  MadeStepper(const DensityModel& model, const Order& order, int64_t examples, MadeStepperOptions options)
      : StepperBase(model, order, examples), net_(std::move(options)) {
    sums_ = net_.layers[0].bias.repeat({examples, 1});
    e_ = torch::zeros({examples, net_.b.size(0)});
    for (const auto& layer : net_.layers) {
      states_.push_back(torch::zeros({examples, layer.bias.size(0)}));
      finished_.push_back(0);
    }
  }

  void logits(float* out) override {
    const int64_t rows = row_count(), seen = finished_.back();
    each_example([&](int64_t n) {
      float* logit = out + n * rows;
      ops::dot_rows(row(net_.V, input_row_), rows, net_.V.size(1), row(states_.back(), n), seen, logit);
      for (int64_t k = 0; k < rows; ++k) logit[k] += net_.b.data_ptr<float>()[input_row_ + k];
      if (net_.A.defined()) add_direct(n, logit);
    });
  }

  void observe(const int64_t* values) override {
    const auto ends = units_known_after(position());
    each_example([&](int64_t n) {
      if (values[n] > 0) set_input(n, input_row_ + values[n] - 1);
      for (size_t l = 0; l < net_.layers.size(); ++l) compute(n, l, ends);
    });
    finished_ = ends;
    input_row_ += row_count();
    advance();
  }

 private:
  static float* row(const torch::Tensor& matrix, int64_t i) { return matrix.data_ptr<float>() + i * matrix.size(1); }

  /// How many units of each layer are known once positions 0 .. i are.
  std::vector<int64_t> units_known_after(int64_t i) const {
    std::vector<int64_t> ends;
    for (const auto& layer : net_.layers) {
      ends.push_back(std::upper_bound(layer.degrees.begin(), layer.degrees.end(), i) - layer.degrees.begin());
    }
    return ends;
  }

  /// Only units that are not finished still need the sum: those before never see this input.
  void set_input(int64_t n, int64_t input) {
    const int64_t from = finished_[0];
    ops::add_row(row(sums_, n) + from, row(net_.layers[0].weight, input) + from, sums_.size(1) - from);
    row(e_, n)[input] = 1;
  }

  /// Finishes the units of layer l that have just become computable.
  void compute(int64_t n, size_t l, const std::vector<int64_t>& ends) {
    const int64_t begin = finished_[l], count = ends[l] - begin;
    if (count == 0) return;
    float* h = row(states_[l], n) + begin;
    if (l == 0) {
      std::copy_n(row(sums_, n) + begin, count, h);
    } else {
      const auto& layer = net_.layers[l];
      ops::dot_rows(row(layer.weight, begin), count, layer.weight.size(1), row(states_[l - 1], n), ends[l - 1], h);
      ops::add_row(h, layer.bias.data_ptr<float>() + begin, count);
    }
    net_.relu ? ops::relu(h, h, count) : ops::sigmoid(h, h, count);
  }

  void add_direct(int64_t n, float* logit) const {
    for (int64_t k = 0; k < row_count(); ++k) {
      logit[k] += ops::dot(row(net_.A, input_row_ + k), row(e_, n), input_row_);
    }
  }

  MadeStepperOptions net_;
  torch::Tensor sums_;                 // [N, H_1]: the first layer before its activation
  torch::Tensor e_;                    // [N, R] by position
  std::vector<torch::Tensor> states_;  // [N, H_l]
  std::vector<int64_t> finished_;      // units of each layer that are known
  int64_t input_row_ = 0;              // first row, by position, of the current variable
};

}  // namespace

std::unique_ptr<Stepper> make_made_stepper(const DensityModel& model, const Order& order, int64_t examples,
                                           MadeStepperOptions options) {
  return std::make_unique<MadeStepper>(model, order, examples, std::move(options));
}

}  // namespace cairn::autoregressive
