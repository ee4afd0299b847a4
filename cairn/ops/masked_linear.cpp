#include "cairn/ops/masked_linear.h"

#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "cairn/base/error.h"

namespace cairn::ops {

namespace {

constexpr int64_t kMaxBlocks = 16;  // more blocks skip more but make the products smaller
constexpr int64_t kMinBlockRows = 128;

std::vector<StaircaseMask::Block> blocks_of(const std::vector<int64_t>& reach) {
  const auto outputs = static_cast<int64_t>(reach.size());
  const int64_t rows = std::max((outputs + kMaxBlocks - 1) / kMaxBlocks, kMinBlockRows);
  std::vector<StaircaseMask::Block> blocks;
  for (int64_t begin = 0; begin < outputs; begin += rows) {
    const int64_t end = std::min(begin + rows, outputs);
    blocks.push_back({begin, end, reach[end - 1], reach[begin]});
  }
  return blocks;
}

}  // namespace

StaircaseMask::StaircaseMask(std::vector<int64_t> reach, int64_t inputs) : reach_(std::move(reach)), inputs_(inputs) {
  for (size_t j = 0; j < reach_.size(); ++j) {
    if (reach_[j] < (j ? reach_[j - 1] : 0) || reach_[j] > inputs) {
      throw UsageError(
          "StaircaseMask",
          cat("output ", j, ": ", got_expected(cat("reach ", reach_[j]), cat("no fall, and at most ", inputs))));
    }
  }
  blocks_ = blocks_of(reach_);
}

torch::Tensor StaircaseMask::dense(torch::TensorOptions options) const {
  const auto reach = torch::tensor(reach_, torch::TensorOptions().dtype(torch::kInt64).device(options.device()));
  return torch::arange(inputs_, reach.options()).unsqueeze(0).lt(reach.unsqueeze(1)).to(options);
}

void StaircaseMask::apply_(torch::Tensor W) const {
  const torch::NoGradGuard no_grad;
  for (const Block& block : blocks_) {
    const auto rows = W.narrow(0, block.begin, block.end - block.begin);
    rows.slice(1, block.columns).zero_();
    if (block.full == block.columns) continue;
    const std::vector<int64_t> own(reach_.begin() + block.begin, reach_.begin() + block.end);
    const auto reach = torch::tensor(own, torch::TensorOptions().dtype(torch::kInt64).device(W.device()));
    const auto column = torch::arange(block.full, block.columns, reach.options());
    rows.slice(1, block.full, block.columns).masked_fill_(column.unsqueeze(0).ge(reach.unsqueeze(1)), 0);
  }
}

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

/// The type that the products run in.
torch::ScalarType product_type(const torch::Tensor& x) {
  const auto device = x.device().type();
  return at::autocast::is_autocast_enabled(device) ? at::autocast::get_autocast_dtype(device) : x.scalar_type();
}

class MaskedLinear : public torch::autograd::Function<MaskedLinear> {
 public:
  static Variable forward(AutogradContext* context, const Variable& x, const Variable& W, const Variable& b,
                          const StaircaseMask& mask) {
    const auto type = product_type(x);
    const auto inputs = x.to(type), weights = W.to(type), bias = b.to(type);
    context->save_for_backward({inputs, weights});
    context->saved_data["mask"] = c10::IValue(mask.reach());
    context->saved_data["x_type"] = static_cast<int64_t>(x.scalar_type());
    context->saved_data["W_type"] = static_cast<int64_t>(W.scalar_type());
    const at::AutoDispatchBelowAutograd below_autograd;
    const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    auto y = torch::empty({x.size(0), mask.outputs()}, inputs.options());
    for (const auto& block : mask.blocks()) {
      const int64_t rows = block.end - block.begin;
      auto out = y.narrow(1, block.begin, rows);
      at::addmm_out(out, bias.narrow(0, block.begin, rows), inputs.narrow(1, 0, block.columns),
                    weights.narrow(0, block.begin, rows).narrow(1, 0, block.columns).t());
    }
    return y.to(x.scalar_type());
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &inputs = saved[0], &weights = saved[1];
    const StaircaseMask mask(context->saved_data["mask"].toIntVector(), inputs.size(1));
    const auto x_type = static_cast<torch::ScalarType>(context->saved_data["x_type"].toInt());
    const auto W_type = static_cast<torch::ScalarType>(context->saved_data["W_type"].toInt());
    const auto g = gradients[0].to(inputs.scalar_type());  // [B, outputs]
    auto grad_x = context->needs_input_grad(0) ? torch::zeros_like(inputs) : torch::Tensor();
    auto grad_W = torch::zeros(weights.sizes(), weights.options().dtype(W_type));
    for (const auto& block : mask.blocks()) {
      const int64_t rows = block.end - block.begin;
      const auto own = g.narrow(1, block.begin, rows);
      const auto reached = inputs.narrow(1, 0, block.columns);
      if (grad_x.defined()) {
        grad_x.narrow(1, 0, block.columns)
            .addmm_(own, weights.narrow(0, block.begin, rows).narrow(1, 0, block.columns));
      }
      auto out = grad_W.narrow(0, block.begin, rows).narrow(1, 0, block.columns);
      if (W_type == g.scalar_type()) {
        at::mm_out(out, own.t(), reached);
      } else {
        out.copy_(torch::mm(own.t(), reached));
      }
    }
    mask.apply_(grad_W);
    const auto grad_b = gradients[0].sum(0).to(W_type);
    return {grad_x.defined() ? grad_x.to(x_type) : grad_x, grad_W, grad_b, Variable()};
  }
};

}  // namespace

torch::Tensor masked_linear(const torch::Tensor& x, const torch::Tensor& W, const torch::Tensor& b,
                            const StaircaseMask& mask) {
  if (x.dim() != 2 || x.size(1) != mask.inputs()) {
    throw UsageError("masked_linear", got_expected(cat("x ", x.sizes()), cat("[B, ", mask.inputs(), "]")));
  }
  if (W.dim() != 2 || W.size(0) != mask.outputs() || W.size(1) != mask.inputs() || b.numel() != mask.outputs()) {
    throw UsageError("masked_linear", got_expected(cat("W ", W.sizes(), ", b ", b.sizes()),
                                                   cat("[", mask.outputs(), ", ", mask.inputs(), "] and its outputs")));
  }
  return MaskedLinear::apply(x, W, b, mask);
}

}  // namespace cairn::ops
