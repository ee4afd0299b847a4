// Masked convolutions (van den Oord, Kalchbrenner & Kavukcuoglu 2016, section 3.4), cropped: a filter that looks up and
// to the left has no taps below and to the right, so none are stored or computed.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/pimpl.h>
#include <torch/types.h>

#include "cairn/base/random.h"

namespace cairn::autoregressive {

/// What a filter sees of its own pixel, the one at offset (0, 0), where features are split into a group for each colour
/// channel. Mask A: groups of earlier channels. Mask B: its own group too. Whole: all, for maps that hold no pixel that
/// is not known yet.
enum class Centre { mask_a, mask_b, whole };

/// Offsets from the pixel, ends included. Unless the centre is whole, what follows the pixel in its row is masked.
struct ConvWindow {
  int64_t first_row = 0, last_row = 0;        ///< <= 0
  int64_t first_column = 0, last_column = 0;  ///< last_column <= -first_column
  Centre centre = Centre::mask_b;
};

/// The half of a filter of side `kernel` that masks leave.
ConvWindow half_window(int64_t kernel, Centre centre);

struct MaskedConvOptions {
  int64_t in, out;
  ConvWindow window;
  int64_t groups = 1;  ///< colour channels
  int64_t labels = 0;  ///< classes that have a bias of their own; 0: none
};

/// Parameters "weight" [out, in, rows, columns] of the window, "bias" [out], with labels "label" [labels, out].
class MaskedConvImpl : public torch::nn::Module {
 public:
  MaskedConvImpl(const MaskedConvOptions& options, const RandomStream& random);

  /// What is convolved: x, or max(x, 0).
  enum class Input { as_it_is, rectified };
  /// x [B, in, H, W] -> [B, out, H, W]; beyond the border are zeros. `y` [B] int64: the classes, or undefined.
  /// `residual`, of the result's shape or undefined, is added.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& y, Input input,
                        const torch::Tensor& residual = {}) const;

  const MaskedConvOptions& options() const { return options_; }
  torch::Tensor masked_weight() const;
  const torch::Tensor& bias() const { return bias_; }
  const torch::Tensor& label() const { return label_; }  ///< undefined without labels

 private:
  MaskedConvOptions options_;
  torch::Tensor weight_, bias_, label_;
  torch::Tensor mask_;  // of the weight's shape, 0 and 1; undefined if it is all ones
};
TORCH_MODULE(MaskedConv);

}  // namespace cairn::autoregressive
