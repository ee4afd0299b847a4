// Attention behind one small interface, so that blocks choose a kernel by name: softmax, or a linear one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/types.h>

namespace cairn::nn {

/// What a query may see.
struct AttentionMask {
  torch::Tensor key_lengths;  ///< [memories] int64, each at least 1: keys behind them are not seen; undefined: all are
  bool causal = false;        ///< query t of T sees keys 0 .. t + S - T
  torch::Tensor memory;       ///< [B] int64: row b sees keys and values memory[b]; undefined: b
};

struct AttentionInput {
  torch::Tensor q;     ///< [B, H, T, d]
  torch::Tensor k, v;  ///< [memories, H, S, d]; as many memories as rows unless mask.memory says whose are seen
  AttentionMask mask = {};
  double dropout = 0;  ///< of attention weights
  bool exact = false;  ///< for use: a row's result is the same bits whatever rows and padding stand beside it
};

/// What a kernel keeps of the positions that rows have seen, for causal attention one position after the other.
class AttentionState {
 public:
  virtual ~AttentionState() = default;
  /// Row i goes on from what row rows[i] was; rows may repeat or be left out. int64 [new rows].
  virtual void select(const torch::Tensor& rows) = 0;
};

class AttentionKernel {
 public:
  virtual ~AttentionKernel() = default;
  /// Whether it has a causal form, and one that sees keys on both sides.
  virtual bool causal() const { return true; }
  virtual bool bidirectional() const { return true; }
  /// Whole sequences -> [B, H, T, d]. Differentiable, unless exact.
  virtual torch::Tensor attend(const AttentionInput& input) const = 0;
  virtual std::unique_ptr<AttentionState> start() const = 0;
  /// One position further: q, k, v [B, H, 1, d] of the newest -> [B, H, 1, d]. Equal to the last position of a causal
  /// exact `attend` over all so far. Not differentiable.
  virtual torch::Tensor step(const AttentionInput& newest, AttentionState& state) const = 0;
};

/// t [memories, ..] -> [B, ..]: what each row sees of it; t itself where all see their own, undefined if t is.
torch::Tensor of_rows(const torch::Tensor& t, const AttentionMask& mask);

std::vector<std::string> attention_kernel_names();
/// Throws UsageError with the nearest name.
std::shared_ptr<const AttentionKernel> attention_kernel(const std::string& name);

}  // namespace cairn::nn
