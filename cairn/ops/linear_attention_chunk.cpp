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
  v_ = rows(in_.v, in_.dv);
}

/// The gradient of outputs before they were divided by their sums; that of the sums goes to d_sums_.
template <class T>
Matrix<const T> ChunkWork<T>::undivided(const ReceivedGradient<T>& received) {
  const auto d_o = rows(received.d_o, in_.dv);
  if (!in_.normalised()) return d_o;
  const auto dn = shaped(outputs_, chunk_.length, in_.dv);
  d_sums_.resize(chunk_.length);
  undivide_rows<T>({.d_o = d_o,
                    .o = rows(received.outputs.o, in_.dv),
                    .sums = received.outputs.sums + chunk_.begin,
                    .least = in_.least,
                    .dn = dn,
                    .ds = d_sums_.data()});
  return dn;
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

/// to = a^T b in the state's columns of values, and in the column of sums a^T w; w null stands for ones.
template <class T>
void ChunkWork<T>::write(const Matrix<const T>& a, const Matrix<const T>& b, const T* w, T* to) {
  multiply<T>({.a = a, .b = b, .out = {to, in_.K, in_.dv, in_.V}, .transpose_a = true});
  if (in_.normalised()) sum_columns<T>({.a = a, .w = w, .out = to + in_.dv, .stride = in_.V});
}

template <class T>
void ChunkWork<T>::written(T* to) {
  write(decay_.faded(Seen::from_behind, k_, faded_), v_, nullptr, to);
}

template <class T>
void ChunkWork<T>::outputs(const T* S, const ChunkOutputs<T>& out) {
  const auto o = rows(out.o, in_.dv);
  const auto P = weights();
  const auto q = decay_.faded(Seen::from_before, q_, faded_);
  multiply<T>({.a = P, .b = v_, .out = o, .triangle = Triangle::lower_a});
  multiply<T>({.a = q, .b = values_of(S), .out = o, .add = true});
  if (!in_.normalised()) return;
  z_.resize(in_.K);
  for (int64_t f = 0; f < in_.K; ++f) z_[f] = S[f * in_.V + in_.dv];
  divide_rows<T>({.P = P, .q = q, .z = z_.data(), .least = in_.least, .o = o, .sums = out.sums + chunk_.begin});
}

template <class T>
void ChunkWork<T>::read_gradient(const ReceivedGradient<T>& received, T* to) {
  const auto d_o = undivided(received);
  write(decay_.faded(Seen::from_before, q_, faded_), d_o, d_sums_.data(), to);
}

/// Of P: what dP gives to queries and keys.
template <class T>
void ChunkWork<T>::weight_gradients(const Matrix<const T>& d_o, const Matrix<T>& dq, const Matrix<T>& dk) {
  const auto dP = shaped(dP_, chunk_.length, chunk_.length);
  multiply<T>({.a = d_o, .b = transposed(v_), .out = dP, .triangle = Triangle::lower_out});
  if (in_.normalised()) add_outer<T>({.w = d_sums_.data(), .row = nullptr, .out = dP});
  if (decay_.by_feature()) return gates_.gradients(chunk_, dP, dq, dk);
  decay_lower<T>(dP, decay_.running());
  multiply<T>({.a = dP, .b = k_, .out = dq, .triangle = Triangle::lower_a});
  multiply<T>({.a = dP, .b = q_, .out = dk, .transpose_a = true, .triangle = Triangle::upper_a});
}

/// to += decayed(rows_of_v S^T), to which the column of sums, z, gives w z^T; w null stands for ones.
template <class T>
void ChunkWork<T>::add_state_gradient(const RowsOfValues& rows_of_v, const T* S, Seen seen, const Matrix<T>& to) {
  const auto St = transposed(state(S));
  const auto share = decay_.none() ? to : shaped(share_, chunk_.length, in_.K);
  multiply<T>({.a = rows_of_v.values, .b = St.part(0, in_.dv), .out = share, .add = decay_.none()});
  if (in_.normalised()) add_outer<T>({.w = rows_of_v.sums, .row = St.data + in_.dv * St.stride, .out = share});
  if (!decay_.none()) decay_.add_faded(seen, share, to);
}

template <class T>
void ChunkWork<T>::gradients(const ChunkGradients<T>& g) {
  const auto d_o = undivided(g.received);
  const auto dq = rows(g.dq, in_.K), dk = rows(g.dk, in_.K), dv = rows(g.dv, in_.dv);
  multiply<T>({.a = weights(), .b = d_o, .out = dv, .transpose_a = true, .triangle = Triangle::upper_a});
  weight_gradients(d_o, dq, dk);
  add_state_gradient({d_o, d_sums_.data()}, g.S, Seen::from_before, dq);
  if (g.G_after != nullptr) {
    multiply<T>({.a = decay_.faded(Seen::from_behind, k_, faded_), .b = values_of(g.G_after), .out = dv, .add = true});
    add_state_gradient({v_, nullptr}, g.G_after, Seen::from_behind, dk);
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
