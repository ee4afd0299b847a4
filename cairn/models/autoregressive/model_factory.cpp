#include "cairn/models/autoregressive/model_factory.h"

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/bernoulli.h"
#include "cairn/models/autoregressive/deep_nade.h"
#include "cairn/models/autoregressive/fvsbn.h"
#include "cairn/models/autoregressive/gated_pixelcnn.h"
#include "cairn/models/autoregressive/made.h"
#include "cairn/models/autoregressive/nade.h"
#include "cairn/models/autoregressive/pixel_rnn.h"
#include "cairn/models/autoregressive/pixelcnn.h"
#include "cairn/models/model_folder.h"

namespace cairn::autoregressive {

namespace {

struct SpecFields {  // the part of the spec that is not the recipe's `model` section
  std::vector<int64_t> shape;
  Encoding encoding;
  void fields(Fields& f) {
    f("shape", shape, "of one example, without the label", each(at_least(1)));
    f("levels", encoding.levels, "values a variable takes", between(2, 256));
    f("binarize", encoding.binarize, "how raw values become levels",
      one_of({"none", "threshold", "sampled", "quantize"}));
    f("threshold", encoding.threshold, "of binarize: threshold", between(0, 255));
    f("sampling_seed", encoding.seed, "of binarize: sampled");
  }
};

/// The orders of the ensemble: the first has the configured name, the others are random, or the same if only connections
/// differ.
std::vector<Order> make_orders(const ModelSpec& spec) {
  const RandomStream random(spec.config.seed, "orders");
  OrderOptions options{.name = spec.config.order, .shape = spec.shape, .label = spec.config.label_place()};
  std::vector<Order> orders{make_order(options, random.at(0))};
  options.name = "random";
  for (int64_t k = 1; k < spec.config.orders; ++k) {
    orders.push_back(spec.config.agnostic == "connectivity" ? orders[0] : make_order(options, random.at(k)));
  }
  return orders;
}

/// For each mask of MADE and each hidden layer its units by rising degree: as they stand in the first mask, drawn in
/// the others.
std::vector<std::vector<torch::Tensor>> drawn_units(const ModelConfig& config) {
  const RandomStream random(config.seed, "connections");
  std::vector<std::vector<torch::Tensor>> units(config.orders);
  for (int64_t k = 0; k < config.orders; ++k) {
    for (size_t l = 0; l < config.hidden.size(); ++l) {
      const int64_t size = config.hidden[l];
      const Order order = make_order({.name = k == 0 ? "raster" : "random", .shape = {size}}, random.at(k).at(l));
      units[k].push_back(torch::tensor(order, torch::kInt64));
    }
  }
  return units;
}

/// What the networks of image models ask of the options; they go through the pixels in raster order.
void check_image_model(const ModelConfig& config, const ImageShape& shape) {
  const auto refuse = [&](const char* option, const std::string& message) {
    throw UsageError(cat("model.", option), cat(config.kind, ": ", message));
  };
  if (config.order != "raster") refuse("order", got_expected(cat("'", config.order, "'"), "'raster'"));
  if (config.label == "last") refuse("label", "got 'last', expected 'none' or 'first': the pixels depend on the label");
  if (config.kernel % 2 == 0) refuse("kernel", got_expected(config.kernel, "an odd number"));
  if (config.first_kernel % 2 == 0) refuse("first_kernel", got_expected(config.first_kernel, "an odd number"));
  const auto colours = cat("a multiple of the ", shape.channels, " colour channels");
  if (config.features % shape.channels != 0) refuse("features", got_expected(config.features, colours));
  if (config.head % shape.channels != 0) refuse("head", got_expected(config.head, colours));
}

std::shared_ptr<DensityModel> make_image_model(const ModelSpec& spec, const Order& order) {
  const ModelConfig& config = spec.config;
  const auto shape = ImageShape::of(spec.shape);
  check_image_model(config, shape);
  const ImageModelOptions options{.shape = shape,
                                  .levels = spec.encoding.levels,
                                  .features = config.features,
                                  .layers = config.layers,
                                  .kernel = config.kernel,
                                  .first_kernel = config.first_kernel,
                                  .head = config.head,
                                  .labels = config.label_place() == LabelPlace::none ? 0 : kClasses,
                                  .order = order};
  const auto variables = variables_of(spec.shape, spec.encoding.levels, config.label_place());
  const RandomStream weights(config.seed, "weights");
  if (config.kind == "pixelcnn") return std::make_shared<PixelCnn>(variables, options, weights);
  if (config.kind == "row_lstm") {
    return std::make_shared<PixelRnn>(variables, options, PixelRnnKind::row_lstm, weights);
  }
  if (config.kind == "diagonal_bilstm") {
    return std::make_shared<PixelRnn>(variables, options, PixelRnnKind::diagonal_bilstm, weights);
  }
  return std::make_shared<GatedPixelCnn>(variables, options, weights);
}

void check(const ModelConfig& config) {
  const bool has_hidden = config.kind == "nade" || config.kind == "deep_nade" || config.kind == "made";
  if (has_hidden && config.hidden.empty()) {
    throw UsageError("model.hidden", got_expected("no layer", "at least one"));
  }
  if (config.kind == "nade" && config.hidden.size() != 1) {
    throw UsageError("model.hidden",
                     cat(got_expected(cat(config.hidden.size(), " layers"), "1"), "; deep_nade has more"));
  }
  if (config.label_weight != 1 && config.label_place() == LabelPlace::none) {
    throw UsageError("model.label_weight", got_expected(config.label_weight, "1 for a model without a label"));
  }
  const bool ensemble = config.kind == "deep_nade" || config.kind == "made";
  if (config.agnostic != "order" && (config.kind != "made" || config.orders == 1)) {
    throw UsageError("model.agnostic",
                     got_expected(cat("'", config.agnostic, "'"), "'order' but for made with several masks"));
  }
  if (!ensemble && config.orders != 1) {
    throw UsageError("model.orders",
                     cat(config.kind, ": ", got_expected(config.orders, "1; deep_nade and made have more")));
  }
}

}  // namespace

Json ModelSpec::to_json() const {
  ModelConfig options = config;
  SpecFields rest{shape, encoding};
  return fields_of(options, rest).to_json();
}

ModelSpec ModelSpec::from_json(const Json& json, const std::string& source) {
  ModelSpec spec;
  SpecFields rest;
  fields_of(spec.config, rest).read(Document(json, source), "model");
  spec.shape = rest.shape;
  spec.encoding = rest.encoding;
  return spec;
}

bool is_image_model(const ModelConfig& config) {
  const auto& kinds = image_kinds();
  return std::find(kinds.begin(), kinds.end(), config.kind) != kinds.end();
}

namespace {

std::shared_ptr<DensityModel> make_kind(const ModelSpec& spec) {
  const ModelConfig& config = spec.config;
  const auto variables = variables_of(spec.shape, spec.encoding.levels, config.label_place());
  const auto orders = make_orders(spec);
  if (is_image_model(config)) return make_image_model(spec, orders[0]);
  const RandomStream weights(config.seed, "weights");
  if (config.kind == "bernoulli") return std::make_shared<IndependentBernoulli>(variables, orders[0]);
  if (config.kind == "mixture") {
    return std::make_shared<BernoulliMixture>(variables, orders[0], config.components, weights);
  }
  if (config.kind == "fvsbn") return std::make_shared<Fvsbn>(variables, orders[0]);
  if (config.kind == "nade") return std::make_shared<Nade>(variables, orders[0], config.hidden[0], weights);
  if (config.kind == "deep_nade") {
    const DeepNadeOptions options{.hidden = config.hidden, .activation = config.activation, .orders = orders};
    return std::make_shared<DeepNade>(variables, options, weights);
  }
  MadeOptions options{
      .hidden = config.hidden, .activation = config.activation, .orders = orders, .direct = config.direct, .units = {}};
  if (config.agnostic != "order") options.units = drawn_units(config);
  return std::make_shared<Made>(variables, options, weights);
}

}  // namespace

std::shared_ptr<DensityModel> make_model(const ModelSpec& spec) {
  check(spec.config);
  auto model = make_kind(spec);
  model->set_label_weight(spec.config.label_weight);
  return model;
}

LoadedModel load_model(const std::filesystem::path& folder) {
  const Json config = read_model_config(folder);
  auto spec = ModelSpec::from_json(config.at("model"), (folder / "config.json").string());
  auto model = load_network(folder, [&spec] { return make_model(spec); });
  return {std::move(spec), std::move(model)};
}

}  // namespace cairn::autoregressive
