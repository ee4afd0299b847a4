#include "cairn/ops/linear_attention_chunk.h"

#include <algorithm>

#include "cairn/ops/linear_attention_sums.h"

namespace cairn::ops {

template <class T>
void ChunkWork<T>::enter(const Chunk& chunk) {
  chunk_ = chunk;
  decay_.enter(chunk);
  q_ = rows(in_.q, in_.K);
  k_ = rows(in_.k, in_.K);
  v_ = values();
}

/// The chunk's values, each with a 1 behind it where weights are summed too.
template <class T>
Matrix<const T> ChunkWork<T>::values() {
  const auto v = rows(in_.v, in_.dv);
  if (!in_.normalised()) return v;
  const auto wide = shaped(values_, chunk_.length, in_.V);
  for (int64_t i = 0; i < chunk_.length; ++i) {
    std::copy_n(v.data + i * in_.dv, in_.dv, wide.data + i * in_.V);
    wide.data[i * in_.V + in_.dv] = 1;
  }
  return wide;
}

/// The gradient of outputs before they were divided by their sums, and that of the sums behind it.
template <class T>
Matrix<const T> ChunkWork<T>::undivided(const ReceivedGradient<T>& received) {
  const auto d_o = rows(received.d_o, in_.dv);
  if (!in_.normalised()) return d_o;
  const auto wide = shaped(outputs_, chunk_.length, in_.V);
  undivide_rows<T>({.d_o = d_o,
                    .o = rows(received.outputs.o, in_.dv),
                    .sums = received.outputs.sums + chunk_.begin,
                    .least = in_.least,
                    .out = wide});
  return wide;
}

template <class T>
Matrix<const T> ChunkWork<T>::transposed(const Matrix<const T>& m) {
  const auto to = shaped(transposed_, m.columns, m.rows);
  transpose<T>(m, to);
  return to;
}

template <class T>
Matrix<const T> ChunkWork<T>::weights() {
  const auto P = shaped(P_, chunk_.length, chunk_.length);
  if (decay_.by_feature()) {
    gates_.weights(chunk_, P);
    return P;
  }
  multiply<T>({.a = q_, .b = transposed(k_), .out = P, .triangle = Triangle::lower_out});
  decay_lower<T>(P, decay_.running());
  return P;
}

template <class T>
void ChunkWork<T>::written(T* to) {
  const auto k = decay_.faded(Seen::from_behind, k_, faded_);
  multiply<T>({.a = k, .b = v_, .out = {to, in_.K, in_.V, in_.V}, .transpose_a = true});
}

template <class T>
void ChunkWork<T>::outputs(const T* S, const ChunkOutputs<T>& out) {
  const auto o = rows(out.o, in_.dv);
  const auto to = in_.normalised() ? shaped(outputs_, chunk_.length, in_.V) : o;
  multiply<T>({.a = weights(), .b = v_, .out = to, .triangle = Triangle::lower_a});
  multiply<T>({.a = decay_.faded(Seen::from_before, q_, faded_), .b = state(S), .out = to, .add = true});
  if (in_.normalised()) divide_rows<T>({.a = to, .least = in_.least, .out = o, .sums = out.sums + chunk_.begin});
}

template <class T>
void ChunkWork<T>::read_gradient(const ReceivedGradient<T>& received, T* to) {
  const auto q = decay_.faded(Seen::from_before, q_, faded_);
  multiply<T>({.a = q, .b = undivided(received), .out = {to, in_.K, in_.V, in_.V}, .transpose_a = true});
}

/// Of P: what dP gives to queries and keys.
template <class T>
void ChunkWork<T>::weight_gradients(const Matrix<const T>& d_o, const Matrix<T>& dq, const Matrix<T>& dk) {
  const auto dP = shaped(dP_, chunk_.length, chunk_.length);
  multiply<T>({.a = d_o, .b = transposed(v_), .out = dP, .triangle = Triangle::lower_out});
  if (decay_.by_feature()) return gates_.gradients(chunk_, dP, dq, dk);
  decay_lower<T>(dP, decay_.running());
  multiply<T>({.a = dP, .b = k_, .out = dq, .triangle = Triangle::lower_a});
  multiply<T>({.a = dP, .b = q_, .out = dk, .transpose_a = true, .triangle = Triangle::upper_a});
}

/// to += decayed(rows_of_v S^T)
template <class T>
void ChunkWork<T>::add_state_gradient(const Matrix<const T>& rows_of_v, const T* S, Seen seen, const Matrix<T>& to) {
  const auto St = transposed(state(S));
  if (decay_.none()) return multiply<T>({.a = rows_of_v, .b = St, .out = to, .add = true});
  const auto share = shaped(share_, chunk_.length, in_.K);
  multiply<T>({.a = rows_of_v, .b = St, .out = share});
  decay_.add_faded(seen, share, to);
}

template <class T>
void ChunkWork<T>::gradients(const ChunkGradients<T>& g) {
  const auto d_o = undivided(g.received);
  const auto dq = rows(g.dq, in_.K), dk = rows(g.dk, in_.K), dv = rows(g.dv, in_.dv);
  multiply<T>({.a = weights(), .b = d_o, .out = dv, .transpose_a = true, .triangle = Triangle::upper_a});
  weight_gradients(d_o, dq, dk);
  add_state_gradient(d_o, g.S, Seen::from_before, dq);
  if (g.G_after != nullptr) {
    multiply<T>({.a = decay_.faded(Seen::from_behind, k_, faded_), .b = state(g.G_after), .out = dv, .add = true});
    add_state_gradient(v_, g.G_after, Seen::from_behind, dk);
  }
  if (g.d_log_decay == nullptr) return;
  end_.resize(in_.K);
  row_dots<T>(state(g.S_after), state(g.G_after), end_.data());
  log_decay_gradient<T>(
      {.q = q_, .dq = dq, .k = k_, .dk = dk, .end = end_.data(), .out = g.d_log_decay + chunk_.begin * in_.K});
}

template class ChunkWork<float>;
template class ChunkWork<double>;

}  // namespace cairn::ops
