// Which block does what in each pass: what a kernel is, and what a test runs on the processor.
#pragma once

#include "cairn/ops/linear_attention_delta_blocks.h"

namespace cairn::ops {

/// body(segment, element) for each number of a state that is block `index`'s.
template <class T, class Body>
CAIRN_DEVICE void each_state_number(const CudaBlock& block, const CausalWork<T>& work, int64_t index,
                                    const Body& body) {
  const DeviceSegment& segment = work.segments[index / work.state_blocks];
  block.threads([&](int thread) {
    const int64_t e = index % work.state_blocks * CudaBlock::kThreads + thread;
    if (e < work.in.K * work.in.V) body(segment, e);
  });
}

/// Block `index` of a pass.
template <CausalPass pass, class T>
CAIRN_DEVICE void run_block(const CudaBlock& block, CausalRoom<T>& room, const CausalWork<T>& work, int64_t index) {
  const CausalBlock<T> chunks(block, room, work);
  const DeltaBlock<T> delta(block, room, work);
  if constexpr (pass == CausalPass::running) chunks.running(index);
  if constexpr (pass == CausalPass::write) chunks.write(index);
  if constexpr (pass == CausalPass::carry) {
    each_state_number(block, work, index, [&](const DeviceSegment& s, int64_t e) { chunks.carry(s, e); });
  }
  if constexpr (pass == CausalPass::delta_forward) delta.forward(work.segments[index]);
  if constexpr (pass == CausalPass::outputs) chunks.outputs(index);
  if constexpr (pass == CausalPass::read) chunks.read(index);
  if constexpr (pass == CausalPass::gradients) chunks.gradients(index);
  if constexpr (pass == CausalPass::carry_back) {
    each_state_number(block, work, index, [&](const DeviceSegment& s, int64_t e) { chunks.carry_back(s, e); });
  }
  if constexpr (pass == CausalPass::delta_backward) delta.backward(work.segments[index]);
  if constexpr (pass == CausalPass::steps) delta.steps(index);
}

/// body.operator()<pass>(): a kernel is made for each pass, and chosen when it runs.
template <class Body>
void with_pass(CausalPass pass, const Body& body) {
  switch (pass) {
    case CausalPass::running:
      return body.template operator()<CausalPass::running>();
    case CausalPass::write:
      return body.template operator()<CausalPass::write>();
    case CausalPass::carry:
      return body.template operator()<CausalPass::carry>();
    case CausalPass::delta_forward:
      return body.template operator()<CausalPass::delta_forward>();
    case CausalPass::outputs:
      return body.template operator()<CausalPass::outputs>();
    case CausalPass::read:
      return body.template operator()<CausalPass::read>();
    case CausalPass::gradients:
      return body.template operator()<CausalPass::gradients>();
    case CausalPass::carry_back:
      return body.template operator()<CausalPass::carry_back>();
    case CausalPass::delta_backward:
      return body.template operator()<CausalPass::delta_backward>();
    case CausalPass::steps:
      return body.template operator()<CausalPass::steps>();
  }
}

}  // namespace cairn::ops
