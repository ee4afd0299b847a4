#include "cairn/ops/cropped_conv.h"

#include <ATen/Parallel.h>

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/ops/cropped_conv_bf16.h"
#include "cairn/ops/cropped_conv_context.h"
#include "cairn/ops/optional_input.h"
#include "cairn/ops/outer_products.h"
#include "cairn/ops/packed_matrix.h"
#include "cairn/ops/product_type.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Sizes of a convolution, and how an image lies with its borders of zeros: `above` rows, then columns `left` and
/// `right`.
struct Plan {
  int64_t B, C, O, H, W, rows, columns, above, left, right;

  int64_t width() const { return W + left + right; }
  int64_t input_row() const { return width() * C; }
  int64_t input_image() const { return (H + above) * input_row(); }
  int64_t output_row() const { return W * O; }
  int64_t output_image() const { return H * output_row(); }
  bool bordered() const { return above + left + right > 0; }
};

Plan plan_of(torch::IntArrayRef x, torch::IntArrayRef weight, const CroppedConvOptions& options) {
  return {.B = x[0],
          .C = x[1],
          .O = weight[0],
          .H = x[2],
          .W = x[3],
          .rows = weight[2],
          .columns = weight[3],
          .above = -options.first_row,
          .left = -options.first_column,
          .right = options.first_column + weight[3] - 1};
}

/// Without borders, all pixels of an image are like one row of them: fewer, larger products.
Plan in_one_row(Plan p) {
  if (!p.bordered()) p = {p.B, p.C, p.O, 1, p.H * p.W, 1, 1, 0, 0, 0};
  return p;
}

/// t [B, C, H, W] as dense [B, H, W, C].
torch::Tensor dense_pixels(const torch::Tensor& t) {
  return t.permute({0, 2, 3, 1}).contiguous();
}

/// body(share, first image, end) for a share of the images on each thread.
template <class Body>
void for_shares(int64_t images, int64_t shares, const Body& body) {
  at::parallel_for(0, shares, 1, [&](int64_t begin, int64_t end) {
    for (int64_t s = begin; s < end; ++s) body(s, s * images / shares, (s + 1) * images / shares);
  });
}

int64_t shares_of(int64_t images) {
  return std::clamp<int64_t>(at::get_num_threads(), 1, std::max<int64_t>(images, 1));
}

/// out = 0 where x is not positive. Without a branch, which would have to be guessed.
void keep_where_positive(const float* __restrict x, int64_t count, float* __restrict out) {
  for (int64_t k = 0; k < count; ++k) {
    const float value = out[k];
    out[k] = x[k] > 0 ? value : 0;
  }
}

/// Copies an image's rows of `width` numbers between layouts, through max(., 0) if asked.
void copy_rows(const float* from, int64_t from_stride, float* to, int64_t to_stride, int64_t rows, int64_t width,
               bool relu) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* __restrict in = from + r * from_stride;
    float* __restrict out = to + r * to_stride;
    if (relu) {
      for (int64_t k = 0; k < width; ++k) out[k] = in[k] < 0 ? 0 : in[k];
    } else {
      std::copy_n(in, width, out);
    }
  }
}

/// f(x) with its borders, [B (H + above) (left + W + right) C] and some slack for add_outer_products.
torch::Tensor bordered_input(const torch::Tensor& x, const Plan& p, bool relu) {
  const auto pixels = dense_pixels(x);
  const auto u = torch::empty({p.B * p.input_image() + outer_slack()}, x.options().requires_grad(false));
  u.narrow(0, u.size(0) - outer_slack(), outer_slack()).zero_();
  const float* from = pixels.const_data_ptr<float>();
  float* to = u.data_ptr<float>();
  for_shares(p.B, shares_of(p.B), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      float* image = to + n * p.input_image();
      if (p.bordered()) std::fill_n(image, p.input_image(), 0.0f);
      copy_rows(from + n * p.H * p.W * p.C, p.W * p.C, image + p.above * p.input_row() + p.left * p.C, p.input_row(),
                p.H, p.W * p.C, relu);
    }
  });
  return u;
}

/// Rows of filters as matrices: row i of weight [O, C, rows, columns] as [O, columns C], in the order of the pixels.
std::vector<PackedMatrix> packed_rows(const torch::Tensor& weight) {
  std::vector<PackedMatrix> rows;
  for (int64_t i = 0; i < weight.size(2); ++i) {
    rows.emplace_back(weight.select(2, i).transpose(1, 2).reshape({weight.size(0), -1}));
  }
  return rows;
}

/// to[r, c, :] = bias + residual[r, c, :] + sum_i rows[i] times the pixels from column c of row r + i (or r - i) of
/// `from`.
struct Products {
  const std::vector<PackedMatrix>& rows;
  const float* from;
  int64_t from_row, from_pixel, row_step;
  float* to;
  int64_t to_row, to_pixel;
  int64_t H, W;
  const float* bias;
  const float* residual;  ///< as `to` lies, or null

  void run() const {
    for (int64_t r = 0; r < H; ++r) {
      for (size_t i = 0; i < rows.size(); ++i) {
        rows[i].multiply({.x = from + (r + static_cast<int64_t>(i) * row_step) * from_row,
                          .x_stride = from_pixel,
                          .y = to + r * to_row,
                          .y_stride = to_pixel,
                          .count = W,
                          .bias = i == 0 ? bias : nullptr,
                          .accumulate = i > 0});
      }
      if (residual == nullptr) continue;
      for (int64_t k = r * to_row; k < (r + 1) * to_row; ++k) to[k] += residual[k];
    }
  }
};

torch::Tensor forward_images(const torch::Tensor& u, const torch::Tensor& weight, const torch::Tensor& bias,
                             const torch::Tensor& residual, const Plan& p) {
  const auto rows = packed_rows(weight);
  const auto b = bias.contiguous();
  const auto y = torch::empty({p.B, p.H, p.W, p.O}, u.options());
  for_shares(p.B, shares_of(p.B), [&](int64_t, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      Products{.rows = rows,
               .from = u.const_data_ptr<float>() + n * p.input_image(),
               .from_row = p.input_row(),
               .from_pixel = p.C,
               .row_step = 1,
               .to = y.data_ptr<float>() + n * p.output_image(),
               .to_row = p.output_row(),
               .to_pixel = p.O,
               .H = p.H,
               .W = p.W,
               .bias = b.const_data_ptr<float>(),
               .residual = residual.defined() ? residual.const_data_ptr<float>() + n * p.output_image() : nullptr}
          .run();
    }
  });
  return y;
}

/// The gradient of x: a convolution of that of y by the filters turned around, with borders below and at the sides.
torch::Tensor input_gradient(const torch::Tensor& g, const torch::Tensor& u, const torch::Tensor& weight, const Plan& p,
                             bool relu) {
  const auto rows = packed_rows(weight.flip(3).transpose(0, 1));  // [C, O, rows, columns]
  const auto dx = torch::empty({p.B, p.H, p.W, p.C}, u.options());
  const int64_t row = p.width() * p.O;
  for_shares(p.B, shares_of(p.B), [&](int64_t, int64_t begin, int64_t end) {
    std::vector<float> bordered(p.bordered() ? (p.H + p.above) * row : 0);
    for (int64_t n = begin; n < end; ++n) {
      const float* own = g.const_data_ptr<float>() + n * p.output_image();
      if (p.bordered())
        copy_rows(own, p.output_row(), bordered.data() + p.right * p.O, row, p.H, p.output_row(), false);
      float* to = dx.data_ptr<float>() + n * p.H * p.W * p.C;
      Products{.rows = rows,
               .from = (p.bordered() ? bordered.data() : own) + p.above * row,
               .from_row = row,
               .from_pixel = p.O,
               .row_step = -1,
               .to = to,
               .to_row = p.W * p.C,
               .to_pixel = p.C,
               .H = p.H,
               .W = p.W,
               .bias = nullptr,
               .residual = nullptr}
          .run();
      if (!relu) continue;
      for (int64_t r = 0; r < p.H; ++r) {
        const float* in =
            u.const_data_ptr<float>() + n * p.input_image() + (r + p.above) * p.input_row() + p.left * p.C;
        keep_where_positive(in, p.W * p.C, to + r * p.W * p.C);
      }
    }
  });
  return dx;
}

/// The gradient of the weight: [O, C, rows, columns]. Shares are added in their order.
torch::Tensor weight_gradient(const torch::Tensor& g, const torch::Tensor& u, const Plan& p) {
  const int64_t shares = shares_of(p.B), inputs = p.columns * p.C;
  const auto sums = torch::zeros({shares, p.rows, p.O, inputs}, u.options());
  for_shares(p.B, shares, [&](int64_t share, int64_t begin, int64_t end) {
    for (int64_t n = begin; n < end; ++n) {
      for (int64_t i = 0; i < p.rows; ++i) {
        add_outer_products({.g = g.const_data_ptr<float>() + n * p.output_image(),
                            .g_row = p.output_row(),
                            .g_pixel = p.O,
                            .u = u.const_data_ptr<float>() + n * p.input_image() + i * p.input_row(),
                            .u_row = p.input_row(),
                            .u_pixel = p.C,
                            .rows = p.H,
                            .columns = p.W,
                            .outputs = p.O,
                            .inputs = inputs,
                            .out = sums.data_ptr<float>() + (share * p.rows + i) * p.O * inputs});
      }
    }
  });
  return sums.sum(0).view({p.rows, p.O, p.columns, p.C}).permute({1, 3, 0, 2}).contiguous();
}

struct CroppedConv : torch::autograd::Function<CroppedConv> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const torch::Tensor& residual_or_placeholder,
                               const CroppedConvOptions& options) {
    const auto residual = without_placeholder(residual_or_placeholder);
    const Plan p = in_one_row(plan_of(x.sizes(), weight.sizes(), options));
    const auto u = bordered_input(x, p, options.relu_input);
    ctx->save_for_backward({u, weight});
    ctx->saved_data["sizes"] = x.sizes().vec();
    keep_options(*ctx, options);
    const auto y = forward_images(u, weight, bias, residual.defined() ? dense_pixels(residual) : residual, p);
    return y.view({x.size(0), x.size(2), x.size(3), weight.size(0)}).permute({0, 3, 1, 2});
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto& u = saved[0];
    const auto& weight = saved[1];
    const auto options = kept_options(*ctx);
    const auto sizes = ctx->saved_data["sizes"].toIntVector();
    const Plan p = in_one_row(plan_of(sizes, weight.sizes(), options));
    const auto g = dense_pixels(grads[0]);
    tensor_list d(5);
    if (ctx->needs_input_grad(0)) {
      const auto dx = input_gradient(g, u, weight, p, options.relu_input);
      d[0] = dx.view({sizes[0], sizes[2], sizes[3], sizes[1]}).permute({0, 3, 1, 2});
    }
    if (ctx->needs_input_grad(1)) d[1] = weight_gradient(g, u, p);
    if (ctx->needs_input_grad(2)) d[2] = g.sum({0, 1, 2});
    if (ctx->needs_input_grad(3)) d[3] = grads[0];
    return d;
  }
};

void check(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
           const torch::Tensor& residual, const CroppedConvOptions& options) {
  const auto refuse = [](const char* what, const std::string& message) {
    throw UsageError("cropped_conv", cat(what, ": ", message));
  };
  if (weight.dim() != 4) refuse("weight", got_expected(weight.sizes(), "[O, C, rows, columns]"));
  if (x.dim() != 4 || x.size(1) != weight.size(1)) {
    refuse("x", got_expected(x.sizes(), cat("[B, ", weight.size(1), ", H, W]")));
  }
  if (bias.sizes() != at::IntArrayRef({weight.size(0)})) refuse("bias", got_expected(bias.sizes(), weight.size(0)));
  const int64_t last_row = options.first_row + weight.size(2) - 1;
  const int64_t last_column = options.first_column + weight.size(3) - 1;
  if (options.first_row > 0 || last_row > 0 || options.first_column > 0 || last_column < 0) {
    refuse("window", got_expected(cat("rows ", options.first_row, " .. ", last_row, ", columns ", options.first_column,
                                      " .. ", last_column),
                                  "rows at most 0 and columns around 0"));
  }
  const std::vector<int64_t> sizes{x.size(0), weight.size(0), x.size(2), x.size(3)};
  if (residual.defined() && residual.sizes() != at::IntArrayRef(sizes)) {
    refuse("residual", got_expected(residual.sizes(), at::IntArrayRef(sizes)));
  }
}

}  // namespace

torch::Tensor cropped_conv(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                           const CroppedConvOptions& options, const torch::Tensor& residual) {
  check(x, weight, bias, residual, options);
  const bool ours = x.is_cpu() && weight.scalar_type() == torch::kFloat32 && bias.scalar_type() == torch::kFloat32;
  if (!ours || x.scalar_type() == torch::kFloat64) return cropped_conv_reference(x, weight, bias, options, residual);
  const bool in_bf16 = product_type(weight) == torch::kBFloat16 && multiplies_bf16();
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  if (in_bf16) return cropped_conv_bf16(x, weight, bias, options, residual);
  return CroppedConv::apply(x.to(torch::kFloat32), weight, bias, or_placeholder(residual), options);
}

torch::Tensor cropped_conv_reference(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                                     const CroppedConvOptions& options, const torch::Tensor& residual) {
  check(x, weight, bias, residual, options);
  const int64_t right = options.first_column + weight.size(3) - 1, below = options.first_row + weight.size(2) - 1;
  const auto input = options.relu_input ? torch::relu(x) : x;
  const auto bordered = torch::constant_pad_nd(input, {-options.first_column, right, -options.first_row, below});
  const auto y = torch::conv2d(bordered, weight.contiguous(torch::MemoryFormat::ChannelsLast), bias);
  return residual.defined() ? residual + y : y;
}

}  // namespace cairn::ops
