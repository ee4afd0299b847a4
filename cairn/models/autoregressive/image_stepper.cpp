#include "cairn/models/autoregressive/image_stepper.h"

#include "cairn/models/autoregressive/pixel_state.h"
#include "cairn/models/autoregressive/stepper_base.h"

namespace cairn::autoregressive {

namespace {

class ImageStepper : public StepperBase {
 public:
  ImageStepper(const DensityModel& model, const Order& order, int64_t examples, ImageStepperOptions options)
      : StepperBase(model, order, examples), options_(std::move(options)), state_(options_.program, examples) {}

  void logits(float* out) override {
    const int64_t rows = row_count();
    if (at_label()) {
      for (int64_t n = 0; n < examples(); ++n) std::copy_n(options_.prior.data_ptr<float>(), rows, out + n * rows);
      return;
    }
    compute();
    const Pixel pixel = this->pixel();
    for (int64_t n = 0; n < examples(); ++n) {
      std::copy_n(state_.result(n, pixel.row, pixel.column) + pixel.channel * rows, rows, out + n * rows);
    }
  }

  void observe(const int64_t* values) override {
    if (at_label()) {
      for (int64_t n = 0; n < examples(); ++n) state_.set_label(n, values[n]);
    } else {
      compute();
      const Pixel pixel = this->pixel();
      const auto largest = static_cast<float>(options_.levels - 1);
      for (int64_t n = 0; n < examples(); ++n) {
        state_.set(n, pixel.row, pixel.column, pixel.channel, static_cast<float>(values[n]) / largest);
      }
    }
    advance();
  }

 private:
  struct Pixel {
    int64_t row, column, channel;
  };
  bool at_label() const { return options_.prior.defined() && position() == 0; }
  Pixel pixel() const {
    const auto& shape = options_.program.shape();
    const int64_t i = variable() / shape.channels;
    return {i / shape.columns, i % shape.columns, variable() % shape.channels};
  }

  /// The features at the current variable, if they are not there yet.
  void compute() {
    if (computed_ == position()) return;
    computed_ = position();
    const auto [row, column, channel] = pixel();
    constexpr int64_t kShare = 8;  // images: fewer are not worth a thread
    at::parallel_for(0, examples(), kShare, [&](int64_t begin, int64_t end) {
      if (column == 0 && channel == 0) state_.begin_row(row, begin, end);
      state_.compute({.row = row,
                      .begin = column,
                      .end = column + 1,
                      .first = channel,
                      .last = channel + 1,
                      .image = begin,
                      .image_end = end});
    });
  }

  ImageStepperOptions options_;
  PixelState state_;
  int64_t computed_ = -1;  // position
};

}  // namespace

std::unique_ptr<Stepper> make_image_stepper(const DensityModel& model, const Order& order, int64_t examples,
                                            ImageStepperOptions options) {
  return std::make_unique<ImageStepper>(model, order, examples, std::move(options));
}

}  // namespace cairn::autoregressive
