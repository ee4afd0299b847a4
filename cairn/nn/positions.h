// Where a position stands, told to a network without parameters: sinusoids added to its features, or rotations of them.
#pragma once

#include <torch/types.h>

namespace cairn::nn {

/// In what order sines and cosines stand, and the frequency of pair i of n = d / 2.
enum class Sinusoid {
  paper,    ///< sin, cos, sin, cos ...; 10000^(-i / n)           (Vaswani et al. 2017, section 3.5)
  halves,   ///< all sines, then all cosines; the same frequencies    (Marian)
  fairseq,  ///< all sines, then all cosines; 10000^(-i / (n - 1))    (tensor2tensor, fairseq)
};

/// [count, d] fp32 for positions first .. first + count - 1; computed in fp64. d is even and at least 2 (fairseq: 4).
torch::Tensor sinusoids(int64_t count, int64_t d, Sinusoid kind, int64_t first = 0);

/// Rotary positions (Su et al. 2021): features i and i + d / 2 of the position p = first + t turn by p base^(-2 i / d).
/// x [..., T, d], d even -> the same shape.
torch::Tensor rotate(const torch::Tensor& x, int64_t first, double base);

}  // namespace cairn::nn
