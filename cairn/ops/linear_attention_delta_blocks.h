// The delta rule's passes, a block a segment: its chunks follow one another. Equations in linear_attention_delta.h.
#pragma once

#include "cairn/ops/linear_attention_blocks.h"

namespace cairn::ops {

template <class T>
class DeltaBlock {
 public:
  CAIRN_DEVICE DeltaBlock(const CudaBlock& block, CausalRoom<T>& room, const CausalWork<T>& work)
      : block_(block), room_(room), work_(work), K_(work.in.K), V_(work.in.V) {}

  CAIRN_DEVICE void forward(const DeviceSegment& segment) const {
    for (int64_t chunk = segment.first_chunk; chunk < segment.end_chunk; ++chunk) {
      forward(ChunkRows<T>(work_, work_.chunks[chunk]));
    }
  }
  CAIRN_DEVICE void backward(const DeviceSegment& segment) const {
    for (int64_t chunk = segment.end_chunk; chunk-- > segment.first_chunk;) {
      backward(ChunkRows<T>(work_, work_.chunks[chunk]));
    }
  }

  /// A segment's tokens one by one; `S` [K, V] is replaced. With or without the delta rule.
  CAIRN_DEVICE void steps(int64_t segment) const {
    const DeviceSegment& s = work_.segments[segment];
    T* S = work_.states + segment * K_ * V_;
    block_.each(V_, [&](int64_t column) {
      for (int64_t chunk = s.first_chunk; chunk < s.end_chunk; ++chunk) {
        const ChunkRows<T> c(work_, work_.chunks[chunk]);
        for (int64_t i = 0; i < c.length(); ++i) work_.o[c.row(i) * V_ + column] = step(c, i, S + column, column);
      }
    });
  }

 private:
  CAIRN_DEVICE T beta(const ChunkRows<T>& c, int64_t i) const { return work_.in.beta[c.row(i)]; }

  /// One token and one column of the state.
  CAIRN_DEVICE T step(const ChunkRows<T>& c, int64_t i, T* S, int64_t column) const {
    T value = work_.in.v[c.row(i) * V_ + column];
    if (work_.in.beta != nullptr) {
      for (int64_t f = 0; f < K_; ++f) value -= c.k(i, f) * S[f * V_];
      value *= beta(c, i);
    }
    T out = 0;
    for (int64_t f = 0; f < K_; ++f) {
      S[f * V_] = c.kept(i, f) * S[f * V_] + c.k(i, f) * value;
      out += c.q(i, f) * S[f * V_];
    }
    return out;
  }

  /// P = k_i . k_j below the diagonal, else 0.
  CAIRN_DEVICE void key_products(const ChunkRows<T>& c) const {
    multiply(
        block_, room_.product, {c.length(), c.length(), K_}, [&](int64_t i, int64_t f) { return c.k(i, f); },
        [&](int64_t f, int64_t j) { return c.k(j, f); },
        [&](int64_t i, int64_t j, T sum) { room_.P[i][j] = j < i ? sum : T(0); });
  }

  CAIRN_DEVICE void forward(const ChunkRows<T>& c) const {
    const int64_t n = c.length();
    const T* S = c.state();
    T* after = c.state(1);
    key_products(c);
    multiply(
        block_, room_.product, {n, V_, K_}, [&](int64_t i, int64_t f) { return c.k(i, f); },
        [&](int64_t f, int64_t column) { return S[f * V_ + column]; },
        [&](int64_t i, int64_t column, T sum) { work_.w[c.row(i) * V_ + column] = c.v(i, column) - sum; });
    // (I + L) W = V - K S, each column by itself
    block_.each(V_, [&](int64_t column) {
      for (int64_t i = 0; i < n; ++i) {
        T w = work_.w[c.row(i) * V_ + column];
        for (int64_t j = 0; j < i; ++j) w -= room_.P[i][j] * work_.u[c.row(j) * V_ + column];
        work_.w[c.row(i) * V_ + column] = w;
        work_.u[c.row(i) * V_ + column] = beta(c, i) * w;
      }
    });
    multiply(
        block_, room_.product, {K_, V_, n}, [&](int64_t f, int64_t i) { return c.k(i, f); },
        [&](int64_t i, int64_t column) { return work_.u[c.row(i) * V_ + column]; },
        [&](int64_t f, int64_t column, T sum) { after[f * V_ + column] = S[f * V_ + column] + sum; });
  }

  CAIRN_DEVICE void backward(const ChunkRows<T>& c) const {
    key_products(c);
    from_state(c);
    solve(c);
    from_system(c);
    to_state(c);
  }

  /// S' = S + K^T U: du += K G, dk += U G^T, G the gradient of S'.
  CAIRN_DEVICE void from_state(const ChunkRows<T>& c) const {
    const int64_t n = c.length();
    const T* G = c.gradient(1);
    multiply(
        block_, room_.product, {n, V_, K_}, [&](int64_t i, int64_t f) { return c.k(i, f); },
        [&](int64_t f, int64_t column) { return G[f * V_ + column]; },
        [&](int64_t i, int64_t column, T sum) { work_.du[c.row(i) * V_ + column] += sum; });
    multiply(
        block_, room_.product, {n, K_, V_}, [&](int64_t i, int64_t column) { return work_.u[c.row(i) * V_ + column]; },
        [&](int64_t column, int64_t f) { return G[f * V_ + column]; },
        [&](int64_t i, int64_t f, T sum) { work_.dk[c.row(i) * K_ + f] += sum; });
  }

  /// U = beta o W and (I + L) W = V - K S: dV solves the transposed system, each column by itself.
  CAIRN_DEVICE void solve(const ChunkRows<T>& c) const {
    const int64_t n = c.length();
    block_.each(V_, [&](int64_t column) {
      for (int64_t j = n; j-- > 0;) {
        T x = 0;
        for (int64_t i = j + 1; i < n; ++i) x += room_.P[i][j] * work_.dv[c.row(i) * V_ + column];
        work_.dv[c.row(j) * V_ + column] = beta(c, j) * (work_.du[c.row(j) * V_ + column] - x);
      }
    });
  }

  /// dL = -dV W^T below the diagonal, of which L = beta o (K K^T) gives shares to beta and the keys.
  CAIRN_DEVICE void from_system(const ChunkRows<T>& c) const {
    const int64_t n = c.length();
    multiply(
        block_, room_.product, {n, n, V_}, [&](int64_t i, int64_t column) { return -work_.dv[c.row(i) * V_ + column]; },
        [&](int64_t column, int64_t j) { return work_.w[c.row(j) * V_ + column]; },
        [&](int64_t i, int64_t j, T sum) { room_.dP[i][j] = j < i ? sum : T(0); });
    block_.each(n, [&](int64_t j) {
      T sum = 0;
      for (int64_t column = 0; column < V_; ++column) {
        sum += work_.du[c.row(j) * V_ + column] * work_.w[c.row(j) * V_ + column];
      }
      for (int64_t i = j + 1; i < n; ++i) sum += room_.dP[i][j] * room_.P[i][j];
      work_.d_beta[c.row(j)] = sum;
    });
    // [dL beta + (dL beta)^T, -dV] [K; S^T]
    const T* S = c.state();
    multiply(
        block_, room_.product, {n, K_, n + V_},
        [&](int64_t i, int64_t x) {
          return x >= n  ? -work_.dv[c.row(i) * V_ + x - n]
                 : x < i ? room_.dP[i][x] * beta(c, x)
                         : room_.dP[x][i] * beta(c, i);
        },
        [&](int64_t x, int64_t f) { return x < n ? c.k(x, f) : S[f * V_ + x - n]; },
        [&](int64_t i, int64_t f, T sum) { work_.dk[c.row(i) * K_ + f] += sum; });
  }

  /// The gradient of the state before: what is there from the outputs, and G - K^T dV.
  CAIRN_DEVICE void to_state(const ChunkRows<T>& c) const {
    const T* G = c.gradient(1);
    T* to = c.gradient();
    multiply(
        block_, room_.product, {K_, V_, c.length()}, [&](int64_t f, int64_t i) { return -c.k(i, f); },
        [&](int64_t i, int64_t column) { return work_.dv[c.row(i) * V_ + column]; },
        [&](int64_t f, int64_t column, T sum) { to[f * V_ + column] += G[f * V_ + column] + sum; });
  }

  const CudaBlock& block_;
  CausalRoom<T>& room_;
  const CausalWork<T>& work_;
  const int64_t K_, V_;
};

}  // namespace cairn::ops
