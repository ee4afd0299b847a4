#include "cairn/ops/linear_attention_cpu.h"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>

#include "cairn/ops/linear_attention_chunk.h"
#include "cairn/ops/linear_attention_delta.h"
#include "cairn/ops/linear_attention_memory.h"

namespace cairn::ops {

namespace {

template <class T>
class CausalPasses {
 public:
  CausalPasses(const CausalInput& in, const ChunkPlan& plan, CausalTape tape)
      : in_(arrays_of<T>(in)), plan_(plan), tape_(std::move(tape)), state_size_(in_.K * in_.V) {}

  void forward(const torch::Tensor& first, torch::Tensor o, torch::Tensor u) {
    for (int64_t s = 0; s < plan_.segments(); ++s) {
      std::copy_n(data<T>(first) + s * state_size_, state_size_, state(plan_.first_slot(s)));
    }
    if (in_.beta != nullptr) {
      delta_forward(u);
      in_.v = data<T>(u);
    } else {
      write_states();
      carry_states();
    }
    each_chunk([&](ChunkWork<T>& work, const Chunk& chunk) {
      work.enter(chunk);
      work.outputs(state(chunk.slot), {data<T>(o), data<T>(tape_.sums)});
    });
  }

  CausalInput backward(const torch::Tensor& d_o, const torch::Tensor& d_last, const CausalInput& in) {
    gradients_ = torch::empty_like(tape_.states);
    for (int64_t s = 0; s < plan_.segments(); ++s) {
      std::copy_n(data<T>(d_last) + s * state_size_, state_size_, gradient(plan_.last_slot(s)));
    }
    CausalInput d{.q = torch::empty_like(in.q), .k = torch::empty_like(in.k), .v = torch::empty_like(in.v)};
    each_chunk([&](ChunkWork<T>& work, const Chunk& chunk) {
      work.enter(chunk);
      work.read_gradient(received(d_o), gradient(chunk.slot));
    });
    if (in_.beta != nullptr) {
      delta_backward(d, in, d_o);
    } else {
      if (in.log_decay.defined()) d.log_decay = torch::empty_like(in.k);
      carry_gradients();
      chunk_gradients(d, d_o);
      if (in.log_decay.defined() && !in_.decay_by_feature) d.log_decay = d.log_decay.sum(1);
    }
    d.first = torch::empty_like(in.first);
    for (int64_t s = 0; s < plan_.segments(); ++s) {
      std::copy_n(gradient(plan_.first_slot(s)), state_size_, data<T>(d.first) + s * state_size_);
    }
    return d;
  }

 private:
  T* state(int64_t slot) const { return data<T>(tape_.states) + slot * state_size_; }
  T* gradient(int64_t slot) const { return data<T>(gradients_) + slot * state_size_; }
  Matrix<T> matrix(T* state) const { return {state, in_.K, in_.V, in_.V}; }
  const T* total(int64_t slot) const { return tape_.totals.defined() ? data<T>(tape_.totals) + slot * in_.K : nullptr; }

  ReceivedGradient<T> received(const torch::Tensor& d_o) const {
    return {data<T>(d_o), {data<T>(tape_.o), data<T>(tape_.sums)}};
  }

  /// body(work, chunk), all chunks at the same time.
  template <class Body>
  void each_chunk(const Body& body) const {
    at::parallel_for(0, static_cast<int64_t>(plan_.chunks.size()), 1, [&](int64_t begin, int64_t end) {
      ChunkWork<T> work(in_);
      for (int64_t c = begin; c < end; ++c) body(work, plan_.chunks[c]);
    });
  }

  /// body(segment), all segments at the same time.
  template <class Body>
  void each_segment(const Body& body) const {
    at::parallel_for(0, plan_.segments(), 1, [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) body(s);
    });
  }

  /// Each chunk's own share into the slot after it.
  void write_states() {
    each_chunk([&](ChunkWork<T>& work, const Chunk& chunk) {
      work.enter(chunk);
      work.written(state(chunk.slot + 1));
      if (tape_.totals.defined()) work.decay().total(data<T>(tape_.totals) + chunk.slot * in_.K);
    });
  }

  /// From shares to states.
  void carry_states() {
    each_segment([&](int64_t s) {
      for (int64_t c = plan_.first_chunk[s]; c < plan_.first_chunk[s + 1]; ++c) {
        const int64_t slot = plan_.chunks[c].slot;
        scale_rows<T>({.a = matrix(state(slot)), .scale = total(slot), .out = matrix(state(slot + 1)), .add = true});
      }
    });
  }

  /// The same for the states' gradients, from the end.
  void carry_gradients() {
    each_segment([&](int64_t s) {
      for (int64_t c = plan_.first_chunk[s + 1]; c-- > plan_.first_chunk[s];) {
        const int64_t slot = plan_.chunks[c].slot;
        scale_rows<T>(
            {.a = matrix(gradient(slot + 1)), .scale = total(slot), .out = matrix(gradient(slot)), .add = true});
      }
    });
  }

  void chunk_gradients(const CausalInput& d, const torch::Tensor& d_o) {
    each_chunk([&](ChunkWork<T>& work, const Chunk& chunk) {
      work.enter(chunk);
      work.gradients({.S = state(chunk.slot),
                      .S_after = state(chunk.slot + 1),
                      .G_after = in_.beta != nullptr ? nullptr : gradient(chunk.slot + 1),
                      .received = received(d_o),
                      .dq = data<T>(d.q),
                      .dk = data<T>(d.k),
                      .dv = data<T>(d.v),
                      .d_log_decay = data<T>(d.log_decay)});
    });
  }

  void delta_forward(const torch::Tensor& u) {
    each_segment([&](int64_t s) {
      DeltaWork<T> work(in_);
      for (int64_t c = plan_.first_chunk[s]; c < plan_.first_chunk[s + 1]; ++c) {
        const Chunk& chunk = plan_.chunks[c];
        std::copy_n(state(chunk.slot), state_size_, state(chunk.slot + 1));
        work.forward(chunk, state(chunk.slot + 1), data<T>(tape_.w), data<T>(u));
      }
    });
  }

  void delta_backward(CausalInput& d, const CausalInput& in, const torch::Tensor& d_o) {
    const auto u = tape_.w * in.beta.unsqueeze(1);
    const T* v = std::exchange(in_.v, data<T>(u));
    const auto du = torch::empty_like(u);
    chunk_gradients({.q = d.q, .k = d.k, .v = du}, d_o);
    in_.v = v;
    d.beta = torch::empty_like(in.beta);
    each_segment([&](int64_t s) {
      DeltaWork<T> work(in_);
      std::vector<T> G(gradient(plan_.last_slot(s)), gradient(plan_.last_slot(s)) + state_size_);
      for (int64_t c = plan_.first_chunk[s + 1]; c-- > plan_.first_chunk[s];) {
        const Chunk& chunk = plan_.chunks[c];
        work.backward(chunk, {.S = state(chunk.slot),
                              .w = data<T>(tape_.w),
                              .u = data<T>(u),
                              .G = G.data(),
                              .du = data<T>(du),
                              .dk = data<T>(d.k),
                              .dv = data<T>(d.v),
                              .dbeta = data<T>(d.beta)});
        const Matrix<T> carried{G.data(), in_.K, in_.V, in_.V};
        scale_rows<T>({.a = matrix(gradient(chunk.slot)), .scale = nullptr, .out = carried, .add = true});
        std::copy_n(G.data(), state_size_, gradient(chunk.slot));
      }
    });
  }

  CausalArrays<T> in_;
  const ChunkPlan& plan_;
  CausalTape tape_;
  torch::Tensor gradients_;  // [slots, K, V] of the states
  int64_t state_size_;
};

}  // namespace

CausalResult causal_cpu_forward(const CausalInput& in, const ChunkPlan& plan) {
  const int64_t K = in.k.size(1), V = in.first.size(2);
  CausalResult result{.o = torch::empty_like(in.v),
                      .tape = {.states = torch::empty({plan.slots(), K, V}, in.k.options())}};
  torch::Tensor u;
  if (in.log_decay.defined()) result.tape.totals = torch::empty({plan.slots(), K}, in.k.options());
  if (in.normalise) {
    result.tape.sums = torch::empty({in.v.size(0)}, in.v.options());
    result.tape.o = result.o;
  }
  if (in.beta.defined()) {
    result.tape.w = torch::empty_like(in.v);
    u = torch::empty_like(in.v);
  }
  AT_DISPATCH_FLOATING_TYPES(in.q.scalar_type(), "linear_attention",
                             [&] { CausalPasses<scalar_t>(in, plan, result.tape).forward(in.first, result.o, u); });
  return result;
}

CausalInput causal_cpu_backward(const CausalInput& in, const ChunkPlan& plan, const CausalTape& tape,
                                const torch::Tensor& d_o, const torch::Tensor& d_last) {
  CausalInput d;
  AT_DISPATCH_FLOATING_TYPES(in.q.scalar_type(), "linear_attention",
                             [&] { d = CausalPasses<scalar_t>(in, plan, tape).backward(d_o, d_last, in); });
  return d;
}

}  // namespace cairn::ops
