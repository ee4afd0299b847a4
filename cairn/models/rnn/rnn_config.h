// The options of recurrent networks: recipe sections `model`, `data` and `eval`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/options.h"
#include "cairn/data/text_section.h"

namespace cairn::rnn {

struct ModelConfig {
  std::string task = "language_model";
  std::string cell = "lstm";
  int64_t layers = 2;
  int64_t hidden = 200;
  int64_t embedding = 0;
  int64_t projection = 0;
  bool bidirectional = false;
  bool words = false;
  bool peepholes = false;
  bool layer_norm = false;
  bool tied = false;
  double init = 0;
  double forget_bias = 0;
  int64_t chrono = 0;
  double dropout_embedding = 0;
  double dropout_input = 0;
  double dropout_hidden = 0;
  double dropout_output = 0;
  bool locked = false;
  double weight_drop = 0;
  double zoneout = 0;
  double activation_penalty = 0;
  double temporal_penalty = 0;
  int64_t seed = 0;

  bool language() const { return task == "language_model"; }
  bool labels() const { return task == "sequence_labeling"; }
  bool reads_tokens() const { return language() || words; }
  bool predicts() const { return task != "states"; }

  void fields(Fields& f) {
    f("task", task,
      "language_model (the next token), sequence_labeling (a label at each step), copy or adding (generated problems "
      "of "
      "long memory), states (recurrent layers alone, as imported)",
      one_of({"language_model", "sequence_labeling", "copy", "adding", "states"}));
    f("cell", cell, "lstm, gru (reset after, as cuDNN), gru_reset_before (as the paper), elman_tanh or elman_relu",
      one_of({"lstm", "gru", "gru_reset_before", "elman_tanh", "elman_relu"}));
    f("layers", layers, "one above the other", at_least(1));
    f("hidden", hidden, "units of a layer", at_least(1));
    f("embedding", embedding, "width of a token's vector (0: hidden)", at_least(0));
    f("projection", projection, "lstm: width of the state after its projection (0: none)", at_least(0));
    f("bidirectional", bidirectional, "sequence_labeling: read from both ends (then it cannot label online)");
    f("words", words, "sequence_labeling: of the words of a sentence, not of rows of features");
    f("peepholes", peepholes, "lstm: gates see the cell");
    f("layer_norm", layer_norm, "layer normalisation inside the cell");
    f("tied", tied, "language_model: the output's weights are the embedding's");
    f("init", init, "initial weights are uniform within +-init (0: 1 / sqrt(hidden))", at_least(0));
    f("forget_bias", forget_bias, "lstm: added to the forget gate's initial bias");
    f("chrono", chrono,
      "lstm, gru: gates begin so that memories last up to this many steps (chrono initialisation; 0: no care taken)",
      at_least(0));
    f("dropout_embedding", dropout_embedding, "chance that a token's vector is dropped from a whole batch",
      between(0, 0.99));
    f("dropout_input", dropout_input, "on what enters the first layer", between(0, 0.99));
    f("dropout_hidden", dropout_hidden, "between layers", between(0, 0.99));
    f("dropout_output", dropout_output, "on what leaves the last layer", between(0, 0.99));
    f("locked", locked, "the same units are dropped at all steps of a batch (variational dropout)");
    f("weight_drop", weight_drop, "chance that a recurrent weight is dropped from a whole batch", between(0, 0.99));
    f("zoneout", zoneout, "chance that a unit keeps its old state", between(0, 0.99));
    f("activation_penalty", activation_penalty, "alpha of AR: on squared outputs", at_least(0));
    f("temporal_penalty", temporal_penalty, "beta of TAR: on squared changes of outputs", at_least(0));
    f("seed", seed, "of the initial weights", at_least(0));
  }
};

struct DataConfig {
  std::string train;
  std::string valid;
  std::string test;
  double holdout = 0;
  int64_t limit = 0;
  int64_t steps = 35;
  int64_t length = 100;
  std::string tokens = "word";
  std::string unknown = "refuse";
  int64_t least = 1;
  int64_t most = 0;
  bool lowercase = false;

  void fields(Fields& f) {
    f("train", train, "training data: a catalogue name, a file or a folder; none of copy and adding");
    f("valid", valid, "validation data; see also holdout");
    f("test", test, "test data");
    f("holdout", holdout,
      "language_model without validation data: this share at the end of the training text is held out",
      between(0, 0.9));
    f("limit", limit, "use the first N tokens (or sequences) of each split; 0 for all", at_least(0));
    f("steps", steps, "steps that gradients go back through time", at_least(1));
    f("length", length, "T of the problems copy and adding", at_least(1));
    f("tokens", tokens, "language_model: word (between spaces), character, byte, or pieces of words by sentencepiece",
      one_of(text::token_kind_names()));
    data::vocabulary_fields(f, *this);
  }
};

struct EvalConfig {
  int64_t rows = 10;
  int64_t limit = 0;

  void fields(Fields& f) {
    f("rows", rows, "periodic evaluations read a text in this many rows side by side; the last one reads it as one",
      at_least(1));
    f("limit", limit, "periodic evaluations use the first N tokens (or sequences); 0 for all", at_least(0));
  }
};

}  // namespace cairn::rnn
