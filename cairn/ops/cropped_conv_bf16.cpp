#include "cairn/ops/cropped_conv_bf16.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>

#include "cairn/ops/cropped_conv_context.h"
#include "cairn/ops/optional_input.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// A bfloat16 by its bits: as signed integers those above zero are those of positive numbers.
using Bits = int16_t;

Bits* bits_of(const torch::Tensor& t) {
  return reinterpret_cast<Bits*>(t.data_ptr<at::BFloat16>());
}

/// How an image's pixels [H, W C] lie among zeros: its first `seen` rows, those that the filter reaches at all, as
/// [rows, (left + W + right) C] with rows of zeros above.
struct Frame {
  int64_t H, W, C, above, left, right, rows, seen;

  static Frame of(torch::IntArrayRef x, torch::IntArrayRef weight, const CroppedConvOptions& options) {
    const int64_t rows = x[2] + weight[2] - 1, above = -options.first_row;
    return {.H = x[2],
            .W = x[3],
            .C = x[1],
            .above = above,
            .left = -options.first_column,
            .right = options.first_column + weight[3] - 1,
            .rows = rows,
            .seen = std::max<int64_t>(rows - above, 0)};
  }
  bool bordered() const { return above + left + right > 0; }
  int64_t width() const { return left + W + right; }
  int64_t row() const { return W * C; }
  /// Where row r of image n lies.
  int64_t place(int64_t n, int64_t r) const { return ((n * rows + above + r) * width() + left) * C; }
};

/// out = max(in, 0).
void rectify(const Bits* __restrict in, int64_t count, Bits* __restrict out) {
  for (int64_t k = 0; k < count; ++k) out[k] = std::max(in[k], Bits{0});
}

/// out = in where x > 0, else 0. Without a branch, which would have to be guessed.
void keep_where_positive(const Bits* __restrict in, const Bits* __restrict x, int64_t count, Bits* __restrict out) {
  for (int64_t k = 0; k < count; ++k) out[k] = static_cast<Bits>(in[k] & -static_cast<int>(x[k] > 0));
}

/// body(image) on all threads.
template <class Body>
void each_image(int64_t images, const Body& body) {
  at::parallel_for(0, images, 1, [&](int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) body(n);
  });
}

/// t [B, C, H, W] in bfloat16, channels last in memory.
torch::Tensor dense_bf16(const torch::Tensor& t) {
  return t.to(torch::kBFloat16).permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
}

/// f(x) in its frame: [B, C, rows, left + W + right], channels last.
torch::Tensor framed(const torch::Tensor& x, const Frame& f, bool relu) {
  const auto pixels = dense_bf16(x);
  if (!f.bordered() && !relu) return pixels;
  const int64_t B = x.size(0);
  const auto u = torch::empty({B, f.rows, f.width(), f.C}, pixels.options());
  const Bits* from = bits_of(pixels);
  Bits* to = bits_of(u);
  const int64_t image = f.rows * f.width() * f.C;
  each_image(B, [&](int64_t n) {
    if (f.bordered()) std::fill_n(to + n * image, image, Bits{0});
    for (int64_t r = 0; r < f.seen; ++r) {
      const Bits* in = from + (n * f.H + r) * f.row();
      Bits* out = to + f.place(n, r);
      if (relu) {
        rectify(in, f.row(), out);
      } else {
        std::copy_n(in, f.row(), out);
      }
    }
  });
  return u.permute({0, 3, 1, 2});
}

/// The gradient of x from du, that of f(x) in its frame u.
torch::Tensor unframed(const torch::Tensor& du, const torch::Tensor& u, const Frame& f, bool relu) {
  const auto outer = dense_bf16(du);
  if (!f.bordered() && !relu) return outer;
  const auto dx = torch::empty({u.size(0), f.H, f.W, f.C}, outer.options());
  const Bits *from = bits_of(outer), *seen = bits_of(u);
  Bits* to = bits_of(dx);
  each_image(u.size(0), [&](int64_t n) {
    for (int64_t r = 0; r < f.H; ++r) {
      const Bits *in = from + f.place(n, r), *value = seen + f.place(n, r);
      Bits* out = to + (n * f.H + r) * f.row();
      if (r >= f.seen) {
        std::fill_n(out, f.row(), Bits{0});
      } else if (relu) {
        keep_where_positive(in, value, f.row(), out);
      } else {
        std::copy_n(in, f.row(), out);
      }
    }
  });
  return dx.permute({0, 3, 1, 2});
}

struct CroppedConvBf16 : torch::autograd::Function<CroppedConvBf16> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& residual_or_placeholder,
                               const CroppedConvOptions& options) {
    const auto residual = without_placeholder(residual_or_placeholder);
    const auto u = framed(x, Frame::of(x.sizes(), weight.sizes(), options), options.relu_input);
    const auto W = weight.to(torch::kBFloat16).contiguous(torch::MemoryFormat::ChannelsLast);
    ctx->save_for_backward({u, W});
    ctx->saved_data["sizes"] = x.sizes().vec();
    keep_options(*ctx, options);
    auto y = dense_bf16(torch::conv2d(u, W, bias.to(torch::kBFloat16)));
    return residual.defined() ? y.add_(residual) : y;
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto &u = saved[0], &W = saved[1];
    const auto options = kept_options(*ctx);
    const auto frame = Frame::of(ctx->saved_data["sizes"].toIntVector(), W.sizes(), options);
    const auto g = dense_bf16(grads[0]);
    const std::array<bool, 3> wanted{ctx->needs_input_grad(0), ctx->needs_input_grad(1), ctx->needs_input_grad(2)};
    const auto [du, dW, db] = at::convolution_backward(g, u, W, torch::IntArrayRef{W.size(0)}, {1, 1}, {0, 0}, {1, 1},
                                                       /*transposed=*/false, {0, 0}, /*groups=*/1, wanted);
    tensor_list d(5);
    if (wanted[0]) d[0] = unframed(du, u, frame, options.relu_input);
    if (wanted[1]) d[1] = dW.to(torch::kFloat32);
    if (wanted[2]) d[2] = db.to(torch::kFloat32);
    if (ctx->needs_input_grad(3)) d[3] = grads[0];
    return d;
  }
};

}  // namespace

bool multiplies_bf16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

torch::Tensor cropped_conv_bf16(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                                const CroppedConvOptions& options, const torch::Tensor& residual) {
  return CroppedConvBf16::apply(x, weight, bias, or_placeholder(residual), options);
}

}  // namespace cairn::ops
