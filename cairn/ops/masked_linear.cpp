#include "cairn/ops/masked_linear.h"

#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cstring>

#include "cairn/base/error.h"
#include "cairn/ops/product_type.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Outputs [begin, end) see at most the inputs [0, width).
struct Block {
  int64_t begin, end, width;
};

constexpr int64_t kBlocks = 12;  // more skip more work, fewer keep the products large: measured best of 4 .. 24
constexpr int64_t kSmallestBlock = 32;

/// Blocks that together hold all outputs; those whose width is 0 have nothing to multiply.
std::vector<Block> blocks_of(const std::vector<int64_t>& reach) {
  const auto outputs = static_cast<int64_t>(reach.size());
  const int64_t size = std::max(kSmallestBlock, (outputs + kBlocks - 1) / kBlocks);
  std::vector<Block> blocks;
  for (int64_t begin = 0; begin < outputs;) {
    const bool empty = reach[begin] == 0;
    int64_t end = std::min(begin + size, outputs);
    if (empty) end = std::upper_bound(reach.begin(), reach.end(), 0) - reach.begin();
    blocks.push_back({begin, end, reach[end - 1]});
    begin = end;
  }
  return blocks;
}

/// Zeroes matrix[j, reach[j]:] for every row.
void zero_beyond_reach(torch::Tensor& matrix, const StaircaseMask& mask) {
  if (!matrix.is_cpu() || !matrix.is_contiguous()) {
    matrix.masked_fill_(mask.dense(matrix.options().dtype(torch::kBool)).logical_not(), 0);
    return;
  }
  const auto bytes = static_cast<int64_t>(matrix.element_size());
  auto* data = static_cast<char*>(matrix.data_ptr());
  at::parallel_for(0, mask.outputs(), 64, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      std::memset(data + (j * mask.inputs + mask.reach[j]) * bytes, 0, (mask.inputs - mask.reach[j]) * bytes);
    }
  });
}

void check(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias, const StaircaseMask& mask) {
  const auto expect = [](const char* name, const torch::Tensor& t, std::vector<int64_t> shape) {
    if (t.sizes() == at::IntArrayRef(shape)) return;
    throw UsageError("masked_linear", cat(name, ": ", got_expected(t.sizes(), at::IntArrayRef(shape))));
  };
  expect("weight", weight, {mask.outputs(), mask.inputs});
  expect("bias", bias, {mask.outputs()});
  if (x.dim() != 2 || x.size(1) != mask.inputs) {
    throw UsageError("masked_linear", cat("x: ", got_expected(x.sizes(), cat("[B, ", mask.inputs, "]"))));
  }
  const bool stairs = std::is_sorted(mask.reach.begin(), mask.reach.end()) &&
                      (mask.reach.empty() || (mask.reach.front() >= 0 && mask.reach.back() <= mask.inputs));
  if (!stairs) throw UsageError("masked_linear", "mask: reach is not ascending within 0 .. inputs");
}

/// Products are made in x's type; weight and bias keep theirs, and so do their gradients.
struct MaskedLinear : torch::autograd::Function<MaskedLinear> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, const torch::Tensor& weight,
                               const torch::Tensor& bias, const StaircaseMask& mask) {
    auto y = torch::empty({x.size(0), mask.outputs()}, x.options());
    const auto b = bias.to(x.scalar_type());
    std::vector<torch::Tensor> saved{x};
    for (const Block& k : blocks_of(mask.reach)) {
      auto own = y.slice(1, k.begin, k.end);
      const auto W = weight.slice(0, k.begin, k.end).slice(1, 0, k.width).to(x.scalar_type());
      saved.push_back(W);
      if (k.width == 0) {
        own.copy_(b.slice(0, k.begin, k.end).expand_as(own));
      } else {
        at::addmm_out(own, b.slice(0, k.begin, k.end), x.slice(1, 0, k.width), W.t());
      }
    }
    ctx->save_for_backward(saved);
    ctx->saved_data["reach"] = mask.reach;
    ctx->saved_data["type"] = weight.scalar_type();
    return y;
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const auto& x = saved[0];
    const StaircaseMask mask{ctx->saved_data["reach"].toIntVector(), x.size(1)};
    const auto type = ctx->saved_data["type"].toScalarType();
    const auto g = grads[0].contiguous();
    tensor_list d(4);
    const bool wants_x = ctx->needs_input_grad(0);
    if (wants_x) d[0] = torch::zeros_like(x);
    d[1] = torch::empty({mask.outputs(), mask.inputs}, x.options().dtype(type));
    d[2] = g.sum(0, false, type);
    size_t which = 1;
    for (const Block& k : blocks_of(mask.reach)) {
      const auto& W = saved[which++];
      if (k.width == 0) continue;
      const auto own = g.slice(1, k.begin, k.end);  // [B, n]
      auto dx = wants_x ? d[0].slice(1, 0, k.width) : torch::Tensor();
      if (wants_x) at::addmm_out(dx, dx, own, W);
      auto dW = d[1].slice(0, k.begin, k.end).slice(1, 0, k.width);
      const auto seen = x.slice(1, 0, k.width);
      if (type == x.scalar_type()) {
        at::mm_out(dW, own.t(), seen);
      } else {
        dW.copy_(at::mm(own.t(), seen));
      }
    }
    zero_beyond_reach(d[1], mask);
    return d;
  }
};

}  // namespace

torch::Tensor StaircaseMask::dense(const torch::TensorOptions& options) const {
  const auto device = options.device();
  const auto ends = torch::tensor(reach, torch::kInt64).to(device).unsqueeze(1);
  return torch::arange(inputs, torch::dtype(torch::kInt64).device(device)).unsqueeze(0).lt(ends).to(options);
}

void StaircaseMask::apply_(torch::Tensor weight) const {
  const torch::NoGradGuard no_grad;
  zero_beyond_reach(weight, *this);
}

torch::Tensor masked_linear(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias,
                            const StaircaseMask& mask) {
  check(x, weight, bias, mask);
  const auto input = x.to(product_type(x));
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return MaskedLinear::apply(input, weight, bias, mask);
}

}  // namespace cairn::ops
