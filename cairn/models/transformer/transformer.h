// The Transformer (Vaswani, Shazeer, Parmar, Uszkoreit, Jones, Gomez, Kaiser & Polosukhin 2017, arXiv 1706.03762):
// encoder and decoder for translation, or a decoder alone as a language model.
//
//   u_t = sqrt(d) E[x_t] + position_t,   memory = encoder(u),   h = decoder(u', memory),   p(y_t) = softmax(W h_t + b)
//
// Names as in fairseq: encoder.embed_tokens.weight, encoder.layers.0.self_attn.q_proj.weight, ...,
// encoder.layer_norm.*, decoder.*, decoder.output_projection.weight where it is not tied;
// encoder.embed_positions.weight where positions are learned.
#pragma once

#include <memory>

#include <torch/nn/module.h>

#include "cairn/models/transformer/transformer_config.h"
#include "cairn/nn/chain.h"
#include "cairn/nn/transformer_layer.h"

namespace cairn::transformer {

/// One side: tokens in, states out.
class TokenStackImpl : public nn::TransformerStackImpl {
 public:
  enum class Side { encoder, decoder };
  /// `shared` [V, width], if defined, is the embedding, and stays where it is registered.
  TokenStackImpl(const ModelConfig& config, Side side, int64_t vocabulary, const torch::Tensor& shared,
                 const RandomStream& random);

  const torch::Tensor& embedding() const { return embedding_; }  ///< E [V, width]
  const torch::Tensor& positions() const {
    return positions_;
  }  ///< [max_length, width]; undefined where none are added
  /// tokens [B, T] int64, the first at position `first` -> [B, T, width], after dropout.
  torch::Tensor embedded(const torch::Tensor& tokens, int64_t first = 0) const;

 private:
  ModelConfig config_;
  torch::Tensor embedding_, positions_;
};
TORCH_MODULE(TokenStack);

class Transformer : public torch::nn::Module, public nn::Packable {
 public:
  /// Throws UsageError for options that do not go together.
  Transformer(const ModelConfig& config, int64_t vocabulary);

  const ModelConfig& config() const { return config_; }
  int64_t vocabulary() const { return vocabulary_; }
  const TokenStack& encoder() const { return encoder_; }  ///< empty in a language model
  const TokenStack& decoder() const { return decoder_; }
  const torch::Tensor& output_weight() const { return output_weight_; }  ///< W [V, width]
  const torch::Tensor& output_bias() const { return output_bias_; }      ///< b [V]; undefined if there is none

  /// Translation: source [B, S] int64, lengths [B] int64 or undefined where no row is padded.
  nn::Memory encode(const torch::Tensor& source, const torch::Tensor& lengths);
  /// tokens [B, T] int64: each position's newest token -> h [B, T, width]. A language model takes no memory. What
  /// stands behind the end of a shorter row changes nothing before it.
  torch::Tensor decode(const torch::Tensor& tokens, const nn::Memory& memory = {});
  torch::Tensor logits(const torch::Tensor& h) const;  ///< [..., width] -> [..., V]
  void pack() override;
  void unpack() override { packed_output_ = {}; }

  /// decode(tokens, encode(source, lengths)) as stages from {source, tokens} on (of a language model: from {tokens}
  /// on), one for each embedding and each layer; the last gives h.
  nn::Chain stages(const torch::Tensor& lengths, const torch::Tensor& tokens);

  /// Some positions after the others, as `decode` in evaluation but with what attention keeps of them.
  struct State {
    nn::TransformerStackImpl::State layers;
    torch::Tensor of_row;  ///< [R] int64: the memory that each row sees; undefined: its own
    int64_t position = 0;
  };
  State start(const nn::Memory& memory = {}) const;
  /// tokens [R, T] int64, each row's next ones -> h [R, T, width]. Not differentiable.
  torch::Tensor read(const torch::Tensor& tokens, State& state);
  /// tokens [R] int64, each row's next one -> h [R, width].
  torch::Tensor step(const torch::Tensor& tokens, State& state) { return read(tokens.unsqueeze(1), state).squeeze(1); }
  /// Row i goes on from what row rows[i] was: rows [new R] int64 may repeat or be left out.
  static void select(State& state, const torch::Tensor& rows);

 private:
  void check_length(int64_t tokens) const;
  nn::Chain translation_stages(const torch::Tensor& lengths, const torch::Tensor& tokens);
  nn::Chain language_stages();

  ModelConfig config_;
  int64_t vocabulary_;
  TokenStack encoder_{nullptr}, decoder_{nullptr};
  torch::Tensor output_weight_, output_bias_;
  ops::PackedMatrix packed_output_;
};

/// `lengths`, or an undefined tensor where every row of tokens [B, T] is whole: then no mask is needed.
torch::Tensor lengths_if_padded(const torch::Tensor& lengths, const torch::Tensor& tokens);

}  // namespace cairn::transformer
