// A convolution whose filter is any window of offsets at or above and around a pixel: what masked filters of image
// models leave (van den Oord et al. 2016), without computing what they mask.
//
//   y[b, :, r, c] = bias + sum_ij weight[:, :, i, j] f(x[b, :, r + first_row + i, c + first_column + j]) [+ residual]
//
// with zeros beyond the border, and f the identity or max(., 0). One image after the other, so that its features stay
// in the cache; rows of pixels are rows of products with packed weights (packed_matrix.h).
#pragma once

#include <torch/types.h>

namespace cairn::ops {

struct CroppedConvOptions {
  int64_t first_row = 0;     ///< <= 0; the window's last row is at most 0
  int64_t first_column = 0;  ///< <= 0; its last column is at least 0
  bool relu_input = false;   ///< f = max(., 0)
};

/// x [B, C, H, W], weight [O, C, rows, columns], bias [O] -> y [B, O, H, W], channels last in memory; differentiable
/// once in all three. Single precision on the processor by kernels of ours (a half-precision x is widened), or in
/// bfloat16 where autocast says so and the processor multiplies it (cropped_conv_bf16.h); else by the definition.
/// Throws UsageError for shapes and offsets that do not fit.
torch::Tensor cropped_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const CroppedConvOptions& options, const torch::Tensor& residual = {});

/// By LibTorch's convolution, differentiable by autograd: the oracle.
torch::Tensor cropped_conv_reference(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                                     const CroppedConvOptions& options, const torch::Tensor& residual = {});

}  // namespace cairn::ops
