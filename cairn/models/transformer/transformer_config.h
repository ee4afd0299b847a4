// The options of Transformers: recipe sections `model`, `data` and `eval`.
#pragma once

#include <cstdint>
#include <string>

#include "cairn/base/options.h"
#include "cairn/data/text_section.h"
#include "cairn/models/transformer/length_penalty.h"
#include "cairn/nn/transformer_layer.h"

namespace cairn::transformer {

struct ModelConfig {
  std::string task = "translation";
  int64_t width = 512;
  int64_t heads = 8;
  int64_t feed_forward = 2048;
  int64_t encoder_layers = 6;
  int64_t decoder_layers = 6;
  std::string activation = "relu";
  std::string norm = "layer";
  double norm_eps = 1e-5;
  bool norm_first = false;
  std::string positions = "sinusoidal";
  int64_t first_position = 0;
  int64_t max_length = 1024;
  double rotary_base = 10000;
  std::string attention = "softmax";
  std::string encoder_attention = "softmax";
  int64_t random_features = 0;
  int64_t redraw_every = 1000;
  std::string tie = "all";
  bool embedding_scale = true;
  bool bias = true;
  bool output_bias = false;
  double dropout = 0.1;
  double attention_dropout = 0;
  double activation_dropout = 0;
  double label_smoothing = 0;
  int64_t seed = 0;

  bool translates() const { return task == "translation"; }
  bool learned_positions() const { return positions == "learned"; }
  bool rotary() const { return positions == "rotary"; }

  void fields(Fields& f) {
    f("task", task, "translation (encoder and decoder) or language_model (a decoder alone)",
      one_of({"translation", "language_model"}));
    f("width", width, "d_model, features of a position: a multiple of heads", at_least(1));
    f("heads", heads, "of attention", at_least(1));
    f("feed_forward", feed_forward, "d_ff, units between a layer's two matrices", at_least(1));
    f("encoder_layers", encoder_layers, "translation: layers that read the source", at_least(1));
    f("decoder_layers", decoder_layers, "layers that write the target", at_least(1));
    f("activation", activation, "of the feed-forward part: relu, gelu, gelu_tanh, silu or swiglu",
      one_of(nn::activation_names()));
    f("norm", norm, "layer (mean and variance) or rms (size alone)", one_of({"layer", "rms"}));
    f("norm_eps", norm_eps, "added to the variance", at_least(0));
    f("norm_first", norm_first, "normalise before each part and at the end (pre-norm), not behind each (the paper)");
    f("positions", positions,
      "sinusoidal (as the paper), sinusoidal_halves (as Marian), sinusoidal_fairseq, learned, rotary or none",
      one_of({"sinusoidal", "sinusoidal_halves", "sinusoidal_fairseq", "learned", "rotary", "none"}));
    f("first_position", first_position, "number of the first token's position, where it is added", at_least(0));
    f("max_length", max_length, "tokens that a sequence may have", at_least(1));
    f("rotary_base", rotary_base, "of rotary positions", at_least(1));
    f("encoder_attention", encoder_attention, "translation: the same of the encoder",
      one_of(nn::attention_kernel_names()));
    f("attention", attention,
      "kernel of the decoder's self-attention: softmax, or a linear one (docs/linear_attention.md)",
      one_of(nn::attention_kernel_names()));
    f("random_features", random_features, "performer: features of a head of d numbers (0: d ln d)", at_least(0));
    f("redraw_every", redraw_every, "performer: steps after which directions are drawn anew in training (0: never)",
      at_least(0));
    f("tie", tie,
      "which share one matrix: all (source and target embedding, output), decoder (target embedding, output) "
      "or none",
      one_of({"all", "decoder", "none"}));
    f("embedding_scale", embedding_scale, "embeddings are multiplied by sqrt(width)");
    f("bias", bias, "of projections and feed-forward");
    f("output_bias", output_bias, "added to the logits");
    f("dropout", dropout, "on embeddings and on what each part gives", between(0, 0.99));
    f("attention_dropout", attention_dropout, "on attention weights", between(0, 0.99));
    f("activation_dropout", activation_dropout, "between a feed-forward part's two matrices", between(0, 0.99));
    f("label_smoothing", label_smoothing, "share of the target that is spread over the vocabulary", between(0, 0.99));
    f("seed", seed, "of the initial weights", at_least(0));
  }
};

struct DataConfig {
  std::string train;
  std::string valid;
  std::string test;
  double holdout = 0;
  int64_t limit = 0;
  std::string tokens = "sentencepiece";
  std::string unknown = "map";
  int64_t least = 1;
  int64_t most = 0;
  bool lowercase = false;
  std::string batch_by = "tokens";
  int64_t longest = 250;
  std::string longer = "refuse";
  int64_t steps = 256;
  int64_t symbols = 20;
  int64_t length = 20;
  int64_t count = 20000;

  void fields(Fields& f) {
    f("train", train,
      "translation: SOURCE,TARGET (two files, line by line), a .tsv, a catalogue name with its sides (multi30k:en-de), "
      "or the generated problems copy and reverse; language_model: a catalogue name, a file or a folder");
    f("valid", valid, "validation data; see also holdout");
    f("test", test, "test data");
    f("holdout", holdout,
      "language_model without validation data: this share at the end of the training text is held out",
      between(0, 0.9));
    f("limit", limit, "use the first N pairs (or tokens) of each split; 0 for all", at_least(0));
    f("tokens", tokens,
      "word (between spaces), character, byte, or pieces of words by sentencepiece, learned from the "
      "training data, source and target together",
      one_of(text::token_kind_names()));
    data::vocabulary_fields(f, *this);
    f("batch_by", batch_by, "translation: train.batch counts tokens of a batch's wider side (padding too) or sentences",
      one_of({"tokens", "sentences"}));
    f("longest", longest, "translation: tokens that a sentence may have, its end counted", at_least(2));
    f("longer", longer, "translation: a longer sentence is refused, cut, or its pair skipped",
      one_of({"refuse", "cut", "skip"}));
    f("steps", steps, "language_model: tokens of a window", at_least(1));
    f("symbols", symbols, "copy and reverse: different symbols", at_least(1));
    f("length", length, "copy and reverse: symbols of a line at most", at_least(1));
    f("count", count, "copy and reverse: lines of the training split; others have a tenth", at_least(1));
  }
};

struct EvalConfig {
  int64_t limit = 0;
  std::string bleu = "final";
  std::string leading = "nll";
  int64_t beam = 4;
  std::string penalty = "gnmt";
  double alpha = 0.6;

  void fields(Fields& f) {
    f("bleu", bleu, "translation: translate the split and measure BLEU at the end (final), always or never",
      one_of({"final", "always", "never"}));
    f("leading", leading,
      "which metric chooses the best weights and stops early (train.patience): nll or, where it is "
      "always measured, bleu",
      one_of({"nll", "bleu"}));
    f("beam", beam, "hypotheses alive as BLEU's translations are searched", at_least(1));
    f("penalty", penalty, "what log-probabilities are divided by in that search (docs/decoding.md)",
      one_of(penalty_form_names()));
    f("alpha", alpha, "of the penalty", at_least(0));
    f("limit", limit, "periodic evaluations use the first N pairs (or tokens); 0 for all", at_least(0));
  }
};

}  // namespace cairn::transformer
