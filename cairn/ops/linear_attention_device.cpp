#include "cairn/ops/linear_attention_device.h"

#include <ATen/Dispatch.h>

#include "cairn/ops/cuda_block.h"
#include "cairn/ops/linear_attention_memory.h"

namespace cairn::ops {

namespace {

/// `rows` structs of 64-bit numbers, as a tensor on the device.
template <class Struct>
torch::Tensor on_device(const std::vector<Struct>& rows, const torch::Device& device) {
  static_assert(sizeof(Struct) % sizeof(int64_t) == 0);
  const auto numbers = static_cast<int64_t>(rows.size() * sizeof(Struct) / sizeof(int64_t));
  const auto here = torch::empty({numbers}, torch::kInt64);
  std::copy_n(reinterpret_cast<const int64_t*>(rows.data()), numbers, here.data_ptr<int64_t>());
  return here.to(device);
}

class DevicePasses {
 public:
  DevicePasses(const CausalInput& in, const ChunkPlan& plan, const PassRunner& runner)
      : in_(in), plan_(plan), runner_(runner), chunks_(on_device(plan.chunks, in.q.device())) {
    std::vector<DeviceSegment> segments;
    std::vector<int64_t> first;
    for (int64_t s = 0; s < plan.segments(); ++s) {
      segments.push_back({plan.first_chunk[s], plan.first_chunk[s + 1], plan.first_slot(s)});
      first.push_back(plan.first_slot(s));
    }
    segments_ = on_device(segments, in.q.device());
    first_ = on_device(first, in.q.device());
    last_ = on_device(plan.last_slots(), in.q.device());
    if (in.log_decay.defined()) running_ = torch::empty(in.log_decay.sizes(), in.q.options().dtype(torch::kFloat64));
  }

  CausalResult forward() {
    const auto options = in_.k.options();
    tape_.states = torch::empty({plan_.slots(), in_.first.size(1), in_.first.size(2)}, options);
    tape_.states.index_copy_(0, first_, in_.first);
    o_ = torch::empty_like(in_.v);
    if (in_.normalise) tape_.sums = torch::empty({in_.v.size(0)}, options);
    const bool delta = in_.beta.defined();
    if (delta) {
      tape_.w = torch::empty_like(in_.v);
      u_ = torch::empty_like(in_.v);
      run(CausalPass::delta_forward);
    } else {
      run(CausalPass::running);
      run(CausalPass::write);
      run(CausalPass::carry);
    }
    values_ = delta ? u_ : in_.v;
    run(CausalPass::outputs);
    if (in_.normalise) tape_.o = o_;
    return {o_, tape_};
  }

  CausalInput backward(const CausalTape& tape, const torch::Tensor& d_o, const torch::Tensor& d_last) {
    tape_ = tape;
    o_ = tape.o;
    d_o_ = d_o;
    gradients_ = torch::empty_like(tape.states);
    gradients_.index_copy_(0, last_, d_last);
    d_ = {.q = torch::empty_like(in_.q), .k = torch::empty_like(in_.k), .v = torch::empty_like(in_.v)};
    run(CausalPass::running);
    run(CausalPass::read);
    if (in_.beta.defined()) {
      delta_backward();
    } else {
      if (in_.log_decay.defined()) d_.log_decay = torch::empty_like(in_.k);
      run(CausalPass::carry_back);
      run(CausalPass::gradients);
      if (in_.log_decay.defined() && in_.log_decay.dim() == 1) d_.log_decay = d_.log_decay.sum(1);
    }
    d_.first = gradients_.index_select(0, first_);
    return d_;
  }

  torch::Tensor steps(const torch::Tensor& state) {
    tape_.states = state;
    o_ = torch::empty_like(in_.v);
    run(CausalPass::steps);
    return o_;
  }

 private:
  /// Outputs saw u as values, so what is their gradient there is that of u.
  void delta_backward() {
    u_ = tape_.w * in_.beta.unsqueeze(1);
    du_ = torch::empty_like(u_);
    values_ = u_;
    const auto dv = std::exchange(d_.v, du_);
    run(CausalPass::gradients);
    d_.v = dv;
    d_.beta = torch::empty_like(in_.beta);
    values_ = in_.v;
    run(CausalPass::delta_backward);
  }

  int64_t state_blocks() const {
    return (in_.first.size(1) * in_.first.size(2) + CudaBlock::kThreads - 1) / CudaBlock::kThreads;
  }

  int64_t blocks(CausalPass pass) const {
    switch (pass) {
      case CausalPass::carry:
      case CausalPass::carry_back:
        return plan_.segments() * state_blocks();
      case CausalPass::delta_forward:
      case CausalPass::delta_backward:
      case CausalPass::steps:
        return plan_.segments();
      case CausalPass::running:
        return in_.log_decay.defined() ? static_cast<int64_t>(plan_.chunks.size()) : 0;
      default:
        return static_cast<int64_t>(plan_.chunks.size());
    }
  }

  void run(CausalPass pass) const {
    if (blocks(pass) == 0) return;
    AT_DISPATCH_FLOATING_TYPES(in_.q.scalar_type(), "linear_attention",
                               [&] { runner_.run(pass, blocks(pass), work<scalar_t>()); });
  }

  template <class T>
  CausalWork<T> work() const {
    auto in = arrays_of<T>(in_);
    if (values_.defined()) in.v = data<T>(values_);
    return {.in = in,
            .chunks = reinterpret_cast<const Chunk*>(data<int64_t>(chunks_)),
            .segments = reinterpret_cast<const DeviceSegment*>(data<int64_t>(segments_)),
            .state_blocks = state_blocks(),
            .running = data<double>(running_),
            .states = data<T>(tape_.states),
            .o = data<T>(o_),
            .sums = data<T>(tape_.sums),
            .w = data<T>(tape_.w),
            .u = data<T>(u_),
            .d_o = data<T>(d_o_),
            .gradients = data<T>(gradients_),
            .dq = data<T>(d_.q),
            .dk = data<T>(d_.k),
            .dv = data<T>(d_.v),
            .d_log_decay = data<T>(d_.log_decay),
            .du = data<T>(du_),
            .d_beta = data<T>(d_.beta)};
  }

  const CausalInput& in_;
  const ChunkPlan& plan_;
  const PassRunner& runner_;
  torch::Tensor chunks_, segments_, first_, last_, running_, o_, u_, du_, values_, d_o_, gradients_;
  CausalTape tape_;
  CausalInput d_;
};

}  // namespace

CausalResult causal_device_forward(const CausalInput& in, const ChunkPlan& plan, const PassRunner& runner) {
  return DevicePasses(in, plan, runner).forward();
}

CausalInput causal_device_backward(const CausalInput& in, const ChunkPlan& plan, const CausalTape& tape,
                                   const torch::Tensor& d_o, const torch::Tensor& d_last, const PassRunner& runner) {
  return DevicePasses(in, plan, runner).backward(tape, d_o, d_last);
}

torch::Tensor causal_device_steps(const CausalInput& in, const ChunkPlan& plan, torch::Tensor state,
                                  const PassRunner& runner) {
  return DevicePasses(in, plan, runner).steps(state);
}

}  // namespace cairn::ops
