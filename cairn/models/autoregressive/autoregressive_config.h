// The options of the autoregressive density models: recipe sections `model`, `data` and `eval`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/options.h"
#include "cairn/models/autoregressive/order.h"

namespace cairn::autoregressive {

/// Kinds of models that are networks of pixels (image_model.h).
inline const std::vector<std::string>& image_kinds() {
  static const std::vector<std::string> kinds{"pixelcnn", "gated_pixelcnn", "row_lstm", "diagonal_bilstm"};
  return kinds;
}

inline std::vector<std::string> model_kinds() {
  std::vector<std::string> kinds{"bernoulli", "mixture", "fvsbn", "nade", "deep_nade", "made"};
  kinds.insert(kinds.end(), image_kinds().begin(), image_kinds().end());
  return kinds;
}

struct ModelConfig {
  std::string kind = "nade";
  std::vector<int64_t> hidden{500};
  std::string activation = "relu";
  std::string order = "raster";
  int64_t orders = 1;
  std::string agnostic = "order";
  bool direct = false;
  int64_t components = 10;
  int64_t features = 32;
  int64_t layers = 7;
  int64_t kernel = 3;
  int64_t first_kernel = 7;
  int64_t head = 32;
  std::string label = "none";
  double label_weight = 1;
  int64_t seed = 0;

  void fields(Fields& f) {
    f("kind", kind,
      "bernoulli, mixture, fvsbn, nade, deep_nade, made, pixelcnn, gated_pixelcnn, row_lstm or diagonal_bilstm",
      one_of(model_kinds()));
    f("hidden", hidden, "units of each hidden layer (nade has one)", each(at_least(1)));
    f("activation", activation, "of the hidden layers of deep_nade and made", one_of({"relu", "sigmoid"}));
    f("order", order, "in which the variables are visited", one_of(order_names()));
    f("orders", orders, "members of the ensemble: masks of made, orderings of deep_nade", at_least(1));
    f("agnostic", agnostic,
      "in what made's masks differ: order (of the variables), connectivity (which hidden units have which degree), both",
      one_of({"order", "connectivity", "both"}));
    f("direct", direct, "made: connect inputs directly with outputs");
    f("components", components, "of the mixture of Bernoullis", at_least(1));
    f("features", features,
      "feature maps of a layer of the image models (pixelcnn: of its narrow ones; recurrent ones: units)", at_least(1));
    f("layers", layers, "of the image models", at_least(1));
    f("kernel", kernel, "image models: side of a filter before half of it is masked, odd", at_least(3));
    f("first_kernel", first_kernel, "the same of the first layer", at_least(3));
    f("head", head, "image models: feature maps before the logits", at_least(1));
    f("label", label, "the label as one more variable: none, first or last in the order (image models: not last)",
      one_of({"none", "first", "last"}));
    f("label_weight", label_weight,
      "times the label's conditional counts in training: above 1, likelihood is given up for classification",
      at_least(0));
    f("seed", seed, "of orders and masks", at_least(0));
  }
  LabelPlace label_place() const {
    return label == "first" ? LabelPlace::first : label == "last" ? LabelPlace::last : LabelPlace::none;
  }
};

struct DataConfig {
  std::string train;
  std::string valid;
  std::string test;
  int64_t holdout = 0;
  int64_t limit = 0;
  int64_t levels = 2;
  std::string binarize = "none";
  int64_t threshold = 128;
  bool skip_unreadable = false;

  void fields(Fields& f) {
    f("train", train, "training set: a catalogue name, a file or a folder of PNG files");
    f("valid", valid, "validation set; see also holdout");
    f("test", test, "test set");
    f("holdout", holdout, "without a validation set: hold out the last N training examples", at_least(0));
    f("limit", limit, "use the first N examples of each split; 0 for all", at_least(0));
    f("levels", levels, "values a variable takes: 0 .. levels - 1", between(2, 256));
    f("binarize", binarize,
      "none, threshold (1 where value >= threshold), sampled (1 with probability value / 255), or quantize (0 .. 255 "
      "to `levels` steps of equal width)",
      one_of({"none", "threshold", "sampled", "quantize"}));
    f("threshold", threshold, "of binarize: threshold", between(0, 255));
    f("skip_unreadable", skip_unreadable, "of a folder: leave out files that are no images, instead of refusing them");
  }
};

struct EvalConfig {
  int64_t limit = 0;
  int64_t orders = 1;
  int64_t batch = 500;

  void fields(Fields& f) {
    f("limit", limit, "periodic evaluations use the first N examples; 0 for all", at_least(0));
    f("orders", orders, "periodic evaluations use the first N orderings of the ensemble; the last one uses all",
      at_least(1));
    f("batch", batch, "examples evaluated at a time", at_least(1));
  }
};

}  // namespace cairn::autoregressive
