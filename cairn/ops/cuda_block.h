// One block of CUDA threads, written so that the same source runs on the processor, thread after thread: what a kernel
// does between two barriers is a body that every thread runs. So a kernel's arithmetic and indices are tested where
// there is no GPU; only its launch is not.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define CAIRN_DEVICE __device__
#else
#define CAIRN_DEVICE
#endif

namespace cairn::ops {

class CudaBlock {
 public:
  static constexpr int kThreads = 256;

#ifdef __CUDACC__
  /// body(thread) by every thread, and a barrier. What a body writes, others may read only after it.
  template <class Body>
  __device__ void threads(const Body& body) const {
    body(static_cast<int>(threadIdx.x));
    __syncthreads();
  }
#else
  /// Threads have no order that a kernel may lean on: `backwards` runs the last one first.
  explicit CudaBlock(bool backwards = false) : backwards_(backwards) {}

  template <class Body>
  void threads(const Body& body) const {
    for (int t = 0; t < kThreads; ++t) body(backwards_ ? kThreads - 1 - t : t);
  }
#endif

  /// body(i) for 0 <= i < count, shared out among the threads, and a barrier.
  template <class Body>
  CAIRN_DEVICE void each(int64_t count, const Body& body) const {
    threads([&](int thread) {
      for (int64_t i = thread; i < count; i += kThreads) body(i);
    });
  }

#ifndef __CUDACC__
 private:
  bool backwards_;
#endif
};

/// A variable that each thread has for itself, from one barrier to the next.
template <class T>
class PerThread {
 public:
#ifdef __CUDACC__
  __device__ T& operator[](int) { return own_; }

 private:
  T own_;
#else
  T& operator[](int thread) { return all_[thread]; }

 private:
  T all_[CudaBlock::kThreads];
#endif
};

}  // namespace cairn::ops
