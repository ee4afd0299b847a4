// The inner loops of NADE's processor kernel, on plain memory; nade_cpu.cpp brings the tensors and the threads.
#pragma once

#include <cstdint>

namespace cairn::ops {

/// The batch's events (nade_plan.h) as pointers.
struct NadeEventsView {
  const int64_t* begin;
  const int32_t* at;
  const int32_t* input;
};

/// Rows of W and V are packed (visiting order) and padded with zeros to `stride` values, c likewise.
template <class T>
struct NadeForwardJob {
  NadeEventsView events;
  int64_t R;
  int64_t stride;
  const T* W;
  const T* V;
  const T* b;  ///< [R], packed
  const T* c;
  const int64_t* rows;  ///< packed row -> column of `logits`
  T* logits;            ///< [B, R]
};

constexpr int64_t kNadeTile = 32;  ///< packed rows that the backward pass has at hand

/// Matrices in slices of hidden units: [slices, R, width], rows packed, the last slice padded with zeros. So what one
/// tile of one slice needs lies together, and comes in as a stream.
template <class T>
struct NadeBackwardJob {
  NadeEventsView events;
  int64_t R;
  int64_t examples;
  const T* W;
  const T* V;
  const T* c;     ///< [slices, width]
  const T* grad;  ///< [tiles, B, kNadeTile], padded with zeros
  T* dW;          ///< zero, as dV and dc: gradients are added
  T* dV;
  T* dc;
};

/// Hidden units that the kernels take at once: the forward `stride` is a multiple of it.
int64_t nade_slice_width(int64_t bytes_of_type);

/// Logits of examples [begin, end). Each example's result depends on that example alone.
void nade_forward(const NadeForwardJob<float>& job, int64_t begin, int64_t end);
void nade_forward(const NadeForwardJob<double>& job, int64_t begin, int64_t end);

/// Gradients of hidden units [slice * width, (slice + 1) * width) for the whole batch, examples added in order. Hidden
/// units never meet in the backward pass, so slices may run on any threads and the sums stay the same.
void nade_backward(const NadeBackwardJob<float>& job, int64_t slice);
void nade_backward(const NadeBackwardJob<double>& job, int64_t slice);

}  // namespace cairn::ops
