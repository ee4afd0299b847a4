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

/// What is learnt of each token for kernels that ask for it (attention_gates.h).
struct TokenGates {
  torch::Tensor log_decay;  ///< [B, H, T] or [B, H, T, d], at most 0: logarithms of what is kept of the state
  torch::Tensor beta;       ///< [B, H, T] within [0, 1]: how far a key's value is overwritten
};

/// What a kernel asks of the block around it.
struct KernelNeeds {
  enum class Decay { none, by_head, by_feature };
  Decay decay = Decay::none;  ///< AttentionInput::gates.log_decay
  bool beta = false;          ///< AttentionInput::gates.beta
  bool output_gate = false;   ///< what the heads give is multiplied by silu(W x)
  bool projection = false;    ///< AttentionInput::projection

  bool gates() const { return decay != Decay::none || beta || output_gate; }
};

struct AttentionInput {
  torch::Tensor q;     ///< [B, H, T, d]
  torch::Tensor k, v;  ///< [memories, H, S, d]; as many memories as rows unless mask.memory says whose are seen
  AttentionMask mask = {};
  double dropout = 0;  ///< of attention weights
  bool exact = false;  ///< for use: a row's result is the same bits whatever rows and padding stand beside it
  TokenGates gates = {};
  torch::Tensor projection = {};  ///< [m, d]: directions of random features
};

/// What a kernel keeps of the positions that rows have seen, for causal attention one position after the other.
class AttentionState {
 public:
  virtual ~AttentionState() = default;
  /// Row i goes on from what row rows[i] was; rows may repeat or be left out. int64 [new rows].
  virtual void select(const torch::Tensor& rows) = 0;
  /// What is kept, in memory.
  virtual int64_t bytes() const = 0;
};

class AttentionKernel {
 public:
  virtual ~AttentionKernel() = default;
  /// Whether it has a form that sees keys on both sides; all have a causal one.
  virtual bool bidirectional() const { return true; }
  virtual KernelNeeds needs() const { return {}; }
  /// Whole sequences -> [B, H, T, d]. Differentiable, unless exact.
  virtual torch::Tensor attend(const AttentionInput& input) const = 0;
  virtual std::unique_ptr<AttentionState> start() const = 0;
  /// T >= 1 positions further: q, k, v [B, H, T, d] of the newest -> [B, H, T, d]. Equal to the last positions of a
  /// causal exact `attend` over all so far. Not differentiable.
  virtual torch::Tensor step(const AttentionInput& newest, AttentionState& state) const = 0;
};

/// t [memories, ..] -> [B, ..]: what each row sees of it; t itself where all see their own, undefined if t is.
torch::Tensor of_rows(const torch::Tensor& t, const AttentionMask& mask);

struct AttentionKernelOptions {
  int64_t longest = 1024;  ///< positions that will be seen at most, by which cosformer's weights fade
};

std::vector<std::string> attention_kernel_names();
/// Throws UsageError with the nearest name.
std::shared_ptr<const AttentionKernel> attention_kernel(const std::string& name,
                                                        const AttentionKernelOptions& options = {});

}  // namespace cairn::nn
