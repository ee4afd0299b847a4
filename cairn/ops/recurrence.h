// One layer of a recurrent network over a sequence, in one direction, as one operator: Elman, LSTM or GRU. And an LSTM
// over images, row by row or along diagonals, by the same loop.
//
// The input's share of all pre-activations is given for all steps (one product outside: x = W_ih u + b_ih, or a
// convolution). What is left, and done here, is the loop: a small product with the state and the gates' arithmetic.
// Gates stand in the order of cuDNN and PyTorch; sigma is the logistic function, o the elementwise product.
//
//   elman              h' = tanh(x + a)  or  max(0, x + a)
//   lstm               i, f = sigma(x + a + p o c),  g = tanh(x + a),  c' = f o c + i o g,
//                      o = sigma(x + a + p o c'),  h' = o o tanh(c')                 (Gers et al. 2002, for p)
//   gru                r, z = sigma(x + a),  n = tanh(x_n + r o a_n),  h' = (1 - z) o n + z o h
//   gru_reset_before   the same with n = tanh(x_n + W_n (r o h) + b_n)               (Cho et al. 2014)
//
// where a = W h + b; with `norm`, a = gain o (W h - mean) / deviation + b over the row, and an LSTM's tanh(c') takes c'
// normalised likewise (Ba et al. 2016). With `projection` the LSTM's state is P h' (Sak et al. 2014).
// Zoneout (Krueger et al. 2017): h' = k o h + (1 - k) o h', and the same for c.
#pragma once

#include <torch/types.h>

namespace cairn::ops {

enum class Cell { elman_tanh, elman_relu, lstm, gru, gru_reset_before };
/// 1, 4 or 3 pre-activations a unit.
int64_t gates_of(Cell cell);

/// With G gates, H units, and a state of R numbers (H unless there is a projection).
struct RecurrenceWeights {
  torch::Tensor W;                     ///< [G H, R]
  torch::Tensor b;                     ///< [G H], or undefined
  torch::Tensor peepholes;             ///< [3, H] of i, f and o; lstm
  torch::Tensor projection;            ///< [R, H]; lstm
  torch::Tensor norm;                  ///< [G H] gain of the state's share; not gru_reset_before
  torch::Tensor cell_gain, cell_bias;  ///< [H] both; with `norm` of an lstm, and only there
};

struct RecurrenceState {
  torch::Tensor h;  ///< [B, R]
  torch::Tensor c;  ///< [B, H]; lstm
};

struct RecurrenceOptions {
  Cell cell = Cell::lstm;
  bool reverse = false;   ///< from each row's last step to its first
  torch::Tensor lengths;  ///< [B] int64 within 0 .. T, in any order; undefined: all T. Behind its end a row's y is 0
  torch::Tensor keep_h;   ///< zoneout: share of the old state kept, [T, B, R]; not with a projection
  torch::Tensor keep_c;   ///< the same for c, [T, B, H]
};

struct RecurrenceOutput {
  torch::Tensor y;       ///< [T, B, R] states after each step
  RecurrenceState last;  ///< after each row's last step (reverse: its first)
};

/// x [T, B, G H] -> y [T, B, R]; differentiable once in x, the weights and the first state. Float or double; on the
/// processor by a fused loop, elsewhere by the definition. Throws UsageError for shapes or parts that do not fit.
RecurrenceOutput recurrence(const torch::Tensor& x, const RecurrenceWeights& weights, const RecurrenceState& first,
                            const RecurrenceOptions& options);

/// The order in which an LSTM goes through an image, and the neighbours h and c come from (van den Oord et al. 2016).
enum class Walk {
  rows,               ///< from the k nearest pixels of the row above, c from the nearest: Row LSTM, section 3.1
  diagonals,          ///< from the pixel above and the one to the left, c from the left: Diagonal BiLSTM, section 3.2
  mirrored_diagonals  ///< from the pixel above and the one to the right, c from the right
};

/// x [B, 4 H, rows, columns] -> y [B, R, rows, columns], channels last in memory, the states; before the border they
/// are zero. W of `weights` is [4 H, k R], neighbour by neighbour: from left to right with k odd, or above and beside.
/// Otherwise as `recurrence`.
torch::Tensor image_lstm(const torch::Tensor& x, const RecurrenceWeights& weights, Walk walk);

}  // namespace cairn::ops
