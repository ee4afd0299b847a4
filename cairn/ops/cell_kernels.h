// One step of one row of a recurrent layer, forward and back, on plain memory (the cells' equations are in
// recurrence.h).
#pragma once

#include <cstdint>

namespace cairn::ops {

/// Pointers to the row's own values; H units. Those that a cell or an option does not need are null.
template <class T>
struct CellForward {
  int64_t H;
  const T* x;          ///< [G H] the input's share
  const T* a;          ///< [G H] the state's share
  const T* h;          ///< [H] state before
  const T* c;          ///< [H] lstm: cell before
  const T* peepholes;  ///< [3, H]
  const T* keep_h;     ///< [H]
  const T* keep_c;     ///< [H]
  const T* cell_gain;  ///< [H]
  const T* cell_bias;  ///< [H]
  T* gates;            ///< saved for the way back; elman: h'; lstm: i f g o; gru: r z n a_n; gru_reset_before: r z n
  T* c_next;           ///< [H]
  T* h_next;           ///< [H]
  T* reset;            ///< [H] gru_reset_before: r o h
};

template <class T>
struct CellBackward {
  int64_t H;
  const T* h;
  const T* c;
  const T* peepholes;
  const T* keep_h;
  const T* keep_c;
  const T* cell_gain;
  const T* cell_bias;
  const T* gates;
  const T* dh;      ///< [H] gradient of the state after
  T* dh_before;     ///< [H] its elementwise part for the state before; may be dh
  T* dc;            ///< [H] gradient of the cell: after -> before
  T* dx;            ///< [G H]
  T* da;            ///< [G H] gru: differs from dx in n
  T* dnorm;         ///< [H] lstm with a normalised cell: gradient of tanh's argument
  const T* dreset;  ///< [H] gru_reset_before: gradient of r o h
};

/// Which equations; gru_reset_before takes two, with a product between them.
enum class CellStep { elman_tanh, elman_relu, lstm, gru, gru_before_gates, gru_before_candidate };

void cell_forward(CellStep step, const CellForward<float>& row);
void cell_forward(CellStep step, const CellForward<double>& row);
/// An LSTM's step as cell_forward, the same bits on every machine; without zoneout and without `cell_gain`.
void exact_lstm_forward(const CellForward<float>& row);
void cell_backward(CellStep step, const CellBackward<float>& row);
void cell_backward(CellStep step, const CellBackward<double>& row);

}  // namespace cairn::ops
