#include "cairn/ops/cross_entropy.h"

#include <algorithm>

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/base/error.h"
#include "cairn/ops/optional_input.h"
#include "cairn/ops/packed_linear.h"
#include "cairn/ops/product_type.h"
#include "cairn/ops/softmax_kernels.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

/// Checks the targets and counts those that are not to be ignored.
int64_t counted(const torch::Tensor& targets, int64_t N, int64_t V, int64_t ignore) {
  if (targets.sizes() != at::IntArrayRef({N}) || targets.scalar_type() != torch::kInt64) {
    throw UsageError("cross_entropy",
                     cat("targets: ", got_expected(cat(targets.dtype(), " ", targets.sizes()), cat("Long [", N, "]"))));
  }
  const auto values = targets.cpu().contiguous();
  const int64_t* target = values.const_data_ptr<int64_t>();
  int64_t count = 0;
  for (int64_t n = 0; n < N; ++n) {
    if (target[n] == ignore) continue;
    if (target[n] < 0 || target[n] >= V) {
      throw UsageError("cross_entropy",
                       cat("targets: position ", n, ": ", got_expected(target[n], cat("0 .. ", V - 1))));
    }
    ++count;
  }
  return count;
}

void check(const torch::Tensor& h, int64_t V, int64_t D, const torch::Tensor& b) {
  if (h.dim() != 2 || h.size(1) != D) {
    throw UsageError("cross_entropy", cat("h: ", got_expected(h.sizes(), cat("[N, ", D, "]"))));
  }
  if (b.defined() && b.sizes() != at::IntArrayRef({V})) {
    throw UsageError("cross_entropy", cat("b: ", got_expected(b.sizes(), cat("[", V, "]"))));
  }
}

void check_smoothing(double smoothing) {
  if (smoothing >= 0 && smoothing < 1) return;
  throw UsageError("cross_entropy", cat("smoothing: ", got_expected(smoothing, "0 <= smoothing < 1")));
}

/// What is made of a chunk of logits.
struct Finish {
  int64_t ignore;
  double smoothing;
  double scale;  ///< of the gradient; 0: none is wanted
};

/// Losses of a chunk of logits [n, V], `smoothed` beside them (which may be the same memory where smoothing is 0); with
/// scale > 0 the logits become scale * (softmax - target).
void finish_chunk(torch::Tensor& logits, const torch::Tensor& targets, const Finish& finish, torch::Tensor losses,
                  torch::Tensor smoothed) {
  const int64_t V = logits.size(1);
  AT_DISPATCH_FLOATING_TYPES(logits.scalar_type(), "cross_entropy", [&] {
    auto* rows = logits.data_ptr<scalar_t>();
    auto* loss = losses.data_ptr<scalar_t>();
    auto* objective = smoothed.data_ptr<scalar_t>();
    const int64_t* target = targets.const_data_ptr<int64_t>();
    const auto scale = static_cast<scalar_t>(finish.scale), s = static_cast<scalar_t>(finish.smoothing);
    const scalar_t share = s / static_cast<scalar_t>(V);
    at::parallel_for(0, logits.size(0), 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        scalar_t* row = rows + n * V;
        loss[n] = objective[n] = 0;
        if (target[n] == finish.ignore) {
          if (scale > 0) std::fill_n(row, V, scalar_t(0));
          continue;
        }
        const scalar_t total = log_sum_exp(row, V);
        loss[n] = total - row[target[n]];
        if (s > 0) objective[n] = (1 - s) * loss[n] + s * (total - mean_of(row, V));
        if (s == 0) objective[n] = loss[n];
        if (scale == 0) continue;
        softmax_from(row, V, total, scale);
        row[target[n]] -= (1 - s) * scale;
        if (s > 0) std::for_each(row, row + V, [&](scalar_t& g) { g -= share * scale; });
      }
    });
  });
}

int64_t chunk_rows(const torch::Tensor& h, int64_t V, const CrossEntropyOptions& options) {
  return std::max<int64_t>(1, options.chunk_bytes / (V * static_cast<int64_t>(h.element_size())));
}

/// The mean of `losses` over `count` positions, summed in double.
torch::Tensor mean_over(const torch::Tensor& losses, int64_t count) {
  if (count == 0) return torch::zeros({}, losses.options());
  return (losses.sum(torch::kFloat64) / static_cast<double>(count)).to(losses.scalar_type());
}

struct ChunkedCrossEntropy : torch::autograd::Function<ChunkedCrossEntropy> {
  /// Products are made in `product`'s type; logits, losses and gradients are in that of h.
  static tensor_list forward(AutogradContext* ctx, const torch::Tensor& h, const torch::Tensor& W,
                             const torch::Tensor& bias, const torch::Tensor& targets, torch::ScalarType product,
                             int64_t count, bool differentiate, const CrossEntropyOptions& options) {
    const auto b = without_placeholder(bias.detach());
    const int64_t N = h.size(0), V = W.size(0), rows = chunk_rows(h, V, options);
    const auto type = h.scalar_type();
    const auto states = h.detach().contiguous(), weight = W.detach(), to = targets.contiguous();
    const auto short_states = states.to(product), short_weight = weight.to(product);
    auto losses = torch::empty({N}, states.options());
    auto smoothed = options.smoothing > 0 ? torch::empty_like(losses) : losses;
    torch::Tensor dh, dW, db;
    if (differentiate) {
      dh = torch::empty_like(states);
      dW = torch::zeros_like(weight, torch::MemoryFormat::Contiguous);
      if (b.defined()) db = torch::zeros_like(b);
    }
    const bool own_type = product == type;
    const auto packed_weight = own_type ? PackedMatrix(weight) : PackedMatrix();
    const auto packed_transpose = own_type && differentiate ? PackedMatrix(weight.t()) : PackedMatrix();
    const double scale = differentiate && count > 0 ? 1.0 / static_cast<double>(count) : 0;
    for (int64_t begin = 0; begin < N; begin += rows) {
      const auto part = short_states.slice(0, begin, begin + rows);
      auto logits = own_type ? packed_weight.multiply(part, b) : torch::mm(part, short_weight.t()).to(type);
      if (b.defined() && !own_type) logits.add_(b);
      finish_chunk(logits, to.slice(0, begin, begin + rows), {options.ignore, options.smoothing, scale},
                   losses.slice(0, begin, begin + rows), smoothed.slice(0, begin, begin + rows));
      if (scale == 0) continue;
      auto own = dh.slice(0, begin, begin + rows);
      if (own_type) {
        own.copy_(packed_transpose.multiply(logits));
        packed_product(logits.t(), part, dW);
      } else {
        const auto g = logits.to(product);
        own.copy_(torch::mm(g, short_weight));
        dW.add_(torch::mm(g.t(), part));
      }
      if (db.defined()) db.add_(logits.sum(0));
    }
    if (differentiate && count == 0) dh.zero_();
    ctx->save_for_backward({dh, dW, db});
    ctx->mark_non_differentiable({losses});
    return {mean_over(smoothed, count), losses};
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const bool as_it_is = grads[0].item<double>() == 1;  // no second pass over the vocabulary's weights
    const auto scaled = [&](const torch::Tensor& d) { return d.defined() && !as_it_is ? d * grads[0] : d; };
    return {scaled(saved[0]), scaled(saved[1]), scaled(saved[2]), {}, {}, {}, {}, {}};
  }
};

bool wants_gradient(const torch::Tensor& t) {
  return t.defined() && t.requires_grad();
}

}  // namespace

CrossEntropy cross_entropy_reference(const torch::Tensor& h, const torch::Tensor& W, const torch::Tensor& b,
                                     const torch::Tensor& targets, const CrossEntropyOptions& options) {
  check(h, W.size(0), W.size(1), b);
  check_smoothing(options.smoothing);
  const int64_t count = counted(targets, h.size(0), W.size(0), options.ignore);
  auto logits = torch::matmul(h, W.t());
  if (b.defined()) logits = logits + b;
  const auto ignored = targets.eq(options.ignore);
  const auto safe = targets.masked_fill(ignored, 0).unsqueeze(1);
  const auto log_p = torch::log_softmax(logits, 1);
  const auto losses = -log_p.gather(1, safe).squeeze(1).masked_fill(ignored, 0);
  const auto uniform = -log_p.mean(1).masked_fill(ignored, 0);
  const auto smoothed = (1 - options.smoothing) * losses + options.smoothing * uniform;
  return {smoothed.sum() / static_cast<double>(std::max<int64_t>(count, 1)), losses.detach(), count};
}

CrossEntropy cross_entropy(const torch::Tensor& h, const torch::Tensor& W, const torch::Tensor& b,
                           const torch::Tensor& targets, const CrossEntropyOptions& options) {
  if (W.dim() != 2) throw UsageError("cross_entropy", cat("W: ", got_expected(W.sizes(), "[V, D]")));
  const auto product = product_type(W);
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  const auto states = h.to(W.scalar_type());
  check(states, W.size(0), W.size(1), b);
  check_smoothing(options.smoothing);
  const int64_t count = counted(targets, h.size(0), W.size(0), options.ignore);
  if (!W.is_cpu()) return cross_entropy_reference(states, W, b, targets, options);
  const bool differentiate =
      torch::GradMode::is_enabled() && (wants_gradient(states) || wants_gradient(W) || wants_gradient(b));
  const auto out =
      ChunkedCrossEntropy::apply(states, W, or_placeholder(b), targets, product, count, differentiate, options);
  return {out[0], out[1], count};
}

torch::Tensor cross_entropy_losses(const torch::Tensor& h, const PackedMatrix& W, const torch::Tensor& b,
                                   const torch::Tensor& targets, const CrossEntropyOptions& options) {
  check(h, W.outputs(), W.inputs(), b);
  counted(targets, h.size(0), W.outputs(), options.ignore);
  auto losses = torch::empty({h.size(0)}, h.options().requires_grad(false));
  const int64_t rows = chunk_rows(h, W.outputs(), options);
  const auto to = targets.contiguous();
  for (int64_t begin = 0; begin < h.size(0); begin += rows) {
    auto logits = W.multiply(h.slice(0, begin, begin + rows), b);
    const auto own = losses.slice(0, begin, begin + rows);
    finish_chunk(logits, to.slice(0, begin, begin + rows), {options.ignore, 0, 0}, own, own);
  }
  return losses;
}

}  // namespace cairn::ops
