// The discrete variables of a density model, and how an example and its logits are laid out as rows.
//
// Variable d has K_d levels 0 .. K_d - 1. Level 0 is the reference: it has no input row and logit 0. So an example is a
// 0/1 vector e of R = sum(K_d - 1) rows, and a model gives R logits. For K_d = 2 that is a plain Bernoulli logit.
#pragma once

#include <cstdint>
#include <vector>

#include <torch/types.h>

namespace cairn::ops {

struct Variables {
  Variables() = default;
  /// Throws UsageError if a variable has fewer than 2 levels.
  explicit Variables(std::vector<int64_t> levels_of_each);
  /// D binary variables.
  static Variables binary(int64_t D);

  std::vector<int64_t> levels;   ///< K_d
  std::vector<int64_t> offsets;  ///< first row of each variable

  int64_t D() const { return static_cast<int64_t>(levels.size()); }
  int64_t R() const { return rows_; }
  bool all_binary() const { return rows_ == D(); }

 private:
  int64_t rows_ = 0;
};

/// Throws UsageError if x is not [B, D] of uint8 or int64, InputError naming row, variable, value and levels if a value
/// is outside its variable's levels. `what` names the data in messages.
void check_levels(const torch::Tensor& x, const Variables& variables, const char* what = "x");

/// e of each example: x [B, D] (uint8 or int64, within the levels) -> [B, R] of 0 and 1.
torch::Tensor one_hot(const torch::Tensor& x, const Variables& variables, torch::ScalarType dtype);

/// log p(x_d) = logit_(d, x_d) - log(1 + sum_k exp logit_(d, k)): logits [B, R] (half types are widened), x [B, D]
/// -> [B, D], differentiable in the logits. Its sum over d is log p(x).
torch::Tensor log_likelihood(const torch::Tensor& logits, const torch::Tensor& x, const Variables& variables);

}  // namespace cairn::ops
