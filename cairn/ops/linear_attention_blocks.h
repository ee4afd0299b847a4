// What one block of CUDA threads does in each pass over the chunks of linear attention; for the delta rule's see
// linear_attention_delta_blocks.h. Notation as in linear_attention_chunk.h.
#pragma once

#include <cmath>

#include "cairn/ops/cuda_product.h"
#include "cairn/ops/linear_attention_passes.h"

namespace cairn::ops {

/// Shared memory of a block.
template <class T>
struct CausalRoom {
  static constexpr int64_t kRows = kLongestDeviceChunk;
  ProductRoom<T> product;
  T P[kRows][kRows + 1], dP[kRows][kRows + 1];
  T scale[kRows], sum[kRows];
};

/// A chunk's inputs by token and column.
template <class T>
class ChunkRows {
 public:
  CAIRN_DEVICE ChunkRows(const CausalWork<T>& work, const Chunk& chunk) : work_(work), in_(work.in), chunk_(chunk) {}

  CAIRN_DEVICE int64_t length() const { return chunk_.length; }
  CAIRN_DEVICE int64_t row(int64_t i) const { return chunk_.begin + i; }
  CAIRN_DEVICE T q(int64_t i, int64_t f) const { return in_.q[row(i) * in_.K + f]; }
  CAIRN_DEVICE T k(int64_t i, int64_t f) const { return in_.k[row(i) * in_.K + f]; }
  /// The column behind the values is 1: it sums the weights.
  CAIRN_DEVICE T v(int64_t i, int64_t c) const { return c < in_.dv ? in_.v[row(i) * in_.dv + c] : T(1); }

  CAIRN_DEVICE bool fades() const { return in_.log_decay != nullptr; }
  /// Factors as seen from the state before the chunk, from the one after it, and between two tokens, j <= i.
  CAIRN_DEVICE T before(int64_t i, int64_t f) const { return fades() ? factor(running(i, f)) : T(1); }
  CAIRN_DEVICE T behind(int64_t i, int64_t f) const {
    return fades() ? factor(running(length() - 1, f) - running(i, f)) : T(1);
  }
  CAIRN_DEVICE T between(int64_t i, int64_t j, int64_t f) const {
    return fades() ? factor(running(i, f) - running(j, f)) : T(1);
  }
  CAIRN_DEVICE T total(int64_t f) const { return before(length() - 1, f); }
  /// What a token keeps of the state that it meets.
  CAIRN_DEVICE T kept(int64_t i, int64_t f) const { return fades() ? std::exp(in_.log_decay[at(i, f)]) : T(1); }

  CAIRN_DEVICE T* state(int64_t ahead = 0) const { return work_.states + (chunk_.slot + ahead) * in_.K * in_.V; }
  CAIRN_DEVICE T* gradient(int64_t ahead = 0) const { return work_.gradients + (chunk_.slot + ahead) * in_.K * in_.V; }

 private:
  /// Of a logarithm of decay, or of their sums.
  CAIRN_DEVICE int64_t at(int64_t i, int64_t f) const { return in_.decay_by_feature ? row(i) * in_.K + f : row(i); }
  CAIRN_DEVICE double running(int64_t i, int64_t f) const { return work_.running[at(i, f)]; }
  CAIRN_DEVICE static T factor(double log) { return std::exp(static_cast<T>(log)); }

  const CausalWork<T>& work_;
  const CausalArrays<T>& in_;
  const Chunk chunk_;
};

template <class T>
class CausalBlock {
 public:
  CAIRN_DEVICE CausalBlock(const CudaBlock& block, CausalRoom<T>& room, const CausalWork<T>& work)
      : block_(block), room_(room), work_(work), K_(work.in.K), V_(work.in.V), dv_(work.in.dv) {}

  CAIRN_DEVICE void running(int64_t chunk) const {
    const Chunk& c = work_.chunks[chunk];
    const int64_t width = work_.in.decay_by_feature ? K_ : 1;
    block_.each(width, [&](int64_t f) {
      double sum = 0;
      for (int64_t row = c.begin; row < c.begin + c.length; ++row) {
        work_.running[row * width + f] = sum += static_cast<double>(work_.in.log_decay[row * width + f]);
      }
    });
  }

  /// K'^T V
  CAIRN_DEVICE void write(int64_t chunk) const {
    const ChunkRows<T> c(work_, work_.chunks[chunk]);
    T* to = c.state(1);
    multiply(
        block_, room_.product, {K_, V_, c.length()}, [&](int64_t f, int64_t i) { return c.k(i, f) * c.behind(i, f); },
        [&](int64_t i, int64_t column) { return c.v(i, column); },
        [&](int64_t f, int64_t column, T sum) { to[f * V_ + column] = sum; });
  }

  /// Element e of a segment's states, chunk after chunk: the slots behind hold shares before and states after.
  CAIRN_DEVICE void carry(const DeviceSegment& s, int64_t e) const {
    T value = work_.states[s.first_slot * K_ * V_ + e];
    for (int64_t chunk = s.first_chunk; chunk < s.end_chunk; ++chunk) {
      const ChunkRows<T> c(work_, work_.chunks[chunk]);
      T& next = c.state(1)[e];
      next = value = c.total(e / V_) * value + next;
    }
  }

  /// The same of gradients, from the end.
  CAIRN_DEVICE void carry_back(const DeviceSegment& s, int64_t e) const {
    T value = work_.gradients[(s.first_slot + s.end_chunk - s.first_chunk) * K_ * V_ + e];
    for (int64_t chunk = s.end_chunk; chunk-- > s.first_chunk;) {
      const ChunkRows<T> c(work_, work_.chunks[chunk]);
      T& own = c.gradient()[e];
      own = value = c.total(e / V_) * value + own;
    }
  }

  /// o = P V + Q' S, divided by the sums of weights where they are asked for.
  CAIRN_DEVICE void outputs(int64_t chunk) const {
    const ChunkRows<T> c(work_, work_.chunks[chunk]);
    const int64_t n = c.length();
    const T* S = c.state();
    weights(c);
    // [P, Q'] [V; S]: both products as one
    const auto left = [&](int64_t i, int64_t x) { return x < n ? room_.P[i][x] : c.q(i, x - n) * c.before(i, x - n); };
    const auto right = [&](int64_t x, int64_t column) { return x < n ? c.v(x, column) : S[(x - n) * V_ + column]; };
    const bool divides = V_ > dv_;
    if (divides) {
      block_.each(n, [&](int64_t i) {
        T sum = 0;
        for (int64_t x = 0; x < n + K_; ++x) sum += left(i, x) * right(x, dv_);
        work_.sums[c.row(i)] = sum;
        room_.scale[i] = T(1) / at_least(sum);
      });
    }
    multiply(block_, room_.product, {n, dv_, n + K_}, left, right, [&](int64_t i, int64_t column, T sum) {
      work_.o[c.row(i) * dv_ + column] = divides ? sum * room_.scale[i] : sum;
    });
  }

  /// Q'^T dO
  CAIRN_DEVICE void read(int64_t chunk) const {
    const ChunkRows<T> c(work_, work_.chunks[chunk]);
    T* to = c.gradient();
    undivide(c);
    multiply(
        block_, room_.product, {K_, V_, c.length()}, [&](int64_t f, int64_t i) { return c.q(i, f) * c.before(i, f); },
        [&](int64_t i, int64_t column) { return d_o(c, i, column); },
        [&](int64_t f, int64_t column, T sum) { to[f * V_ + column] = sum; });
  }

  CAIRN_DEVICE void gradients(int64_t chunk) const {
    const ChunkRows<T> c(work_, work_.chunks[chunk]);
    const bool carried = work_.in.beta == nullptr;  // the delta rule's state has a way back of its own
    undivide(c);
    weights(c);
    weight_gradients(c);
    value_gradients(c, carried ? c.gradient(1) : nullptr);
    query_gradients(c);
    key_gradients(c, carried ? c.gradient(1) : nullptr);
    if (work_.d_log_decay != nullptr) decay_gradients(c);
  }

 private:
  CAIRN_DEVICE T at_least(T sum) const { return sum < work_.in.least ? work_.in.least : sum; }
  CAIRN_DEVICE bool by_feature() const { return work_.in.log_decay != nullptr && work_.in.decay_by_feature; }

  /// P, zero above the diagonal.
  CAIRN_DEVICE void weights(const ChunkRows<T>& c) const {
    const int64_t n = c.length();
    if (by_feature()) {  // each feature fades by itself, so there is no product of matrices that cannot overflow
      block_.each(n * n, [&](int64_t e) {
        const int64_t i = e / n, j = e % n;
        T sum = 0;
        for (int64_t f = 0; f < K_ && j <= i; ++f) sum += c.q(i, f) * c.k(j, f) * c.between(i, j, f);
        room_.P[i][j] = sum;
      });
      return;
    }
    multiply(
        block_, room_.product, {n, n, K_}, [&](int64_t i, int64_t f) { return c.q(i, f); },
        [&](int64_t f, int64_t j) { return c.k(j, f); },
        [&](int64_t i, int64_t j, T sum) { room_.P[i][j] = j <= i ? sum * c.between(i, j, 0) : T(0); });
  }

  /// For d_o: of each row the factor that outputs were multiplied with, and the gradient of its sum of weights.
  CAIRN_DEVICE void undivide(const ChunkRows<T>& c) const {
    block_.each(c.length(), [&](int64_t i) {
      const int64_t row = c.row(i);
      room_.scale[i] = 1;
      if (V_ == dv_) return;
      T dot = 0;
      for (int64_t column = 0; column < dv_; ++column)
        dot += work_.d_o[row * dv_ + column] * work_.o[row * dv_ + column];
      const T sum = work_.sums[row];
      room_.scale[i] = T(1) / at_least(sum);
      room_.sum[i] = sum < work_.in.least ? T(0) : -room_.scale[i] * dot;  // a sum that is too small had no say
    });
  }
  /// The gradient of outputs before they were divided, and that of their sums behind it.
  CAIRN_DEVICE T d_o(const ChunkRows<T>& c, int64_t i, int64_t column) const {
    return column < dv_ ? work_.d_o[c.row(i) * dv_ + column] * room_.scale[i] : room_.sum[i];
  }

  /// dP, zero above the diagonal; of weights as they were before they faded, except where features fade by themselves.
  CAIRN_DEVICE void weight_gradients(const ChunkRows<T>& c) const {
    const int64_t n = c.length();
    multiply(
        block_, room_.product, {n, n, V_}, [&](int64_t i, int64_t column) { return d_o(c, i, column); },
        [&](int64_t column, int64_t j) { return c.v(j, column); },
        [&](int64_t i, int64_t j, T sum) {
          room_.dP[i][j] = j > i ? T(0) : by_feature() ? sum : sum * c.between(i, j, 0);
        });
  }

  /// [P^T, K'] [dO; G]
  CAIRN_DEVICE void value_gradients(const ChunkRows<T>& c, const T* G) const {
    const int64_t n = c.length();
    multiply(
        block_, room_.product, {n, dv_, n + (G != nullptr ? K_ : 0)},
        [&](int64_t j, int64_t x) { return x < n ? room_.P[x][j] : c.k(j, x - n) * c.behind(j, x - n); },
        [&](int64_t x, int64_t column) { return x < n ? d_o(c, x, column) : G[(x - n) * V_ + column]; },
        [&](int64_t j, int64_t column, T sum) { work_.dv[c.row(j) * dv_ + column] = sum; });
  }

  /// dP K + before o (dO S^T). Where features fade by themselves the first is no product of matrices.
  CAIRN_DEVICE void query_gradients(const ChunkRows<T>& c) const {
    const int64_t n = c.length(), tokens = by_feature() ? 0 : n;
    const T* S = c.state();
    multiply(
        block_, room_.product, {n, K_, tokens + V_},
        [&](int64_t i, int64_t x) {
          return x < tokens ? room_.dP[i][x] : d_o(c, i, x - tokens) * (by_feature() ? T(1) : c.before(i, 0));
        },
        [&](int64_t x, int64_t f) { return x < tokens ? c.k(x, f) : S[f * V_ + x - tokens]; },
        [&](int64_t i, int64_t f, T sum) {
          T gated = 0;
          for (int64_t j = 0; j <= i && by_feature(); ++j) gated += room_.dP[i][j] * c.k(j, f) * c.between(i, j, f);
          work_.dq[c.row(i) * K_ + f] = by_feature() ? gated + sum * c.before(i, f) : sum;
        });
  }

  /// dP^T Q + behind o (V G^T), likewise.
  CAIRN_DEVICE void key_gradients(const ChunkRows<T>& c, const T* G) const {
    const int64_t n = c.length(), tokens = by_feature() ? 0 : n;
    multiply(
        block_, room_.product, {n, K_, tokens + (G != nullptr ? V_ : 0)},
        [&](int64_t j, int64_t x) {
          return x < tokens ? room_.dP[x][j] : c.v(j, x - tokens) * (by_feature() ? T(1) : c.behind(j, 0));
        },
        [&](int64_t x, int64_t f) { return x < tokens ? c.q(x, f) : G[f * V_ + x - tokens]; },
        [&](int64_t j, int64_t f, T sum) {
          T gated = 0;
          for (int64_t i = j; i < n && by_feature(); ++i) gated += room_.dP[i][j] * c.q(i, f) * c.between(i, j, f);
          work_.dk[c.row(j) * K_ + f] = by_feature() ? gated + sum * c.behind(j, f) : sum;
        });
  }

  /// Of log_decay(t, f): what the state after the chunk gives, and the tokens from t on.
  CAIRN_DEVICE void decay_gradients(const ChunkRows<T>& c) const {
    const T *S = c.state(1), *G = c.gradient(1);
    block_.each(K_, [&](int64_t f) {
      T sum = 0;
      for (int64_t column = 0; column < V_; ++column) sum += S[f * V_ + column] * G[f * V_ + column];
      for (int64_t t = c.length(); t-- > 0;) {
        const int64_t at = c.row(t) * K_ + f;
        sum += c.q(t, f) * work_.dq[at] - c.k(t, f) * work_.dk[at];
        work_.d_log_decay[at] = sum;
      }
    });
  }

  const CudaBlock& block_;
  CausalRoom<T>& room_;
  const CausalWork<T>& work_;
  const int64_t K_, V_, dv_;
};

}  // namespace cairn::ops
