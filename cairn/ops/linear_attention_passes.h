// Causal linear attention on a device: the passes of linear_attention_cpu.h as kernels, each a number of blocks that
// know nothing of one another. What a block does is in linear_attention_pass_block.h; a PassRunner runs them.
#pragma once

#include "cairn/ops/linear_attention_arrays.h"

namespace cairn::ops {

/// Chunks [first_chunk, end_chunk) and the slot of the state before them.
struct DeviceSegment {
  int64_t first_chunk, end_chunk, first_slot;
};

/// What all passes read and write, on the device: flat arrays as in CausalInput and CausalTape, null where there is
/// none.
template <class T>
struct CausalWork {
  CausalArrays<T> in;
  const Chunk* chunks;
  const DeviceSegment* segments;
  int64_t state_blocks;  ///< that a segment has in `carry` and `carry_back`: a thread for each number of its state
  double* running;       ///< sums of log_decay from each chunk's begin: [rows] or [rows, K]
  T* states;             ///< [slots, K, V]
  T *o, *sums;
  T *w, *u;  ///< of the delta rule, [rows, V]

  const T* d_o;
  T* gradients;  ///< of the states, [slots, K, V]
  T *dq, *dk, *dv;
  T* d_log_decay;  ///< [rows, K]
  T *du, *d_beta;
};

enum class CausalPass {
  running,         ///< a block a chunk
  write,           ///< a block a chunk: its own share into the slot after it
  carry,           ///< state_blocks a segment: from shares to states
  delta_forward,   ///< a block a segment: w, u and states, instead of write and carry
  outputs,         ///< a block a chunk
  read,            ///< a block a chunk: what outputs add to the gradient of the state before it
  carry_back,      ///< state_blocks a segment
  gradients,       ///< a block a chunk
  delta_backward,  ///< a block a segment, after `gradients`, instead of carry_back
  steps            ///< a block a segment: its tokens one by one, `states` [segments, K, V] replaced
};

/// Tokens of a chunk at most.
inline constexpr int64_t kLongestDeviceChunk = 64;

/// Runs all blocks of a pass behind those of the pass before.
class PassRunner {
 public:
  virtual ~PassRunner() = default;
  virtual void run(CausalPass pass, int64_t blocks, const CausalWork<float>& work) const = 0;
  virtual void run(CausalPass pass, int64_t blocks, const CausalWork<double>& work) const = 0;
};

}  // namespace cairn::ops
