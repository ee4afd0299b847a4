#include "cairn/models/autoregressive/gallery.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/models/autoregressive/classify.h"
#include "cairn/models/autoregressive/sampling.h"
#include "cairn/vision/image.h"

namespace cairn::autoregressive {

namespace {

constexpr int64_t kSamples = 60, kColumns = 20, kCompleted = 20;

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

}  // namespace

torch::Tensor sheet(const torch::Tensor& x, const ModelSpec& spec, int64_t columns) {
  const auto pixels =
      x.narrow(1, 0, x.size(1) - is_joint(spec)).to(torch::kFloat32) / static_cast<double>(spec.encoding.levels - 1);
  std::vector<int64_t> sizes{x.size(0), 1, pixels.size(1)};
  const bool colours = spec.shape.size() == 3 && spec.shape[2] == 3,
             one_channel = spec.shape.size() == 3 && spec.shape[2] == 1;
  if (spec.shape.size() == 2 || colours || one_channel) sizes = {x.size(0), spec.shape[0], spec.shape[1]};
  if (colours) sizes.push_back(3);
  return vision::grid(pixels.reshape(sizes), {.columns = columns});
}

void write_gallery(vision::Page& page, const LoadedModel& loaded, const std::map<data::Split, DataSet>& sets) {
  DensityModel& model = *loaded.model;
  page.heading("Samples").image(
      {.pixels = sheet(sample(model, kSamples, RandomStream(0, "gallery")), loaded.spec, kColumns),
       .caption = cat(kSamples, " exact draws from the model")});
  const auto held_out = sets.count(data::Split::test) ? sets.find(data::Split::test) : sets.find(data::Split::valid);
  if (held_out == sets.end() || held_out->second.x.size(0) == 0) return;
  const auto& x = held_out->second.x;
  const int64_t count = std::min(kCompleted, x.size(0)), stride = x.size(0) / count;
  const auto index = torch::arange(0, count * stride, stride, torch::kInt64);
  add_completions(page, loaded, x.index_select(0, index));
}

}  // namespace cairn::autoregressive
