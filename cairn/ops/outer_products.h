// Sums of outer products over the pixels of an image: the gradient of a convolution's weights.
#pragma once

#include <cstdint>

namespace cairn::ops {

/// out[o, k] += sum_r sum_c g[r, c, o] u[r, c, k], each pixel's numbers beside each other. Windows of u may overlap:
/// its pixels are `u_pixel` numbers apart whatever `inputs` is. Behind the last number of u, outer_slack() more must be
/// readable; their values do not matter.
struct OuterProducts {
  const float* g;
  int64_t g_row, g_pixel;  ///< strides
  const float* u;
  int64_t u_row, u_pixel;
  int64_t rows, columns;
  int64_t outputs, inputs;
  float* out;  ///< [outputs, inputs], dense
};
void add_outer_products(const OuterProducts& job);

/// At most this many numbers are read behind the last.
int64_t outer_slack();

}  // namespace cairn::ops
