#include "cairn/ops/dropout.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "cairn/base/error.h"
#include "cairn/ops/dropout_kernels.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

DropoutMask mask_of(int64_t key, double p) {
  const auto bits = static_cast<uint64_t>(key);
  return {.key = {static_cast<uint32_t>(bits), static_cast<uint32_t>(bits >> 32)},
          .least = static_cast<uint32_t>(std::min(std::ceil(std::ldexp(p, 32)), 0x1p32 - 1)),
          .scale = static_cast<float>(1 / (1 - p))};
}

torch::Tensor dropped(const torch::Tensor& x, const DropoutMask& mask) {
  constexpr int64_t kBlocksOfATask = 256;
  const auto source = x.contiguous();
  auto y = torch::empty_like(source);
  const int64_t n = source.numel(), blocks = (n + kDropoutBlock - 1) / kDropoutBlock;
  AT_DISPATCH_FLOATING_TYPES_AND(torch::kBFloat16, source.scalar_type(), "dropout", [&] {
    const auto* from = source.const_data_ptr<scalar_t>();
    auto* to = y.mutable_data_ptr<scalar_t>();
    at::parallel_for(0, blocks, kBlocksOfATask, [&](int64_t begin, int64_t end) {
      drop(from, to, begin * kDropoutBlock, std::min(end * kDropoutBlock, n), mask);
    });
  });
  return y;
}

struct Dropout : torch::autograd::Function<Dropout> {
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& x, double p) {
    const auto key = torch::empty({1}, torch::kInt64).random_().item<int64_t>();
    ctx->saved_data["key"] = key;
    ctx->saved_data["p"] = p;
    return dropped(x, mask_of(key, p));
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    return {dropped(grads[0], mask_of(ctx->saved_data["key"].toInt(), ctx->saved_data["p"].toDouble())), {}};
  }
};

}  // namespace

torch::Tensor dropout(const torch::Tensor& x, double p) {
  if (!(p >= 0 && p < 1)) throw UsageError("dropout", got_expected(p, "a share in [0, 1)"));
  if (p == 0) return x;
  const auto type = x.scalar_type();
  const bool ours = type == torch::kFloat32 || type == torch::kFloat64 || type == torch::kBFloat16;
  return x.is_cpu() && ours ? Dropout::apply(x, p) : torch::dropout(x, p, /*train=*/true);
}

}  // namespace cairn::ops
