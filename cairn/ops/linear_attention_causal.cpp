#include "cairn/ops/linear_attention_causal.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cairn/ops/linear_attention_cpu.h"
#include "cairn/ops/linear_attention_cuda.h"
#include "cairn/ops/linear_attention_device.h"
#include "cairn/ops/linear_attention_kernels.h"
#include "cairn/ops/linear_attention_launch.h"
#include "cairn/ops/optional_input.h"

namespace cairn::ops {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;

torch::Tensor dense(const torch::Tensor& t) {
  return t.defined() ? t.detach().contiguous() : t;
}

/// Segments as a list of numbers, which a node can carry, and back.
std::vector<int64_t> flat(const std::vector<Segment>& segments) {
  std::vector<int64_t> numbers;
  for (const auto& s : segments) numbers.insert(numbers.end(), {s.begin, s.length});
  return numbers;
}
std::vector<Segment> unflat(const std::vector<int64_t>& numbers) {
  std::vector<Segment> segments;
  for (size_t i = 0; i < numbers.size(); i += 2) segments.push_back({numbers[i], numbers[i + 1]});
  return segments;
}

ChunkPlan plan_on(const torch::Device& device, const std::vector<Segment>& segments, int64_t chunk) {
  return {segments, device.is_cpu() ? chunk : std::min(chunk, kLongestDeviceChunk)};
}

CausalResult forward_on_device(const CausalInput& in, const ChunkPlan& plan) {
  if (in.q.is_cpu()) return causal_cpu_forward(in, plan);
  return causal_device_forward(in, plan, CudaPasses(in.q.device()));
}

CausalInput backward_on_device(const CausalInput& in, const ChunkPlan& plan, const CausalTape& tape,
                               const tensor_list& grads) {
  const auto d_o = grads[0].contiguous(), d_last = grads[1].contiguous();
  if (in.q.is_cpu()) return causal_cpu_backward(in, plan, tape, d_o, d_last);
  return causal_device_backward(in, plan, tape, d_o, d_last, CudaPasses(in.q.device()));
}

struct ChunkedAttention : torch::autograd::Function<ChunkedAttention> {
  static tensor_list forward(AutogradContext* ctx, const std::vector<Segment>& segments, int64_t chunk,
                             const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                             const torch::Tensor& log_decay, const torch::Tensor& beta, const torch::Tensor& first,
                             bool normalise, double least) {
    const CausalInput in{
        dense(q),     dense(k),  dense(v), dense(without_placeholder(log_decay)), dense(without_placeholder(beta)),
        dense(first), normalise, least};
    const auto plan = plan_on(q.device(), segments, chunk);
    const auto [o, tape] = forward_on_device(in, plan);
    ctx->save_for_backward({in.q, in.k, in.v, in.log_decay, in.beta, in.first, tape.states, tape.totals, tape.w,
                            tape.sums, normalise ? o : torch::Tensor()});
    ctx->saved_data["segments"] = flat(segments);
    ctx->saved_data["chunk"] = chunk;
    ctx->saved_data["normalise"] = normalise;
    ctx->saved_data["least"] = least;
    return {o, tape.states.index_select(0, torch::tensor(plan.last_slots(), torch::kInt64).to(q.device()))};
  }

  static tensor_list backward(AutogradContext* ctx, const tensor_list& grads) {
    const auto s = ctx->get_saved_variables();
    const CausalInput in{
        s[0], s[1], s[2], s[3], s[4], s[5], ctx->saved_data["normalise"].toBool(), ctx->saved_data["least"].toDouble()};
    const auto plan =
        plan_on(in.q.device(), unflat(ctx->saved_data["segments"].toIntVector()), ctx->saved_data["chunk"].toInt());
    const auto d = backward_on_device(in, plan, {s[6], s[7], s[8], s[9], s[10]}, grads);
    return {{}, {}, d.q, d.k, d.v, d.log_decay, d.beta, d.first, {}, {}};
  }
};

constexpr int64_t kGrain = 1 << 17;  // numbers of states that a thread goes through at least

template <class T>
void steps(const CausalInput& in, const std::vector<Segment>& segments, torch::Tensor& state, torch::Tensor& o) {
  const int64_t K = in.k.size(1), V = in.v.size(1);
  const auto decay = in.log_decay.defined() ? in.log_decay.exp() : torch::Tensor();
  const bool by_feature = decay.defined() && decay.dim() == 2;
  const auto pointer = [](const torch::Tensor& t) { return t.defined() ? t.const_data_ptr<T>() : nullptr; };
  const T *q = pointer(in.q), *k = pointer(in.k), *v = pointer(in.v), *factors = pointer(decay),
          *beta = pointer(in.beta);
  T* S = state.data_ptr<T>();
  T* out = o.data_ptr<T>();
  const int64_t count = static_cast<int64_t>(segments.size());
  // A thread takes as many sequences as make its start worth while.
  const int64_t grain = std::max<int64_t>(1, kGrain * count / std::max<int64_t>(1, in.v.size(0) * K * V));
  at::parallel_for(0, count, grain, [&](int64_t begin, int64_t end) {
    std::vector<T> alike(K), scratch(V);
    for (int64_t s = begin; s < end; ++s) {
      for (int64_t t = segments[s].begin; t < segments[s].begin + segments[s].length; ++t) {
        const T* own = factors == nullptr ? nullptr : by_feature ? factors + t * K : alike.data();
        if (own == alike.data()) std::fill(alike.begin(), alike.end(), factors[t]);
        attention_step<T>({.S = S + s * K * V,
                           .q = q + t * K,
                           .k = k + t * K,
                           .v = v + t * V,
                           .o = out + t * V,
                           .K = K,
                           .V = V,
                           .decay = own,
                           .beta = beta == nullptr ? nullptr : beta + t,
                           .scratch = scratch.data()});
      }
    }
  });
}

}  // namespace

bool has_causal_kernel(const torch::Device& device) {
  return device.is_cpu() || (device.is_cuda() && has_causal_kernels());
}

CausalOutput causal_chunked(const CausalInput& in, const std::vector<Segment>& segments, int64_t chunk) {
  const auto out = ChunkedAttention::apply(segments, chunk, in.q, in.k, in.v, or_placeholder(in.log_decay),
                                           or_placeholder(in.beta), in.first, in.normalise, in.least);
  return {out[0], out[1]};
}

torch::Tensor causal_steps(const CausalInput& in, const std::vector<Segment>& segments, torch::Tensor state) {
  const auto values = with_column(in).v;
  const CausalInput own{dense(in.q), dense(in.k), dense(values), dense(in.log_decay), dense(in.beta), state};
  if (!own.q.is_cpu()) {
    const auto plan = plan_on(own.q.device(), segments, kLongestDeviceChunk);
    return divided(causal_device_steps(own, plan, state, CudaPasses(own.q.device())), in);
  }
  auto o = torch::empty_like(own.v);
  AT_DISPATCH_FLOATING_TYPES(own.q.scalar_type(), "linear_attention",
                             [&] { steps<scalar_t>(own, segments, state, o); });
  return divided(o, in);
}

CausalInput with_column(const CausalInput& in) {
  if (!in.normalise) return in;
  CausalInput wide = in;
  wide.v = torch::cat({in.v, torch::ones_like(in.k.narrow(-1, 0, 1))}, -1);
  wide.normalise = false;
  return wide;
}

torch::Tensor divided(const torch::Tensor& o, const CausalInput& in) {
  if (!in.normalise) return o;
  const int64_t V = o.size(-1) - 1;
  return o.narrow(-1, 0, V) / o.narrow(-1, V, 1).clamp_min(in.least);
}

}  // namespace cairn::ops
