// The Transformer's layers (Vaswani et al. 2017, section 3.1), written once: encoder layers, decoder layers with and
// without a memory, normalised behind each part (as in the paper) or before it.
//
//   post-norm:  x = norm(x + part(x)),    pre-norm:  x = x + part(norm(x))
//   parts:      self-attention, attention to a memory (if there is one), feed-forward
//
// Parameters as in fairseq and Hugging Face: self_attn.*, self_attn_layer_norm, encoder_attn.*,
// encoder_attn_layer_norm, fc1, fc2, final_layer_norm; the gate of swiglu is fc_gate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/pimpl.h>

#include "cairn/nn/activation.h"
#include "cairn/nn/multi_head_attention.h"
#include "cairn/nn/norm.h"

namespace cairn::nn {

struct TransformerLayerOptions {
  int64_t width = 512;  ///< d_model
  int64_t heads = 8;
  int64_t feed_forward = 2048;  ///< d_ff
  bool bias = true;             ///< of projections and feed-forward
  bool memory = false;          ///< attends to a memory after itself
  bool causal = false;          ///< a position sees only those before it and itself
  bool norm_first = false;
  NormKind norm = NormKind::layer;
  double norm_eps = 1e-5;
  Activation activation = Activation::relu;
  std::string kernel = "softmax";  ///< of self-attention; what looks at the memory is softmax
  double rotary_base = 0;          ///< of self-attention (multi_head_attention.h), as the next two
  int64_t longest = 1024;
  int64_t random_features = 0;
  double dropout = 0;  ///< on what each part gives
  double attention_dropout = 0;
  double activation_dropout = 0;
};

/// What is attended to besides a layer's own positions.
struct Memory {
  torch::Tensor states;   ///< [memories, S, width]
  torch::Tensor lengths;  ///< [memories] int64, or undefined: all S
  std::vector<torch::Tensor>* weights =
      nullptr;  ///< if given, each layer's attention to the states joins it, [B, H, T, S]
};

class TransformerLayerImpl : public torch::nn::Module {
 public:
  TransformerLayerImpl(const TransformerLayerOptions& options, const RandomStream& random);

  /// x [B, T, width]; `lengths` [B] int64 of its rows may be undefined (and is not needed where attention is causal: no
  /// position sees what is behind it). `memory` is that of layers that attend to one.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& lengths, const Memory& memory = {});

  /// What decoding keeps of the positions so far.
  struct State {
    std::unique_ptr<AttentionState> self;
    KeysValues memory;
    torch::Tensor memory_lengths;
  };
  State start(const Memory& memory) const;
  /// T >= 1 positions further: x [R, T, width] from `position` on; row r sees memory of_row[r] (undefined: r). As
  /// `forward` in evaluation.
  torch::Tensor step(const torch::Tensor& x, State& state, int64_t position, const torch::Tensor& of_row);

 private:
  template <class Part>
  torch::Tensor around(Norm& norm, const torch::Tensor& x, const Part& part);
  torch::Tensor feed_forward(const torch::Tensor& x);
  torch::Tensor dropped(const torch::Tensor& x, double p) const;

  TransformerLayerOptions options_;
  MultiHeadAttention self_attn_{nullptr}, encoder_attn_{nullptr};
  Norm self_attn_layer_norm_{nullptr}, encoder_attn_layer_norm_{nullptr}, final_layer_norm_{nullptr};
  Linear fc1_{nullptr}, fc_gate_{nullptr}, fc2_{nullptr};
};
TORCH_MODULE(TransformerLayer);

struct TransformerStackOptions {
  int64_t layers = 6;
  TransformerLayerOptions layer;
  bool final_norm = false;  ///< normalises what the last layer gives, as pre-norm stacks need
};

/// Layers one above the other: layers.0, layers.1, ... and layer_norm.
class TransformerStackImpl : public torch::nn::Module {
 public:
  TransformerStackImpl(const TransformerStackOptions& options, const RandomStream& random);

  torch::Tensor forward(torch::Tensor x, const torch::Tensor& lengths, const Memory& memory = {});
  int64_t size() const { return static_cast<int64_t>(layers_.size()); }
  /// Layer 0 <= n < size().
  torch::Tensor forward_layer(int64_t n, const torch::Tensor& x, const torch::Tensor& lengths,
                              const Memory& memory = {});
  torch::Tensor finish(const torch::Tensor& x);  ///< layer_norm, if there is one

  using State = std::vector<TransformerLayerImpl::State>;
  State start(const Memory& memory) const;
  torch::Tensor step(torch::Tensor x, State& state, int64_t position, const torch::Tensor& of_row);

 private:
  std::vector<TransformerLayer> layers_;
  Norm layer_norm_{nullptr};
};
TORCH_MODULE(TransformerStack);

}  // namespace cairn::nn
