#include "cairn/models/autoregressive/gallery.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/classify.h"
#include "cairn/models/autoregressive/image_shape.h"
#include "cairn/models/autoregressive/sampling.h"
#include "cairn/vision/image.h"

namespace cairn::autoregressive {

namespace {

constexpr int64_t kSamples = 60, kColumns = 20, kCompleted = 20, kGrowing = 3;

/// The mask whose known part is the first half of the pixels in raster order; a label is unknown.
torch::Tensor upper_half(const DensityModel& model, const ModelSpec& spec) {
  const int64_t D = model.variables().D();
  const int64_t pixels = D - is_joint(spec);
  const auto mask = torch::zeros({D}, torch::kBool);
  mask.narrow(0, 0, pixels / 2).fill_(true);
  return mask;
}

void add_completions(vision::Page& page, const LoadedModel& loaded, const torch::Tensor& examples) {
  DensityModel& model = *loaded.model;
  const auto mask = upper_half(model, loaded.spec);
  torch::Tensor completed;
  try {
    completed = complete(model, {examples, mask}, RandomStream(0, "gallery"));
  } catch (const UsageError&) {
    page.note(
        "The order of this model does not begin with the upper half, so it cannot complete the lower one exactly.");
    return;
  }
  const auto hidden = examples * mask.to(torch::kUInt8);
  const auto rows = torch::cat({examples, hidden, completed});
  page.subheading("Completions")
      .image({.pixels = sheet(rows, loaded.spec, kColumns),
              .caption =
                  "First row: held-out examples. Second: the half that the model sees. Third: the rest, drawn from "
                  "p(unknown | known)."});
}

/// Values from 0 to 1 of the pixels of x [N, D (+ label)].
torch::Tensor brightness(const torch::Tensor& x, const ModelSpec& spec) {
  const auto pixels = x.narrow(1, 0, x.size(1) - is_joint(spec)).to(torch::kFloat32);
  return pixels / static_cast<double>(spec.encoding.levels - 1);
}

/// pixels [N, D] as one picture of N.
torch::Tensor picture_of(const torch::Tensor& pixels, const ModelSpec& spec, int64_t columns) {
  std::vector<int64_t> sizes{pixels.size(0), 1, pixels.size(1)};
  if (const auto image = ImageShape::find(spec.shape)) {
    sizes = {pixels.size(0), image->rows, image->columns};
    if (image->channels == 3) sizes.push_back(3);
  }
  return vision::grid(pixels.reshape(sizes), {.columns = columns});
}

/// pixels [N, D] -> [N, stages, D]: at each stage some more are drawn, the rest is grey.
torch::Tensor growing(const torch::Tensor& pixels, int64_t stages) {
  const int64_t D = pixels.size(1);
  const auto all = pixels.unsqueeze(1).repeat({1, stages, 1});
  for (int64_t s = 0; s < stages; ++s) all.select(1, s).slice(1, (s + 1) * D / stages).fill_(0.5);
  return all;
}

}  // namespace

torch::Tensor sheet(const torch::Tensor& x, const ModelSpec& spec, int64_t columns) {
  return picture_of(brightness(x, spec), spec, columns);
}

torch::Tensor growth_strip(const torch::Tensor& x, const ModelSpec& spec) {
  constexpr int64_t kStages = 14;
  const auto stages = growing(brightness(x, spec), kStages);
  return picture_of(stages.flatten(0, 1), spec, kStages);
}

torch::Tensor growth_film(const torch::Tensor& x, const ModelSpec& spec) {
  constexpr int64_t kStages = 56, kWhole = 14;
  const auto stages = growing(brightness(x, spec), kStages);
  std::vector<torch::Tensor> frames;
  for (int64_t s = 0; s < kStages + kWhole; ++s) {
    frames.push_back(picture_of(stages.select(1, std::min(s, kStages - 1)), spec, x.size(0)));
  }
  return torch::stack(frames);
}

void write_gallery(vision::Page& page, const LoadedModel& loaded, const std::map<data::Split, DataSet>& sets) {
  DensityModel& model = *loaded.model;
  page.heading("Samples").image(
      {.pixels = sheet(sample(model, kSamples, RandomStream(0, "gallery")), loaded.spec, kColumns),
       .caption = cat(kSamples, " exact draws from the model")});
  if (is_image_model(loaded.spec.config)) {
    const auto x = sample(model, kGrowing, RandomStream(0, "gallery"));
    page.subheading("How samples grow, pixel by pixel")
        .film({.frames = growth_film(x, loaded.spec), .scale = 2})
        .image({.pixels = growth_strip(x, loaded.spec)});
  }
  const auto held_out = sets.count(data::Split::test) ? sets.find(data::Split::test) : sets.find(data::Split::valid);
  if (held_out == sets.end() || held_out->second.x.size(0) == 0) return;
  const auto& x = held_out->second.x;
  const int64_t count = std::min(kCompleted, x.size(0)), stride = x.size(0) / count;
  const auto index = torch::arange(0, count * stride, stride, torch::kInt64);
  add_completions(page, loaded, x.index_select(0, index));
}

}  // namespace cairn::autoregressive
