#include "cairn/models/autoregressive/autoregressive_demo.h"

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/data/source.h"
#include "cairn/models/autoregressive/autoregressive_pipeline.h"
#include "cairn/models/autoregressive/autoregressive_task.h"
#include "cairn/models/autoregressive/gallery.h"
#include "cairn/models/autoregressive/receptive_field.h"
#include "cairn/models/autoregressive/sampling.h"
#include "cairn/vision/image.h"
#include "cairn/vision/page.h"

namespace cairn::autoregressive {

namespace {

constexpr int64_t kShown = 20;

struct Trained {
  double nll;     ///< nats an image, test split
  double nll_95;  ///< half of its 95 % interval
  std::filesystem::path model;
};

/// Trains on the shipped digits by `recipe` with `overrides`, into a run folder of the section's.
Trained trained(const DemoContext& context, const std::string& name, const std::vector<std::string>& overrides) {
  log::info(cat("training ", name, " on the shipped digits"));
  const auto recipe = train::load_recipe("autoregressive/digits", overrides);
  const auto task = make_task(recipe);
  const auto run = train_for_demo(context, name, recipe, *task);
  return {run.metric("test.nll"), run.metric("test.nll_95"), run.model};
}

torch::Tensor pictures(const torch::Tensor& x) {
  return vision::grid(x.to(torch::kFloat32), {.columns = kShown});
}

void show_likelihoods(DemoContext& context, const std::vector<std::pair<std::string, Trained>>& models) {
  vision::Table table{.header = {"model", "test NLL, nats an image", "95 % interval"}, .rows = {}};
  for (const auto& [name, model] : models) {
    table.rows.push_back({name, fixed(model.nll, 2), "± " + fixed(model.nll_95, 2)});
    context.results[name + ".test.nll"] = model.nll;
  }
  context.page.subheading("How well each model predicts unseen digits")
      .table(table)
      .note("Trained here, on 10,000 shipped digits; the recipes train on the full set.");
}

void show_uses(DemoContext& context, const DensityEstimator& model, const torch::Tensor& digits) {
  auto known = torch::zeros(model.shape(), torch::kBool);
  known.slice(0, 0, 14).fill_(true);
  const auto half = digits * known.to(torch::kUInt8);
  const auto completed = model.complete(digits, known, 1);
  context.page.subheading("Digits the model draws").image({.pixels = pictures(model.sample({.count = 60, .seed = 1}))});
  context.page.subheading("Lower halves drawn anew")
      .image({.pixels = pictures(torch::cat({digits, half, completed})),
              .caption = "Unseen digits; the half that the model is shown; its completion."});
}

void show_compression(DemoContext& context, const DensityEstimator& model, const torch::Tensor& digits) {
  const auto packed = model.compress(digits);
  const bool same = torch::equal(model.decompress(packed.bytes, "demo"), digits);
  const auto bytes = static_cast<double>(packed.bytes.size());
  context.results["compressed_bytes"] = packed.bytes.size();
  context.results["decompressed_equal"] = same;
  context.page.subheading("Lossless compression")
      .facts({{"images", cat(digits.size(0))},
              {"as bits", human_bytes(static_cast<double>(digits.numel()) / 8)},
              {"compressed", human_bytes(bytes)},
              {"ideal for this model", human_bytes(packed.ideal_bits / 8)},
              {"decompressed", same ? "identical" : "DIFFERENT"}});
}

void show_classification(DemoContext& context, const torch::Tensor& digits, const torch::Tensor& labels) {
  const auto joint = DensityEstimator::load(resource("shipped/models/nade-digits-joint"));
  const auto guess = joint.classify(digits).argmax(1);
  const double accuracy = guess.eq(labels).to(torch::kFloat64).mean().item<double>();
  context.results["accuracy"] = accuracy;
  context.page.subheading("Classification by p(y given x)")
      .paragraph(cat("The shipped joint model p(x, y) names ", fixed(100 * accuracy, 1), " % of ", digits.size(0),
                     " unseen digits rightly."));
}

/// What the pixel in the middle sees in networks of `kind` with fresh weights.
vision::Picture view_of(const std::string& kind) {
  constexpr int64_t kSide = 15;
  const ModelSpec spec{.config = {.kind = kind, .features = 16, .layers = 6, .first_kernel = 3},
                       .shape = {kSide, kSide},
                       .encoding = {}};
  const auto field = receptive_field(*make_model(spec), spec, kSide / 2, kSide / 2);
  const int64_t blind = field.earlier.logical_and(field.seen.logical_not()).sum().item<int64_t>();
  return {.pixels = field.picture, .caption = cat(kind, ": ", blind, " earlier pixels not seen, orange"), .scale = 1};
}

void show_image_model(DemoContext& context, const Trained& gated) {
  const auto loaded = load_model(gated.model);
  const auto x = sample(*loaded.model, 6, RandomStream(1, "demo"));
  context.page.subheading("Gated PixelCNN: digits grow pixel by pixel")
      .film({.frames = growth_film(x, loaded.spec), .scale = 3})
      .image({.pixels = growth_strip(x, loaded.spec),
              .caption =
                  "A row a digit, from its first pixels on; grey is not drawn yet. Two small layers, trained here."});
  std::vector<vision::Picture> views;
  for (const auto& kind : image_kinds()) views.push_back(view_of(kind));
  context.page.subheading("What a pixel sees").images(views);
}

}  // namespace

void demo(DemoContext& context) {
  context.page.heading("Autoregressive density models")
      .paragraph(
          "p(x) as a product of conditionals, one pixel after the other: exact likelihoods, sampling, completion, "
          "classification and compression from one network.");
  const auto bernoulli =
      trained(context, "bernoulli", {"model.kind=bernoulli", "train.epochs=1", "train.lr=1e-6", "train.ema=0"});
  const auto mixture =
      trained(context, "mixture", {"model.kind=mixture", "model.components=50", "train.epochs=8", "train.lr=0.02"});
  const auto nade = trained(context, "nade", {"train.epochs=15"});
  const auto gated = trained(context, "gated_pixelcnn",
                             {"model.kind=gated_pixelcnn", "model.features=8", "model.layers=2", "train.epochs=1",
                              "train.batch=50", "train.lr=0.01", "data.limit=5000"});
  show_likelihoods(context,
                   {{"bernoulli", bernoulli}, {"mixture", mixture}, {"nade", nade}, {"gated_pixelcnn", gated}});

  const auto model = DensityEstimator::load(nade.model);
  const auto digits = data::load_array_split("digits", data::Split::test);
  const auto labels = data::load_labels("digits", data::Split::test);
  const auto shown = digits.index_select(0, torch::arange(0, kShown * 97, 97, torch::kInt64));
  show_uses(context, model, shown);
  show_image_model(context, gated);
  show_compression(context, model, digits);
  show_classification(context, digits, labels);
}

}  // namespace cairn::autoregressive
